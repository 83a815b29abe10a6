//! How alike texts are to the examples of a scope: in what they mean, and in how they are worded.
//!
//! All that is said within one scope is worded somewhat alike. The mean wording of its examples says
//! how, and is taken off, so that what is left tells one request from another: on the validation
//! splits of CLINC150 and of its single domains the nearest examples then tell much better what lies
//! outside (docs/benchmarks.md).

use ndarray::Array2;

use crate::encoder::Vector;
use crate::examples::Example;
use crate::logistic::dot;

/// How many examples the zero vector counts for in the mean wording: a few examples do not say what
/// is common to all.
const PRIOR_EXAMPLES: f32 = 10.0;

/// What the examples of a scope have in common, and how far each stands out from it.
#[derive(Debug, Default)]
pub(crate) struct Likeness {
    /// The mean wording; empty where the encoder tells none.
    centre: Vec<f32>,
    /// Of each example, one over the length of what is left of its wording; 0 where nothing is.
    scales: Vec<f32>,
}

/// How alike a text is to each of some examples.
#[derive(Debug)]
pub(crate) struct Alike {
    /// The mean of the cosines of both meanings and of what is left of both wordings, or of the
    /// meanings alone where the encoder tells no wording; -1 to 1.
    pub(crate) whole: Vec<f32>,
    /// The cosines of the meanings.
    pub(crate) meanings: Vec<f32>,
}

impl Likeness {
    /// Takes the mean of those of `examples` that are inside the scope and, by their numbers, `kept`.
    pub(crate) fn of(examples: &[Example], kept: impl Fn(usize) -> bool) -> Likeness {
        let dims = examples.first().map_or(0, |e| e.vector.wording().len());
        let (mut centre, mut count) = (vec![0.0; dims], PRIOR_EXAMPLES);
        let inside = examples.iter().enumerate();
        for (_, example) in inside.filter(|(i, e)| e.intent.is_some() && kept(*i)) {
            count += 1.0;
            for (sum, value) in centre.iter_mut().zip(example.vector.wording()) {
                *sum += value;
            }
        }
        centre.iter_mut().for_each(|sum| *sum /= count);
        let mut likeness = Likeness {
            centre,
            scales: Vec::new(),
        };
        let left = examples.iter().map(|e| likeness.left(&e.vector));
        likeness.scales = left.map(|left| scale(&left)).collect();
        likeness
    }

    /// How alike `vector` is to each of `examples`, of which this was made.
    pub(crate) fn to_each(&self, examples: &[Example], vector: &Vector) -> Alike {
        let meanings: Vec<f32> = examples.iter().map(|e| e.vector.cosine(vector)).collect();
        if self.centre.is_empty() {
            return Alike {
                whole: meanings.clone(),
                meanings,
            };
        }
        let mut left = self.left(vector);
        let own = scale(&left);
        left.iter_mut().for_each(|value| *value *= own);
        let common = dot(&self.centre, &left);
        let wordings = examples.iter().zip(&self.scales);
        let wordings = wordings.map(|(e, scale)| (dot(e.vector.wording(), &left) - common) * scale);
        let both = meanings.iter().zip(wordings);
        Alike {
            whole: both.map(|(m, w)| (m + w) / 2.0).collect(),
            meanings,
        }
    }

    /// `examples` as rows whose products are how alike they are.
    pub(crate) fn rows(&self, examples: &[Example]) -> Array2<f32> {
        let dims = examples.first().map_or(0, |e| e.vector.dims());
        let share = if self.centre.is_empty() {
            1.0
        } else {
            0.5_f32.sqrt()
        };
        let mut rows = Array2::zeros((examples.len(), dims + self.centre.len()));
        let each = examples.iter().zip(&self.scales).zip(rows.rows_mut());
        for ((example, scale), mut row) in each {
            let meaning = example.vector.as_slice().iter().copied();
            let left = self.left(&example.vector).into_iter().map(|x| x * scale);
            let values = meaning.chain(left).map(|x| share * x);
            row.iter_mut().zip(values).for_each(|(to, from)| *to = from);
        }
        rows
    }

    /// What the wording of `vector` has beyond the mean.
    fn left(&self, vector: &Vector) -> Vec<f32> {
        let pairs = vector.wording().iter().zip(&self.centre);
        pairs.map(|(value, mean)| value - mean).collect()
    }
}

fn scale(left: &[f32]) -> f32 {
    let length = dot(left, left).sqrt();
    if length > f32::EPSILON {
        length.recip()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(meaning: [f32; 2], wording: &[f32]) -> Example {
        Example {
            text: String::new(),
            vector: Vector::worded(meaning.to_vec(), wording.to_vec()),
            intent: Some(0),
        }
    }

    #[test]
    fn what_all_wordings_share_does_not_make_them_alike() {
        let examples: Vec<Example> = (0..40)
            .map(|i| example([1.0, 0.0], &[5.0, if i % 2 == 0 { 1.0 } else { -1.0 }]))
            .collect();
        let alike = Likeness::of(&examples, |_| true).to_each(&examples, &examples[0].vector);
        assert!(alike.whole[2] > 0.99, "{alike:?}");
        assert!(alike.whole[1] < 0.7, "{alike:?}");
    }

    #[test]
    fn what_is_shared_is_told_by_what_is_inside_and_kept() {
        let mut examples: Vec<Example> = (0..40)
            .map(|i| example([1.0, 0.0], &[1.0, i as f32]))
            .collect();
        examples.push(example([1.0, 0.0], &[-9.0, 3.0]));
        let few = Likeness::of(&examples[..20], |_| true);
        let kept = Likeness::of(&examples, |i| i < 20);
        assert_eq!(kept.centre, few.centre);
        examples[40].intent = None;
        let all = Likeness::of(&examples, |_| true);
        assert_eq!(all.centre, Likeness::of(&examples[..40], |_| true).centre);
        assert_eq!(all.scales.len(), 41);
    }

    #[test]
    fn rows_and_single_vectors_are_compared_alike() {
        let worded = [
            example([1.0, 0.2], &[1.0, 2.0, 3.0]),
            example([0.3, 1.0], &[1.0, -2.0, 3.0]),
            example([-1.0, 0.1], &[0.0, 0.0, 0.0]),
        ];
        let plain = worded.each_ref().map(|e| Example {
            text: String::new(),
            vector: Vector::normalised(e.vector.as_slice().to_vec()),
            intent: None,
        });
        for examples in [worded, plain] {
            let likeness = Likeness::of(&examples, |_| true);
            let rows = likeness.rows(&examples);
            let products = rows.dot(&rows.t());
            for (i, example) in examples.iter().enumerate() {
                let alike = likeness.to_each(&examples, &example.vector);
                for (j, alike) in alike.whole.into_iter().enumerate() {
                    assert!((alike - products[[i, j]]).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn of_nothing_there_is_nothing() {
        let none = Likeness::of(&[], |_| true);
        let alike = none.to_each(&[], &Vector::normalised(vec![1.0]));
        assert!(alike.whole.is_empty());
        let one = [example([1.0, 0.0], &[1.0, 0.0])];
        let alike = Likeness::of(&one, |_| true).to_each(&one, &one[0].vector);
        assert!((alike.whole[0] - 1.0).abs() < 1e-6);
    }
}
