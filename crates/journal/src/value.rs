//! The form of stored values: a byte that names it, a checksum, and the content.
//!
//! The checksum (CRC-32) covers the key as well: a value under a key that it was not written for
//! is as damaged as one with a flipped bit.
//!
//! What is JSON is packed: an LZ4 block after a dictionary of what entries look like, which leaves
//! a third of it. Fewer bytes are read at an opening, written at a flush, and kept in memory.

use std::borrow::Cow;
use std::sync::Arc;

use lz4_flex::block::{compress_with_dict, decompress_with_dict};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Damage;

/// The content as it is.
const PLAIN: u8 = 1;
/// The length of the content in four bytes, little-endian, and the content as an LZ4 block.
const PACKED: u8 = 2;

/// What every packed value of the form [`PACKED`] leans on: never changed, or none can be read.
const DICTIONARY: &[u8] = include_bytes!("value/dictionary.txt");

/// The bytes before the content.
const HEAD: usize = 5;
/// Longest content that is unpacked, in bytes: none is ever stored that is near it.
const LONGEST: usize = 1 << 30;

/// The value that stores `content` under `key`.
pub(crate) fn seal(key: &[u8], content: &[u8]) -> Vec<u8> {
    stamp(key, PLAIN, content)
}

/// The value that says no more than that `key` is there.
pub(crate) fn mark(key: &[u8]) -> Vec<u8> {
    seal(key, &[])
}

/// The value that stores `content` as JSON under `key`.
pub(crate) fn seal_json<T: Serialize>(key: &[u8], content: &T) -> Result<Vec<u8>, String> {
    let plain = serde_json::to_vec(content).map_err(|error| error.to_string())?;
    let length = u32::try_from(plain.len())
        .ok()
        .filter(|length| *length as usize <= LONGEST);
    let length = length.ok_or_else(|| format!("{} bytes are too much for a value", plain.len()))?;
    let mut packed = length.to_le_bytes().to_vec();
    packed.extend_from_slice(&compress_with_dict(&plain, DICTIONARY));
    Ok(match packed.len() < plain.len() {
        true => stamp(key, PACKED, &packed),
        false => stamp(key, PLAIN, &plain),
    })
}

/// The content of a value that was stored under `key`.
pub(crate) fn open<'a>(key: &[u8], value: &'a [u8]) -> Result<Cow<'a, [u8]>, Damage> {
    let (head, content) = value.split_at_checked(HEAD).ok_or(Damage::Short)?;
    let form = head[0];
    if form != PLAIN && form != PACKED {
        return Err(Damage::Form(form));
    }
    if head[1..] != checksum(key, form, content).to_le_bytes() {
        return Err(Damage::Checksum);
    }
    if form == PLAIN {
        return Ok(Cow::Borrowed(content));
    }
    let (length, packed) = content.split_first_chunk().ok_or(Damage::Short)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > LONGEST {
        return Err(Damage::Packing);
    }
    let plain = decompress_with_dict(packed, length, DICTIONARY).map_err(|_| Damage::Packing)?;
    Ok(Cow::Owned(plain))
}

/// The JSON content of a value that was stored under `key`.
pub(crate) fn open_json<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, Damage> {
    decode(&open(key, value)?)
}

/// What a JSON content says.
pub(crate) fn decode<T: DeserializeOwned>(content: &[u8]) -> Result<T, Damage> {
    serde_json::from_slice(content).map_err(|error| Damage::Content(Arc::new(error)))
}

/// The content of a value that is text or a number.
pub(crate) fn open_text<T: std::str::FromStr>(key: &[u8], value: &[u8]) -> Result<T, Damage> {
    let content = open(key, value)?;
    let text = std::str::from_utf8(&content).map_err(|_| Damage::Misplaced)?;
    text.parse().map_err(|_| Damage::Misplaced)
}

fn stamp(key: &[u8], form: u8, content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + content.len());
    value.push(form);
    value.extend_from_slice(&checksum(key, form, content).to_le_bytes());
    value.extend_from_slice(content);
    value
}

fn checksum(key: &[u8], form: u8, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&[form]);
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_found() {
        let plain = seal(b"key", b"content");
        assert_eq!(*open(b"key", &plain).unwrap(), *b"content");
        let packed = seal_json(b"key", &"x".repeat(99)).unwrap();
        assert_eq!(
            open_json::<String>(b"key", &packed).unwrap(),
            "x".repeat(99)
        );
        for value in [plain, packed] {
            for bit in 0..value.len() * 8 {
                let mut damaged = value.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(open(b"key", &damaged).is_err(), "bit {bit}");
            }
        }
    }

    #[test]
    fn what_does_not_pack_is_stored_as_it_is() {
        let value = seal_json(b"key", &7).unwrap();
        assert_eq!(value[0], PLAIN);
        assert_eq!(open_json::<u8>(b"key", &value).unwrap(), 7);
    }

    /// Values that were packed with another dictionary cannot be read: it is part of the form.
    #[test]
    fn the_dictionary_never_changes() {
        assert_eq!(crc32fast::hash(DICTIONARY), 0xcb9d_7793);
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
        value[0] = 3;
        assert!(matches!(open(b"key", &value), Err(Damage::Form(3))));
    }
}
