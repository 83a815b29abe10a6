//! A file of weights in the format `safetensors`, read one tensor at a time, so that the file never
//! stands in memory beside what is made of it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use candle_core::{Device, Error, Result, Tensor};
use serde::Deserialize;

/// Longest header that is read, in bytes. Some hundred tensors take ten thousand.
const MAX_HEADER: u64 = 1 << 20;

/// Values that are read at once.
const PIECE: usize = 16 * 1024;

/// What the header says that is no tensor.
const ABOUT: &str = "__metadata__";

/// An open file of weights: the length of a header, the header, the values of all tensors.
pub(super) struct WeightsFile {
    file: File,
    /// Where the values begin, in bytes.
    begin: u64,
    tensors: HashMap<String, Place>,
}

/// Where a tensor stands.
#[derive(Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    /// Its first byte and the one behind its last, from where the values begin.
    data_offsets: (u64, u64),
}

impl WeightsFile {
    /// Reads what `file` holds.
    pub(super) fn of(mut file: File) -> Result<WeightsFile> {
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER {
            return Err(Error::msg(format!("its header has {length} bytes")));
        }
        let mut header = Vec::new();
        (&file).take(length).read_to_end(&mut header)?;
        let mut header: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(Error::wrap)?;
        header.remove(ABOUT);
        let place = |(name, place)| Ok((name, serde_json::from_value(place)?));
        let tensors = header
            .into_iter()
            .map(place)
            .collect::<serde_json::Result<_>>();
        Ok(WeightsFile {
            file,
            begin: 8 + length,
            tensors: tensors.map_err(Error::wrap)?,
        })
    }

    /// The tensor called `name`.
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor> {
        let place = self.tensors.get(name);
        let place = place.ok_or_else(|| Error::msg(format!("it has no tensor `{name}`")))?;
        let (from, to) = place.data_offsets;
        let values = to.saturating_sub(from) / 4;
        let expected: usize = place.shape.iter().product();
        if place.dtype != "F32" || values != expected as u64 || to > self.length()? {
            return Err(Error::msg(format!("`{name}` is not what it should be")));
        }
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.begin + from))?;
        let mut tensor: Vec<f32> = Vec::with_capacity(expected);
        let mut piece = [[0; 4]; PIECE];
        while tensor.len() < expected {
            let piece = &mut piece[..PIECE.min(expected - tensor.len())];
            file.read_exact(piece.as_flattened_mut())?;
            tensor.extend(piece.iter().map(|value| f32::from_le_bytes(*value)));
        }
        Tensor::from_vec(tensor, place.shape.as_slice(), &Device::Cpu)
    }

    /// How many bytes of values there are.
    fn length(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len().saturating_sub(self.begin))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(header: &str, values: &[f32]) -> Result<WeightsFile> {
        let mut file = tempfile::tempfile().unwrap();
        let length = (header.len() as u64).to_le_bytes();
        let values: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        for part in [&length[..], header.as_bytes(), &values] {
            file.write_all(part).unwrap();
        }
        file.rewind().unwrap();
        WeightsFile::of(file)
    }

    #[test]
    fn a_tensor_is_read_from_its_place() {
        let header = r#"{"__metadata__": {"format": "pt"},
            "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
            "b": {"dtype": "F32", "shape": [1, 3], "data_offsets": [8, 20]}}"#;
        let file = file(header, &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let b = file.tensor("b").unwrap();
        assert_eq!(b.to_vec2::<f32>().unwrap(), [[3.0, 4.0, 5.0]]);
        let a = file.tensor("a").unwrap();
        assert_eq!(a.to_vec1::<f32>().unwrap(), [1.0, 2.0]);
        assert!(file.tensor("c").is_err());
    }

    #[test]
    fn what_is_no_such_file_is_an_error() {
        assert!(file("no header", &[]).is_err());
        for place in [
            r#""dtype": "F16", "shape": [2], "data_offsets": [0, 8]"#,
            r#""dtype": "F32", "shape": [3], "data_offsets": [0, 8]"#,
            r#""dtype": "F32", "shape": [3], "data_offsets": [0, 12]"#,
            r#""dtype": "F32", "shape": [2], "data_offsets": [8, 0]"#,
        ] {
            let file = file(&format!(r#"{{"a": {{{place}}}}}"#), &[1.0, 2.0]).unwrap();
            assert!(file.tensor("a").is_err(), "{place}");
        }
    }
}
