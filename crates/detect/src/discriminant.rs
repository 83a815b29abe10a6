//! Linear discriminant analysis with a shared, shrunk covariance: which class a point is of, and
//! how much farther than usual it lies from all of them.
//!
//! Everything follows from sums over the examples, which add up and so can be taken apart again:
//! leaving a part of the examples out costs no second look at the rest. Distances are Mahalanobis';
//! the one to the nearest class less the one to the centre of everything is the relative distance
//! of Ren et al. 2021 ("A simple fix to Mahalanobis distance for improving near-OOD detection").

use crate::logistic::dot;

/// Sums over examples.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    dims: usize,
    /// The sum of each example times itself; the lower triangle, rows of `dims`.
    products: Vec<f32>,
    /// Each class's sum.
    sums: Vec<Vec<f32>>,
    counts: Vec<f32>,
}

/// Examples that are taken in one go, so that a row of products is read once for all of them.
const BLOCK: usize = 8;

/// Examples from which covariances are trusted as much as they are shrunk.
const TRUSTED: f32 = 15_000.0;

/// A variance that no direction lies below, however few the examples.
const LEAST_VARIANCE: f32 = 1e-4;

impl Moments {
    /// The sums over nothing, for points of `dims` values in `classes` classes.
    pub(crate) fn none(dims: usize, classes: usize) -> Moments {
        Moments {
            dims,
            products: vec![0.0; dims * dims],
            sums: vec![vec![0.0; dims]; classes],
            counts: vec![0.0; classes],
        }
    }

    /// The sums over `points`, each with its class.
    pub(crate) fn of(points: &[(usize, &[f32])], dims: usize, classes: usize) -> Moments {
        let mut moments = Moments::none(dims, classes);
        for (class, point) in points {
            moments.counts[*class] += 1.0;
            add(&mut moments.sums[*class], point, 1.0);
        }
        let nothing = vec![0.0; dims];
        for block in points.chunks(BLOCK) {
            let mut rows = [nothing.as_slice(); BLOCK];
            for (row, (_, point)) in rows.iter_mut().zip(block) {
                *row = point;
            }
            add_products(&mut moments.products, rows, dims);
        }
        moments
    }

    /// Takes in the sums over other examples.
    pub(crate) fn join(&mut self, other: &Moments) {
        add(&mut self.products, &other.products, 1.0);
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            add(sum, other, 1.0);
        }
        add(&mut self.counts, &other.counts, 1.0);
    }
}

/// Adds the products of every two values of each of `rows` to the lower triangle.
fn add_products(products: &mut [f32], rows: [&[f32]; BLOCK], dims: usize) {
    for (i, row) in products.chunks_exact_mut(dims).enumerate() {
        let factors = rows.map(|x| x[i]);
        let [a, b, c, d, e, f, g, h] = rows.map(|x| &x[..=i]);
        let row = &mut row[..=i];
        for j in 0..row.len() {
            row[j] += factors[0] * a[j]
                + factors[1] * b[j]
                + factors[2] * c[j]
                + factors[3] * d[j]
                + factors[4] * e[j]
                + factors[5] * f[j]
                + factors[6] * g[j]
                + factors[7] * h[j];
        }
    }
}

/// What was learned from the sums.
#[derive(Debug)]
pub(crate) struct Discriminant {
    /// The covariance within the classes, and of everything.
    within: Factor,
    around: Factor,
    centre: Vec<f32>,
    /// Each class's weights and offset; none for a class without examples.
    classes: Vec<Option<(Vec<f32>, f32)>>,
}

/// Where a point lies.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    /// The logit of each class, up to a constant of all; minus infinity without examples.
    pub(crate) logits: Vec<f32>,
    /// The largest of them.
    pub(crate) largest: f32,
    /// The squared distance to the nearest class, less that to the centre of everything.
    pub(crate) relative: f32,
}

impl Discriminant {
    /// Learns from the sums.
    pub(crate) fn learned(moments: &Moments) -> Discriminant {
        let dims = moments.dims;
        let n = moments.counts.iter().sum::<f32>().max(1.0);
        let shrinkage = 1.0 / (1.0 + (n / TRUSTED).sqrt());
        let mut centre = vec![0.0; dims];
        for sum in &moments.sums {
            add(&mut centre, sum, 1.0 / n);
        }
        let mut within = moments.products.clone();
        for (sum, count) in moments.sums.iter().zip(&moments.counts) {
            if *count > 0.0 {
                add_product(&mut within, sum, -1.0 / count);
            }
        }
        let mut around = moments.products.clone();
        add_product(&mut around, &centre, -n);
        let within = Factor::of(shrunk(within, dims, n, shrinkage), dims);
        let around = Factor::of(shrunk(around, dims, n, shrinkage), dims);
        let classes = moments.sums.iter().zip(&moments.counts);
        let classes = classes.map(|(sum, count)| {
            (*count > 0.0).then(|| {
                let mean: Vec<f32> = sum.iter().map(|x| x / count).collect();
                let weights = within.solved(&mean);
                let offset = -0.5 * dot(&weights, &mean);
                (weights, offset)
            })
        });
        Discriminant {
            classes: classes.collect(),
            within,
            around,
            centre,
        }
    }

