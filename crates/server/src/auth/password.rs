//! Passwords: how they are hashed, and what is taken for one.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::secret::{hex, random};
use crate::Error;
use crate::problem::Problem;

/// Fewest characters of a password. OWASP ASVS 5.0, 6.2.1, asks for 8 and recommends 15; sign-ins
/// are throttled besides.
pub(crate) const LEAST: usize = 12;
/// Longest password in bytes: hashing a longer one is work for nothing.
const MOST: usize = 1024;
/// Hashes that are made at once: each takes 19 MiB for its time.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Argon2id with 19 MiB of memory, two passes and one lane, as the OWASP Password Storage Cheat
/// Sheet recommends at least.
static HASHER: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params = Params::new(19 * 1024, 2, 1, None).expect("these are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// A hash that no password has, for people who are not there: looking takes the same time.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now(&hex(&random::<32>().ok()?)));

/// Checks that `password` will do.
pub(crate) fn check(password: &str) -> Result<(), Problem> {
    let characters = password.chars().count();
    if characters < LEAST {
        return Err(Problem::unusable(format!(
            "a password has at least {LEAST} characters, this one has {characters}"
        )));
    }
    match password.len() > MOST {
        true => Err(Problem::unusable(format!(
            "a password has at most {MOST} bytes"
        ))),
        false => Ok(()),
    }
}

/// What is kept of `password`, in PHC string format.
pub(crate) async fn hash(password: String) -> Result<String, Problem> {
    let hash = beside(move || hash_now(&password)).await?;
    hash.ok_or_else(|| Problem::unavailable("the password could not be hashed"))
}

/// Whether `password` is the one behind `hash`; without one, never, after the same time.
pub(crate) async fn matches(password: String, hash: Option<String>) -> Result<bool, Problem> {
    if password.len() > MOST {
        return Ok(false);
    }
    beside(move || {
        let known = hash.is_some();
        let Some(hash) = hash.or_else(|| NOBODY.clone()) else {
            return false;
        };
        let same = PasswordHash::new(&hash)
            .is_ok_and(|hash| HASHER.verify_password(password.as_bytes(), &hash).is_ok());
        same && known
    })
    .await
}

/// A password for somebody who will change it.
pub(crate) fn generated() -> Result<String, Error> {
    // 32 signs that are not mistaken for each other: 16 of them hold 80 bits.
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = random::<16>()?;
    let sign = |(at, byte): (usize, &u8)| {
        let dash = (at > 0 && at % 4 == 0).then_some('-');
        let sign = char::from(SIGNS[usize::from(byte % 32)]);
        dash.into_iter().chain([sign])
    };
    Ok(bytes.iter().enumerate().flat_map(sign).collect())
}

fn hash_now(password: &str) -> Option<String> {
    let salt = SaltString::encode_b64(&random::<16>().ok()?).ok()?;
    let hash = HASHER.hash_password(password.as_bytes(), &salt);
    hash.ok().map(|hash| hash.to_string())
}

/// Does heavy work where it holds up nobody else, and not too much of it at once.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let _place = AT_ONCE
        .acquire()
        .await
        .map_err(|error| Problem::internal(&error))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let kept = hash("correct horse battery".to_owned()).await.unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        let matches = async |password: &str| matches(password.to_owned(), Some(kept.clone())).await;
        assert!(matches("correct horse battery").await.unwrap());
        assert!(!matches("correct horse batterz").await.unwrap());
        assert!(!matches("").await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(!matches(String::new(), None).await.unwrap());
        let damaged = Some("no hash".to_owned());
        assert!(!matches("anything".to_owned(), damaged).await.unwrap());
    }

    #[test]
    fn generated_passwords_will_do_and_differ() {
        let (one, two) = (generated().unwrap(), generated().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 19, "{one}");
        check(&one).unwrap();
        assert!(check("short").unwrap_err().detail.contains("at least 12"));
    }
}
