//! Softmax regression: a linear function for each class, such that the right one is largest.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Zip};

use crate::logistic::dot;

/// A linear function for each class.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// A row for each class.
    weights: Array2<f32>,
    /// Minus infinity for a class without examples, which is then never the largest.
    offsets: Array1<f32>,
}

/// How often the examples are gone through, a batch at a time.
const EPOCHS: usize = 3;
const BATCH: usize = 128;

/// The longest step of a weight, at the beginning; it falls to nothing towards the end.
const RATE: f32 = 0.1;

/// How much of a weight is added to its slope, so that it stays small.
const DECAY: f32 = 1e-6;

/// How slopes and their squares are averaged (Kingma and Ba 2015, "Adam").
const MOMENTUM: f32 = 0.9;
const SQUARES: f32 = 0.999;

impl Linear {
    /// No class has a function yet.
    pub(crate) fn none(classes: usize, dims: usize) -> Linear {
        Linear {
            weights: Array2::zeros((classes, dims)),
            offsets: Array1::from_elem(classes, f32::NEG_INFINITY),
        }
    }

    /// Gives a class its function.
    pub(crate) fn set(&mut self, class: usize, weights: &[f32], offset: f32) {
        for (to, from) in self.weights.row_mut(class).iter_mut().zip(weights) {
            *to = *from;
        }
        self.offsets[class] = offset;
    }

    /// The same functions, all `factor` times as steep.
    pub(crate) fn scaled(&self, factor: f32) -> Linear {
        Linear {
            weights: &self.weights * factor,
            offsets: &self.offsets * factor,
        }
    }

    /// The value of each class's function at `point`.
    pub(crate) fn logits(&self, point: &[f32]) -> Vec<f32> {
        let rows = self.weights.rows().into_iter().zip(&self.offsets);
        let value = |(row, offset): (ndarray::ArrayView1<'_, f32>, &f32)| match row.to_slice() {
            Some(weights) => dot(weights, point) + offset,
            None => *offset,
        };
        rows.map(value).collect()
    }

    /// Begins with these functions and improves them on `points`, a row for each, of which `of`
    /// gives the class: minimises the mean cross-entropy, by Adam on batches of examples that lie
    /// far apart in their order. The same examples give the same functions; so few that they fill
    /// no batch leave them as they are.
    pub(crate) fn fitted(&self, points: ArrayView2<'_, f32>, of: &[usize]) -> Linear {
        let mut linear = self.clone();
        let (mut weights, mut offsets) = (
            Descent::of(linear.weights.dim(), DECAY),
            Descent::of((1, linear.offsets.len()), 0.0),
        );
        let batches = points.nrows() / BATCH;
        for epoch in 0..EPOCHS {
            for batch in 0..batches {
                let step = epoch * batches + batch;
                let rows = spread(points.nrows(), step * BATCH);
                let batch = points.select(Axis(0), &rows);
                let mut errors = linear.probabilities(batch.view());
                for (mut row, at) in errors.rows_mut().into_iter().zip(&rows) {
                    row[of[*at]] -= 1.0;
                }
                errors /= BATCH as f32;
                let rate = RATE * (1.0 - step as f32 / (EPOCHS * batches) as f32);
                let slope = errors.t().dot(&batch);
                weights.step(linear.weights.view_mut(), slope, rate);
                let slope = errors.sum_axis(Axis(0)).insert_axis(Axis(0));
                let offsets_now = linear.offsets.view_mut().insert_axis(Axis(0));
                offsets.step(offsets_now, slope, rate);
            }
        }
        linear
    }

    /// How likely each class is at each point, by the softmax.
    fn probabilities(&self, points: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut logits = points.dot(&self.weights.t()) + &self.offsets;
        for mut row in logits.rows_mut() {
            let largest = row.fold(f32::NEG_INFINITY, |a, b| a.max(*b));
            row.mapv_inplace(|x| (x - largest).exp());
            let all = row.sum();
            row /= all;
        }
        logits
    }
}

/// The examples of a batch: every so many, around and around, so that examples which stand side by
/// side meet in no batch. The stride is the golden section of their number, or next to it.
fn spread(all: usize, from: usize) -> Vec<usize> {
    let mut stride = (all as f64 * 0.618_034) as usize | 1;
    while common_divisor(stride, all) > 1 {
        stride += 2;
    }
    (from..from + BATCH)
        .map(|n| n % all * stride % all)
        .collect()
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// What Adam remembers of a matrix of weights.
struct Descent {
    slope: Array2<f32>,
    squares: Array2<f32>,
    decay: f32,
    /// What the averages still lack of their full weight.
    missing: (f32, f32),
}

impl Descent {
    fn of(shape: (usize, usize), decay: f32) -> Descent {
        Descent {
            slope: Array2::zeros(shape),
            squares: Array2::zeros(shape),
            decay,
            missing: (1.0, 1.0),
        }
    }

    fn step(&mut self, weights: ArrayViewMut2<'_, f32>, slope: Array2<f32>, rate: f32) {
        self.missing.0 *= MOMENTUM;
        self.missing.1 *= SQUARES;
        let (slope_scale, square_scale) =
            (rate / (1.0 - self.missing.0), 1.0 / (1.0 - self.missing.1));
        let decay = self.decay;
        Zip::from(weights)
            .and(&mut self.slope)
            .and(&mut self.squares)
            .and(&slope)
            .for_each(|weight, mean, square, slope| {
                // A class without examples has no slope, and an offset of minus infinity.
                let slope = if decay > 0.0 {
                    slope + decay * *weight
                } else {
                    *slope
                };
                *mean = MOMENTUM * *mean + (1.0 - MOMENTUM) * slope;
                *square = SQUARES * *square + (1.0 - SQUARES) * slope * slope;
                let length = (*square * square_scale).sqrt() + 1e-8;
                *weight -= slope_scale * *mean / length;
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes side by side, which only the second value tells apart; a third without examples.
    fn points() -> (Array2<f32>, Vec<usize>) {
        let points = Array2::from_shape_fn((2 * BATCH, 2), |(i, j)| {
            let side = if i % 2 == 0 { 1.0 } else { -1.0 };
            [(i as f32 * 1.7).sin(), side][j]
        });
        (points, (0..2 * BATCH).map(|i| i % 2).collect())
    }

    #[test]
    fn what_tells_classes_apart_is_learned() {
        let (points, of) = points();
        let mut start = Linear::none(3, 2);
        start.set(0, &[0.1, 0.0], 0.0);
        start.set(1, &[-0.1, 0.0], 0.0);
        let wrong = |linear: &Linear| {
            let rows = points.rows().into_iter().zip(&of);
            let is_wrong = |row: Vec<f32>, class: usize| {
                let logits = linear.logits(&row);
                logits[class] <= logits[1 - class] || logits[2] != f32::NEG_INFINITY
            };
            rows.filter(|(row, class)| is_wrong(row.to_vec(), **class))
                .count()
        };
        let fitted = start.fitted(points.view(), &of);
        assert_eq!((wrong(&start) > 50, wrong(&fitted)), (true, 0));
        assert_eq!(fitted.weights, start.fitted(points.view(), &of).weights);
    }

    #[test]
    fn a_round_of_batches_takes_every_example_once() {
        let all = 5 * BATCH;
        let mut seen: Vec<usize> = (0..5).flat_map(|n| spread(all, n * BATCH)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..all).collect::<Vec<_>>());
    }
}
