//! The form of stored values: a byte that names it, a checksum, and the content.
//!
//! The checksum (CRC-32) covers the key as well: a value under a key that it was not written for
//! is as damaged as one with a flipped bit.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Damage;

/// The only form there is yet.
const FORM: u8 = 1;
/// The bytes before the content.
const HEAD: usize = 5;

/// The value that stores `content` under `key`.
pub(crate) fn seal(key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + content.len());
    value.extend_from_slice(&[FORM, 0, 0, 0, 0]);
    value.extend_from_slice(content);
    stamp(key, &mut value);
    value
}

/// The value that stores `content` as JSON under `key`.
pub(crate) fn seal_json<T: Serialize>(key: &[u8], content: &T) -> Result<Vec<u8>, String> {
    let mut value = Vec::with_capacity(512);
    value.extend_from_slice(&[FORM, 0, 0, 0, 0]);
    serde_json::to_writer(&mut value, content).map_err(|error| error.to_string())?;
    stamp(key, &mut value);
    Ok(value)
}

/// The content of a value that was stored under `key`.
pub(crate) fn open<'a>(key: &[u8], value: &'a [u8]) -> Result<&'a [u8], Damage> {
    let (head, content) = value.split_at_checked(HEAD).ok_or(Damage::Short)?;
    if head[0] != FORM {
        return Err(Damage::Form(head[0]));
    }
    match head[1..] == checksum(key, content).to_le_bytes() {
        true => Ok(content),
        false => Err(Damage::Checksum),
    }
}

/// The JSON content of a value that was stored under `key`.
pub(crate) fn open_json<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, Damage> {
    serde_json::from_slice(open(key, value)?).map_err(|error| Damage::Content(Arc::new(error)))
}

/// The content of a value that is text or a number.
pub(crate) fn open_text<T: std::str::FromStr>(key: &[u8], value: &[u8]) -> Result<T, Damage> {
    let text = std::str::from_utf8(open(key, value)?).map_err(|_| Damage::Misplaced)?;
    text.parse().map_err(|_| Damage::Misplaced)
}

fn stamp(key: &[u8], value: &mut [u8]) {
    let sum = checksum(key, &value[HEAD..]);
    value[1..HEAD].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(key: &[u8], content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_found() {
        let value = seal(b"key", b"content");
        assert_eq!(open(b"key", &value).unwrap(), b"content");
        for bit in 0..value.len() * 8 {
            let mut damaged = value.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(b"key", &damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_value_under_a_foreign_key_is_damaged() {
        let value = seal(b"key", b"content");
        assert!(matches!(open(b"kez", &value), Err(Damage::Checksum)));
    }

    #[test]
    fn a_value_that_is_cut_off_is_damaged() {
        let value = seal(b"key", b"content");
        for length in 0..value.len() {
            assert!(open(b"key", &value[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_later_form_is_named() {
        let mut value = seal(b"key", b"content");
        value[0] = 2;
        assert!(matches!(open(b"key", &value), Err(Damage::Form(2))));
    }
}