    /// Where `point` lies.
    pub(crate) fn position(&self, point: &[f32]) -> Position {
        let logit = |class: &Option<(Vec<f32>, f32)>| match class {
            Some((weights, offset)) => dot(weights, point) + offset,
            None => f32::NEG_INFINITY,
        };
        let logits: Vec<f32> = self.classes.iter().map(logit).collect();
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut centred = point.to_vec();
        add(&mut centred, &self.centre, -1.0);
        let nearest = self.within.squared(point) - 2.0 * largest;
        Position {
            relative: nearest - self.around.squared(&centred),
            logits,
            largest,
        }
    }
}

/// The covariance from sums of products, drawn towards the same variance in every direction.
fn shrunk(mut products: Vec<f32>, dims: usize, n: f32, shrinkage: f32) -> Vec<f32> {
    products
        .iter_mut()
        .for_each(|x| *x *= (1.0 - shrinkage) / n);
    let trace: f32 = (0..dims).map(|i| products[i * dims + i]).sum();
    let mean = trace / (1.0 - shrinkage) / dims.max(1) as f32;
    for i in 0..dims {
        products[i * dims + i] += shrinkage * mean + LEAST_VARIANCE;
    }
    products
}

/// A lower triangle `L` of which `L` times its transpose is a covariance (Cholesky).
#[derive(Debug)]
struct Factor {
    rows: Vec<f32>,
    dims: usize,
}

impl Factor {
    /// Factors a covariance, given as its lower triangle.
    fn of(mut rows: Vec<f32>, dims: usize) -> Factor {
        for i in 0..dims {
            let (above, row) = rows.split_at_mut(i * dims);
            let row = &mut row[..=i];
            for j in 0..i {
                let other = &above[j * dims..=j * dims + j];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let rest = row[i] - dot(&row[..i], &row[..i]);
            // Rounding may take what is left of a variance; none is smaller than the least.
            row[i] = rest.max(LEAST_VARIANCE * 0.5).sqrt();
        }
        Factor { rows, dims }
    }

    /// The solution `y` of `L y = x`.
    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut y: Vec<f32> = Vec::with_capacity(self.dims);
        for (row, x) in self.rows.chunks_exact(self.dims.max(1)).zip(x) {
            let i = y.len();
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
        for i in (0..self.dims).rev() {
            let row = &self.rows[i * self.dims..=i * self.dims + i];
            y[i] /= row[i];
            let (before, last) = y.split_at_mut(i);
            add(before, &row[..i], -last[0]);
        }
        y
    }
}

/// Adds `factor` times `x` to `sum`.
fn add(sum: &mut [f32], x: &[f32], factor: f32) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

/// Adds `factor` times the product of `x` with itself to a lower triangle.
fn add_product(products: &mut [f32], x: &[f32], factor: f32) {
    for (i, row) in products.chunks_exact_mut(x.len().max(1)).enumerate() {
        add(&mut row[..=i], &x[..=i], factor * x[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_its_covariance() {
        // [[4, 2], [2, 3]] times [1, -1] is [2, -1].
        let factor = Factor::of(vec![4.0, 0.0, 2.0, 3.0], 2);
        let solved = factor.solved(&[2.0, -1.0]);
        assert!((solved[0] - 1.0).abs() < 1e-6 && (solved[1] + 1.0).abs() < 1e-6);
        assert!((factor.squared(&[2.0, -1.0]) - 3.0).abs() < 1e-6);
    }

    fn points() -> Vec<(usize, Vec<f32>)> {
        let mut points = Vec::new();
        for i in 0..20 {
            let wave = (i as f32 * 1.7).sin();
            points.push((0, vec![1.0 + 0.1 * wave, 0.5 * wave, 0.0]));
            points.push((1, vec![-1.0 - 0.1 * wave, 0.5 * wave, 0.0]));
        }
        points
    }

    fn moments(points: &[(usize, Vec<f32>)]) -> Moments {
        let points: Vec<(usize, &[f32])> = points.iter().map(|(c, p)| (*c, &p[..])).collect();
        Moments::of(&points, 3, 3)
    }

    #[test]
    fn a_point_is_of_the_class_it_lies_near_and_strange_where_no_class_is() {
        let model = Discriminant::learned(&moments(&points()));
        let near = model.position(&[0.9, 0.1, 0.0]);
        assert!(near.logits[0] > near.logits[1]);
        assert_eq!(near.logits[2], f32::NEG_INFINITY);
        assert!(model.position(&[0.0, 0.0, 0.0]).relative > near.relative);
    }

    #[test]
    fn sums_over_parts_are_the_sums_over_all() {
        let points = points();
        let mut joined = moments(&points[..13]);
        joined.join(&moments(&points[13..]));
        let all = moments(&points);
        let pairs = joined.products.iter().zip(&all.products);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4));
        assert_eq!(joined.counts, all.counts);
    }

    #[test]
    fn one_example_is_enough_to_be_finite() {
        let model = Discriminant::learned(&moments(&points()[..1]));
        let position = model.position(&[0.0, 1.0, 0.0]);
        assert!(position.relative.is_finite() && position.largest.is_finite());
    }
}
