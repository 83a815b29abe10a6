//! The unit vector that stands for a text.

use std::sync::Arc;

/// A text's place in meaning: values of Euclidean length 1, shared and so cheap to clone.
///
/// Beside it stands, where the encoder gives one, a second unit vector for how the text is worded:
/// tone and the very words, much of which its meaning leaves out. A zero vector, which has no
/// direction, is the one exception to the length: it stays zero, and its cosine with everything
/// is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    /// The meaning, and the wording behind it.
    values: Arc<[f32]>,
    /// Values of the meaning.
    dims: usize,
}

impl Vector {
    /// Scales `values` to length 1. Values that have no finite length become the zero vector.
    pub fn normalised(values: Vec<f32>) -> Vector {
        Vector::worded(values, Vec::new())
    }

    /// The same for a text's `meaning` and for its `wording`, each on its own.
    pub fn worded(mut meaning: Vec<f32>, mut wording: Vec<f32>) -> Vector {
        let dims = meaning.len();
        normalise(&mut meaning);
        normalise(&mut wording);
        meaning.append(&mut wording);
        Vector {
            values: meaning.into(),
            dims,
        }
    }

    /// Cosine similarity of the meanings, -1 to 1.
    ///
    /// Both vectors must come from the same encoder: with unlike dimensions there is nothing to
    /// compare, and the answer is 0.
    pub fn cosine(&self, other: &Vector) -> f32 {
        if self.dims() != other.dims() {
            return 0.0;
        }
        // Separate sums, because the compiler may not reorder a single one into vector
        // instructions, and nearest neighbours are looked for among thousands.
        let mut sums = [0.0; 16];
        let (a, b) = (self.as_slice(), other.as_slice());
        let (a, b) = (a.chunks_exact(16), b.chunks_exact(16));
        let rest = a.remainder().iter().zip(b.remainder());
        let rest: f32 = rest.map(|(a, b)| a * b).sum();
        for (a, b) in a.zip(b) {
            for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += a * b;
            }
        }
        (sums.iter().sum::<f32>() + rest).clamp(-1.0, 1.0)
    }

    /// How many values the meaning has.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The values of the meaning, in order.
    pub fn as_slice(&self) -> &[f32] {
        &self.values[..self.dims]
    }

    /// The values of the wording, in order; none where the encoder tells none.
    pub fn wording(&self) -> &[f32] {
        &self.values[self.dims..]
    }

    /// The values of the meaning, and those of the wording behind them.
    pub fn whole(&self) -> &[f32] {
        &self.values
    }
}

impl AsRef<[f32]> for Vector {
    fn as_ref(&self) -> &[f32] {
        self.as_slice()
    }
}

/// Scales `values` to length 1, or to zero where they have no finite length.
fn normalise(values: &mut [f32]) {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length.is_finite() && length > 0.0 {
        values.iter_mut().for_each(|v| *v /= length);
    } else {
        values.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_length_one_whatever_it_was_made_of() {
        let vector = Vector::normalised(vec![3.0, 0.0, -4.0]);
        assert_eq!(vector.as_slice(), [0.6, 0.0, -0.8]);
        assert!((vector.cosine(&vector) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_wording_stands_beside_the_meaning() {
        let vector = Vector::worded(vec![3.0, 4.0], vec![0.0, 2.0, 0.0]);
        assert_eq!(vector.as_slice(), [0.6, 0.8]);
        assert_eq!(vector.wording(), [0.0, 1.0, 0.0]);
        assert_eq!(vector.whole(), [0.6, 0.8, 0.0, 1.0, 0.0]);
        assert!(Vector::normalised(vec![1.0]).wording().is_empty());
        let same = Vector::worded(vec![3.0, 4.0], vec![1.0]);
        assert!((vector.cosine(&same) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn cosine_is_the_sum_of_products_at_every_dimension() {
        for dims in [1, 15, 16, 17, 384] {
            let wave = |speed: f32| (0..dims).map(move |i| (i as f32 * speed).cos());
            let (a, b) = (wave(0.3), wave(0.4));
            let (a, b) = (
                Vector::normalised(a.collect()),
                Vector::normalised(b.collect()),
            );
            let expected: f32 = a
                .as_slice()
                .iter()
                .zip(b.as_slice())
                .map(|(a, b)| a * b)
                .sum();
            assert!((a.cosine(&b) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn without_a_direction_it_is_zero() {
        for values in [vec![0.0; 3], vec![f32::NAN, 1.0, 1.0], vec![f32::MAX; 3]] {
            assert_eq!(Vector::normalised(values).as_slice(), [0.0; 3]);
        }
    }

    #[test]
    fn vectors_of_unlike_encoders_are_not_alike() {
        let short = Vector::normalised(vec![1.0]);
        let long = Vector::normalised(vec![1.0, 0.0]);
        assert_eq!(short.cosine(&long), 0.0);
    }
}
