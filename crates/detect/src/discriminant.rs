//! Linear discriminant analysis with a shared, shrunk covariance: which class a point is of, and
//! how much farther than usual it lies from all of them.
//!
//! Everything follows from sums over the examples, which add up and so can be taken apart again:
//! leaving a part of the examples out costs no second look at the rest. Distances are Mahalanobis';
//! the one to the nearest class less the one to the centre of everything is the relative distance
//! of Ren et al. 2021 ("A simple fix to Mahalanobis distance for improving near-OOD detection").
//! Its linear functions are where the regression of [`crate::softmax`] begins, which then tells the
//! classes apart better than distances do.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use crate::logistic::dot;
use crate::softmax::Linear;

/// Sums over examples.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    /// The sum of each example times itself, `dims` by `dims`.
    products: Array2<f32>,
    /// Each class's sum, a row each.
    sums: Array2<f32>,
    counts: Array1<f32>,
}

/// Examples from which covariances are trusted as much as they are shrunk.
const TRUSTED: f32 = 15_000.0;

/// A variance that no direction lies below, however few the examples.
const LEAST_VARIANCE: f32 = 1e-4;

impl Moments {
    /// The sums over nothing, for points of `dims` values in `classes` classes.
    pub(crate) fn none(dims: usize, classes: usize) -> Moments {
        Moments {
            products: Array2::zeros((dims, dims)),
            sums: Array2::zeros((classes, dims)),
            counts: Array1::zeros(classes),
        }
    }

    /// The sums over `points`, a row for each, of which `of` gives the class.
    pub(crate) fn of(points: ArrayView2<'_, f32>, of: &[usize], classes: usize) -> Moments {
        let mut moments = Moments::none(points.ncols(), classes);
        for (point, class) in points.rows().into_iter().zip(of) {
            moments.counts[*class] += 1.0;
            let mut sum = moments.sums.row_mut(*class);
            sum += &point;
        }
        moments.products = points.t().dot(&points);
        moments
    }

    /// How many classes there are, with examples or without.
    pub(crate) fn classes(&self) -> usize {
        self.counts.len()
    }

    /// Takes in the sums over other examples.
    pub(crate) fn join(&mut self, other: &Moments) {
        self.products += &other.products;
        self.sums += &other.sums;
        self.counts += &other.counts;
    }
}

/// What was learned from the sums.
#[derive(Debug)]
pub(crate) struct Discriminant {
    /// The covariance within the classes, and of everything.
    within: Factor,
    around: Factor,
    centre: Array1<f32>,
    /// How near each class is: larger is nearer, up to a constant of all.
    nearness: Linear,
}

impl Discriminant {
    /// Learns from the sums.
    pub(crate) fn learned(moments: &Moments) -> Discriminant {
        let dims = moments.products.nrows();
        let n = moments.counts.sum().max(1.0);
        let shrinkage = 1.0 / (1.0 + (n / TRUSTED).sqrt());
        let centre = moments.sums.sum_axis(Axis(0)) / n;
        let mut means = moments.sums.clone();
        // The between-class part of the products is that of the classes' scaled sums.
        let mut scaled = moments.sums.clone();
        for (class, count) in moments.counts.iter().enumerate() {
            let count = count.max(1.0);
            means.row_mut(class).mapv_inplace(|x| x / count);
            scaled.row_mut(class).mapv_inplace(|x| x / count.sqrt());
        }
        let within = &moments.products - &scaled.t().dot(&scaled);
        let column = centre.view().insert_axis(Axis(1));
        let around = &moments.products - &(column.dot(&column.t()) * n);
        let within = Factor::of(shrunk(within, n, shrinkage));
        let around = Factor::of(shrunk(around, n, shrinkage));
        let mut nearness = Linear::none(moments.counts.len(), dims);
        for (class, count) in moments.counts.iter().enumerate() {
            if *count > 0.0 {
                let mean = means.row(class).to_vec();
                let weights = within.solved(&mean);
                let offset = -0.5 * dot(&weights, &mean);
                nearness.set(class, &weights, offset);
            }
        }
        Discriminant {
            within,
            around,
            centre,
            nearness,
        }
    }

    /// The linear functions by which the nearest class is found.
    pub(crate) fn nearness(&self) -> &Linear {
        &self.nearness
    }

    /// The squared distance of `point` to the nearest class, less that to the centre of everything.
    pub(crate) fn relative(&self, point: &[f32]) -> f32 {
        let logits = self.nearness.logits(point);
        let largest = logits.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let centred: Vec<f32> = point.iter().zip(&self.centre).map(|(x, c)| x - c).collect();
        self.within.squared(point) - 2.0 * largest - self.around.squared(&centred)
    }
}

/// The covariance from sums of products, drawn towards the same variance in every direction.
fn shrunk(mut products: Array2<f32>, n: f32, shrinkage: f32) -> Array2<f32> {
    let dims = products.nrows().max(1) as f32;
    let mean = products.diag().sum() / n / dims;
    products *= (1.0 - shrinkage) / n;
    products
        .diag_mut()
        .mapv_inplace(|x| x + shrinkage * mean + LEAST_VARIANCE);
    products
}

