//! Signatures as <https://www.standardwebhooks.com> defines them: HMAC-SHA256 over id, time and
//! body, so that a receiver can tell who calls, and that nothing was changed or played again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Fewest bytes of a secret, as the specification recommends.
const LEAST: usize = 24;
/// What the text of a secret begins with where it is base64.
const PREFIX: &str = "whsec_";

/// What signs. It is never shown.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// Takes `whsec_` and base64, or any other text of at least 24 bytes as it is.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD
                .decode(encoded)
                .map_err(|_| "what follows `whsec_` in the secret is not base64".to_owned())?,
            None => text.as_bytes().to_vec(),
        };
        match bytes.len() >= LEAST {
            true => Ok(Self(bytes)),
            false => Err(format!(
                "a secret has at least {LEAST} bytes, this one has {}",
                bytes.len()
            )),
        }
    }

    /// The header `webhook-signature` for a body sent under `id` at `seconds` since 1970.
    pub(crate) fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_specification() {
        // The example of the specification's reference implementations.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_weak_secret_is_refused() {
        assert!(Secret::new("short").is_err());
        assert!(Secret::new("whsec_%%%").is_err());
    }
}
