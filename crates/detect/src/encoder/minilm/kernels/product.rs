//! The matrix product, nine tenths of the work.
//!
//! A weight lies in panels, `[outputs / 16, inputs, 16]`, each as it is read: from first to last
//! byte, once for every few rows. Libraries for matrices take any layout and copy it into such
//! panels at each call, which pays for large products; a message alone has 20 rows, and there the
//! copy took longer than the product.

use rayon::prelude::*;

use super::{Isa, LANES, Lanes, add_scaled, dispatched};

/// Inputs dealt with between two looks at where a row ends.
const STEP: usize = 8;

/// Writes `x · weight` into `out`, row by row.
///
/// `x` is `[rows, inner]`, `weight` `[outer / 16, inner, 16]`, `out` `[rows, outer]`; `inner` is a
/// multiple of 8. `threads` above 1 shares the columns out over the current rayon pool.
pub(in crate::encoder::minilm) fn product(
    x: &[f32],
    weight: &[f32],
    out: &mut [f32],
    inner: usize,
    threads: usize,
) {
    let (rows, outer) = (x.len() / inner, weight.len() / inner);
    assert_eq!(inner % STEP + outer % LANES, 0, "whole steps and panels");
    assert_eq!((x.len(), out.len()), (rows * inner, rows * outer));

    let panels = (outer / LANES).div_ceil(threads).max(1);
    let mut shares: Vec<Vec<&mut [f32]>> = Vec::new();
    shares.resize_with(outer.div_ceil(panels * LANES), || Vec::with_capacity(rows));
    for row in out.chunks_exact_mut(outer) {
        for (share, columns) in shares.iter_mut().zip(row.chunks_mut(panels * LANES)) {
            share.push(columns);
        }
    }
    if let [out] = &mut shares[..] {
        multiply(x, weight, inner, out);
    } else {
        let weights = weight.par_chunks(panels * inner * LANES);
        shares
            .par_iter_mut()
            .zip(weights)
            .for_each(|(out, weight)| multiply(x, weight, inner, out));
    }
}

dispatched! {
    /// Writes the columns that the panels of `weight` yield; `out` has those columns of each row.
    fn multiply(x: &[f32], weight: &[f32], inner: usize, out: &mut [&mut [f32]]) = multiply_body
}

#[inline(always)]
fn multiply_body<I: Isa>(x: &[f32], weight: &[f32], inner: usize, out: &mut [&mut [f32]]) {
    let panel = inner * LANES;
    let mut column = 0;
    let mut weight = weight;
    if I::WIDE {
        while weight.len() >= 2 * panel {
            let (pair, later) = weight.split_at(2 * panel);
            strip::<I, 2>(x, pair, inner, out, column);
            (weight, column) = (later, column + 2 * LANES);
        }
    }
    for panel in weight.chunks_exact(panel) {
        strip::<I, 1>(x, panel, inner, out, column);
        column += LANES;
    }
}

/// All rows of a few columns, in tiles of as many rows as the registers hold, then of fewer.
#[inline(always)]
fn strip<I: Isa, const PANELS: usize>(
    x: &[f32],
    weight: &[f32],
    inner: usize,
    out: &mut [&mut [f32]],
    column: usize,
) {
    let mut row = 0;
    macro_rules! tiles {
        ($rows:literal) => {
            while out.len() - row >= $rows {
                let x = &x[row * inner..][..$rows * inner];
                let sums = tile::<I, $rows, PANELS>(x, weight, inner);
                for (out, sums) in out[row..].iter_mut().zip(&sums) {
                    out[column..][..PANELS * LANES].copy_from_slice(sums.as_flattened());
                }
                row += $rows;
            }
        };
    }
    if I::WIDE {
        tiles!(12);
    }
    if I::FUSED {
        tiles!(6);
        tiles!(4);
    }
    tiles!(2);
    tiles!(1);
}

/// The products of a few rows with a few panels, summed in registers.
#[inline(always)]
fn tile<I: Isa, const ROWS: usize, const PANELS: usize>(
    x: &[f32],
    weight: &[f32],
    inner: usize,
) -> [[Lanes; PANELS]; ROWS] {
    let rows: [&[[f32; STEP]]; ROWS] =
        std::array::from_fn(|row| x[row * inner..][..inner].as_chunks().0);
    let panels: [&[[Lanes; STEP]]; PANELS] = std::array::from_fn(|panel| {
        let panel = &weight[panel * inner * LANES..][..inner * LANES];
        panel.as_chunks().0.as_chunks().0
    });
    let mut sums = [[[0.0; LANES]; PANELS]; ROWS];
    for step in 0..inner / STEP {
        let rows: [&[f32; STEP]; ROWS] = std::array::from_fn(|row| &rows[row][step]);
        let panels: [&[Lanes; STEP]; PANELS] = std::array::from_fn(|panel| &panels[panel][step]);
        for input in 0..STEP {
            for row in 0..ROWS {
                for panel in 0..PANELS {
                    let weights = &panels[panel][input];
                    let sum = sums[row][panel];
                    sums[row][panel] = add_scaled::<I>(rows[row][input], weights, sum);
                }
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::Portable;
    use super::*;

    #[test]
    fn a_product_is_what_three_loops_say() {
        let (inner, outer) = (16, 80);
        let weight: Vec<f32> = (0..inner * outer).map(|i| (i % 11) as f32 - 5.0).collect();
        for rows in [0, 1, 2, 3, 5, 11, 31] {
            let x: Vec<f32> = (0..rows * inner).map(|i| (i % 7) as f32 - 3.0).collect();
            let mut expected = vec![0.0; rows * outer];
            for (at, expected) in expected.iter_mut().enumerate() {
                let (row, column) = (at / outer, at % outer);
                let panel = &weight[column / LANES * inner * LANES..];
                *expected = (0..inner)
                    .map(|i| x[row * inner + i] * panel[i * LANES + column % LANES])
                    .sum();
            }
            for threads in 1..=4 {
                let mut out = vec![f32::NAN; rows * outer];
                product(&x, &weight, &mut out, inner, threads);
                assert_eq!(out, expected, "{rows} rows, {threads} threads");
            }
            let mut out = vec![f32::NAN; rows * outer];
            let mut by_row: Vec<&mut [f32]> = out.chunks_exact_mut(outer).collect();
            multiply_body::<Portable>(&x, &weight, inner, &mut by_row);
            assert_eq!(out, expected);
        }
    }
}