/// A lower triangle `L` of which `L` times its transpose is a covariance (Cholesky).
#[derive(Debug)]
struct Factor {
    rows: Array2<f32>,
}

/// Rows that are factored before the rest is brought up to date with one matrix product.
const BLOCK: usize = 64;

impl Factor {
    /// Factors a covariance, block by block.
    fn of(mut rows: Array2<f32>) -> Factor {
        let dims = rows.nrows();
        for from in (0..dims).step_by(BLOCK) {
            let to = dims.min(from + BLOCK);
            for i in from..dims {
                for j in from..to.min(i + 1) {
                    let known: f32 = (from..j).map(|k| rows[[i, k]] * rows[[j, k]]).sum();
                    let rest = rows[[i, j]] - known;
                    rows[[i, j]] = if i == j {
                        // Rounding may take what is left of a variance; none is smaller than the
                        // least.
                        rest.max(LEAST_VARIANCE * 0.5).sqrt()
                    } else {
                        rest / rows[[j, j]]
                    };
                }
            }
            let (done, mut rest) = rows.view_mut().split_at(Axis(1), to);
            let done = done.slice(s![to.., from..to]);
            let mut rest = rest.slice_mut(s![to.., ..]);
            rest -= &done.dot(&done.t());
        }
        Factor { rows }
    }

    fn row(&self, i: usize) -> &[f32] {
        let row = self.rows.row(i).to_slice();
        row.expect("rows of a matrix in standard layout are slices")
    }

    /// The solution `y` of `L y = x`.
    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut y: Vec<f32> = Vec::with_capacity(x.len());
        for (i, x) in x.iter().enumerate() {
            let row = self.row(i);
            y.push((x - dot(&row[..i], &y)) / row[i]);
        }
        y
    }

    /// `x` times the inverse of the covariance times `x`.
    fn squared(&self, x: &[f32]) -> f32 {
        let y = self.forward(x);
        dot(&y, &y)
    }

    /// The inverse of the covariance times `x`.
    fn solved(&self, x: &[f32]) -> Vec<f32> {
        let mut y = self.forward(x);
        for i in (0..y.len()).rev() {
            let row = self.row(i);
            y[i] /= row[i];
            let (before, last) = y.split_at_mut(i);
            for (y, factor) in before.iter_mut().zip(row) {
                *y -= last[0] * factor;
            }
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_its_covariance() {
        // [[4, 2], [2, 3]] times [1, -1] is [2, -1].
        let factor = Factor::of(ndarray::arr2(&[[4.0, 2.0], [2.0, 3.0]]));
        let solved = factor.solved(&[2.0, -1.0]);
        assert!((solved[0] - 1.0).abs() < 1e-6 && (solved[1] + 1.0).abs() < 1e-6);
        assert!((factor.squared(&[2.0, -1.0]) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_covariance_of_several_blocks_is_factored_whole() {
        let dims = 2 * BLOCK + 7;
        let wave = Array2::from_shape_fn((dims, dims), |(i, j)| ((i * 7 + j * 3) as f32).sin());
        let covariance = wave.dot(&wave.t()) / dims as f32 + Array2::<f32>::eye(dims);
        let x: Vec<f32> = (0..dims).map(|i| (i as f32).cos()).collect();
        let solved = Factor::of(covariance.clone()).solved(&x);
        let back = covariance.dot(&Array1::from(solved));
        assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-3));
    }

    fn points() -> (Array2<f32>, Vec<usize>) {
        let of = (0..40).map(|i| i % 2).collect();
        let points = Array2::from_shape_fn((40, 3), |(i, j)| {
            let wave = (i as f32 * 1.7).sin();
            let side = if i % 2 == 0 { 1.0 } else { -1.0 };
            [side * (1.0 + 0.1 * wave), 0.5 * wave, 0.0][j]
        });
        (points, of)
    }

    #[test]
    fn a_point_is_of_the_class_it_lies_near_and_strange_where_no_class_is() {
        let (points, of) = points();
        let model = Discriminant::learned(&Moments::of(points.view(), &of, 3));
        let near = [0.9, 0.1, 0.0];
        let logits = model.nearness().logits(&near);
        assert!(logits[0] > logits[1]);
        assert_eq!(logits[2], f32::NEG_INFINITY);
        assert!(model.relative(&[0.0, 0.0, 0.0]) > model.relative(&near));
    }

    #[test]
    fn sums_over_parts_are_the_sums_over_all() {
        let (points, of) = points();
        let part = |rows: std::ops::Range<usize>| {
            Moments::of(points.slice(s![rows.clone(), ..]), &of[rows], 3)
        };
        let mut joined = part(0..13);
        joined.join(&part(13..40));
        let all = part(0..40);
        assert!(
            (&joined.products - &all.products)
                .iter()
                .all(|x| x.abs() < 1e-4)
        );
        assert_eq!(joined.counts, all.counts);
    }

    #[test]
    fn one_example_is_enough_to_be_finite() {
        let (points, of) = points();
        let model = Discriminant::learned(&Moments::of(points.slice(s![..1, ..]), &of[..1], 2));
        assert!(model.relative(&[0.0, 1.0, 0.0]).is_finite());
    }
}
