//! Logistic regression on a few features.

/// A score from features: 0 to 1, one half where the weighted sum is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// The log odds where all features are zero.
    pub bias: f32,
    /// What each feature adds to the log odds.
    pub weights: Vec<f32>,
}

/// Something to learn from.
#[derive(Debug, Clone)]
pub struct Sample {
    /// As many as the regression has weights.
    pub features: Vec<f32>,
    /// What the score is to be high for.
    pub positive: bool,
}

/// Enough for the accelerated descent to settle on features of about unit size.
const STEPS: usize = 400;

impl Logistic {
    /// The score of `features`, of which there are as many as weights.
    pub fn score(&self, features: &[f32]) -> f32 {
        sigmoid(self.logit(features))
    }

    /// The log odds of `features`.
    pub fn logit(&self, features: &[f32]) -> f32 {
        self.bias + dot(&self.weights, features)
    }

    /// Fits to `samples`, both classes with equal say, held towards `self` with `strength`: the
    /// fewer samples, the nearer the answer stays to where it began.
    ///
    /// Minimises the mean logistic loss plus `strength / (2 n)` times the squared distance from
    /// `self`, by gradient descent with Nesterov's momentum and the step that the loss's curvature
    /// (at most a quarter of the features' squared length) allows. With one class alone there is
    /// nothing to tell apart, and the answer is `self`.
    pub fn fitted(&self, samples: &[Sample], strength: f32) -> Logistic {
        let positives = samples.iter().filter(|s| s.positive).count();
        let negatives = samples.len() - positives;
        if positives == 0 || negatives == 0 {
            return self.clone();
        }
        let weight = |s: &Sample| 0.5 / (if s.positive { positives } else { negatives }) as f32;
        let hold = strength / samples.len() as f32;
        let curvature: f32 = samples
            .iter()
            .map(|s| weight(s) * (1.0 + s.features.iter().map(|x| x * x).sum::<f32>()))
            .sum();
        let step = 1.0 / (0.25 * curvature + hold).max(f32::EPSILON);
        let start = self.parameters();
        let mut now = start.clone();
        let mut ahead = start.clone();
        for k in 0..STEPS {
            let mut slope: Vec<f32> = ahead
                .iter()
                .zip(&start)
                .map(|(w, s)| hold * (w - s))
                .collect();
            for sample in samples {
                let target = f32::from(u8::from(sample.positive));
                let score = sigmoid(ahead[0] + dot(&ahead[1..], &sample.features));
                let error = weight(sample) * (score - target);
                slope[0] += error;
                for (slope, x) in slope[1..].iter_mut().zip(&sample.features) {
                    *slope += error * x;
                }
            }
            let momentum = k as f32 / (k as f32 + 3.0);
            for i in 0..now.len() {
                let next = ahead[i] - step * slope[i];
                ahead[i] = next + momentum * (next - now[i]);
                now[i] = next;
            }
        }
        Logistic {
            bias: now[0],
            weights: now[1..].to_vec(),
        }
    }

    fn parameters(&self) -> Vec<f32> {
        [&[self.bias], self.weights.as_slice()].concat()
    }
}

/// The sum of products; in eight sums side by side, which the compiler keeps in one register.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

/// The probability with these log odds.
pub(crate) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(pairs: &[(f32, bool)]) -> Vec<Sample> {
        let sample = |(x, positive): &(f32, bool)| Sample {
            features: vec![*x],
            positive: *positive,
        };
        pairs.iter().map(sample).collect()
    }

    const FLAT: f32 = 0.0;

    fn start() -> Logistic {
        Logistic {
            bias: FLAT,
            weights: vec![1.0],
        }
    }

    #[test]
    fn one_half_lies_between_the_classes() {
        let pairs = [
            (0.1, false),
            (0.2, false),
            (0.3, false),
            (0.8, true),
            (0.9, true),
        ];
        let fitted = start().fitted(&samples(&pairs), 0.01);
        assert!(fitted.score(&[0.3]) < 0.5 && fitted.score(&[0.8]) > 0.5);
        assert!((fitted.score(&[0.525]) - 0.5).abs() < 0.1);
    }

    #[test]
    fn few_samples_leave_it_near_where_it_began() {
        let fitted = start().fitted(&samples(&[(0.0, false), (1.0, true)]), 1e3);
        assert!((fitted.weights[0] - 1.0).abs() < 0.01);
        assert_eq!(start().fitted(&samples(&[(0.0, true)]), 0.1), start());
        assert_eq!(start().fitted(&[], 0.1), start());
    }

    #[test]
    fn a_class_counts_the_same_however_many_it_has() {
        let mut pairs = vec![(1.0, true), (1.0, true)];
        pairs.extend([(0.0, false); 200]);
        let fitted = start().fitted(&samples(&pairs), 1.0);
        assert!((fitted.score(&[0.5]) - 0.5).abs() < 0.1, "{fitted:?}");
    }
}
