//! The inner loops of the forward pass: slices in, slices out.
//!
//! Each is written once, in plain Rust that the compiler turns into vector instructions, and
//! compiled three times: for AVX-512, for AVX2 with FMA, and for whatever the target guarantees.
//! Which one runs is decided at run time, so that one binary is fast on each processor and correct
//! on all. This is the one module of the project that may say `unsafe`: to call the versions that
//! need an instruction set, once that was found.

#![allow(unsafe_code)]

mod attention;
mod product;

pub(super) use attention::{Attention, attend};
pub(super) use product::product;

/// Values in the widest vector register, AVX-512's. Narrower machines take several at once.
pub(super) const LANES: usize = 16;

type Lanes = [f32; LANES];

/// What an inner loop must know of the instruction set it is compiled for.
trait Isa {
    /// Whether a multiplication and an addition are one instruction.
    const FUSED: bool;
    /// Whether there are 32 registers of 16 values.
    const WIDE: bool;
}

struct Avx512;
struct Avx2;
/// Whatever the compiler's target guarantees.
struct Portable;

impl Isa for Avx512 {
    const FUSED: bool = true;
    const WIDE: bool = true;
}

impl Isa for Avx2 {
    const FUSED: bool = true;
    const WIDE: bool = false;
}

impl Isa for Portable {
    const FUSED: bool = cfg!(target_feature = "fma") || cfg!(target_arch = "aarch64");
    const WIDE: bool = false;
}

/// Defines a function that runs `$body` compiled for the best instruction set at hand.
///
/// `$body` must be `#[inline(always)]`: it takes on the instruction set of the function that it
/// ends up in.
macro_rules! dispatched {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $kind:ty),* $(,)?) = $body:ident) => {
        $(#[$doc])*
        pub(in crate::encoder::minilm) fn $name($($arg: $kind),*) {
            use $crate::encoder::minilm::kernels as isa;
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($arg: $kind),*) {
                    $body::<isa::Avx512>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $kind),*) {
                    $body::<isa::Avx2>($($arg),*)
                }
                use std::arch::is_x86_feature_detected as has;
                let fused = has!("avx2") && has!("fma");
                let wide = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
                if fused && wide {
                    // SAFETY: every feature that `avx512` is compiled for was just detected.
                    return unsafe { avx512($($arg),*) };
                }
                if fused {
                    // SAFETY: both features that `avx2` is compiled for were just detected.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body::<isa::Portable>($($arg),*)
        }
    };
}
use dispatched;

dispatched! {
    /// Adds `bias` to each row, then applies GELU, `x/2 · (1 + erf(x/√2))`.
    fn bias_gelu(rows: &mut [f32], bias: &[f32]) = bias_gelu_body
}

dispatched! {
    /// Replaces each row of `rows` by its layer norm, after adding the row of `added` and `bias`.
    ///
    /// `added` may be empty, for nothing to add.
    fn add_norm(rows: &mut [f32], added: &[f32], bias: &[f32], gain: &[f32], shift: &[f32]) = add_norm_body
}

/// A multiplication and an addition, in one rounding where the machine can. Where it cannot, the
/// standard library's `mul_add` would emulate that, hundreds of times slower.
#[inline(always)]
fn mul_add<I: Isa>(a: f32, b: f32, c: f32) -> f32 {
    if I::FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// `factor · values + sums`, lane by lane.
#[inline(always)]
fn add_scaled<I: Isa>(factor: f32, values: &Lanes, mut sums: Lanes) -> Lanes {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = mul_add::<I>(factor, *value, *sum);
    }
    sums
}

#[inline(always)]
fn bias_gelu_body<I: Isa>(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            let x = *value + *bias;
            *value = 0.5 * x * (1.0 + erf::<I>(x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

/// What the stock model adds to a variance before it takes the root.
const NORM_EPSILON: f32 = 1e-12;

#[inline(always)]
fn add_norm_body<I: Isa>(
    rows: &mut [f32],
    added: &[f32],
    bias: &[f32],
    gain: &[f32],
    shift: &[f32],
) {
    let width = gain.len();
    for (index, row) in rows.chunks_exact_mut(width).enumerate() {
        if !added.is_empty() {
            let added = &added[index * width..][..width];
            for ((value, added), bias) in row.iter_mut().zip(added).zip(bias) {
                *value += *added + *bias;
            }
        }
        let mean = sum_of::<I>(row, |sum, value| sum + value) / width as f32;
        let squares = sum_of::<I>(row, |sum, value| {
            mul_add::<I>(value - mean, value - mean, sum)
        });
        let scale = 1.0 / (squares / width as f32 + NORM_EPSILON).sqrt();
        for ((value, gain), shift) in row.iter_mut().zip(gain).zip(shift) {
            *value = mul_add::<I>((*value - mean) * scale, *gain, *shift);
        }
    }
}

/// Folds a row in two registers' worth of lanes, then sums those. The row's length is a multiple.
#[inline(always)]
fn sum_of<I: Isa>(row: &[f32], fold: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0.0; 2 * LANES];
    for chunk in row.chunks_exact(2 * LANES) {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum = fold(*sum, *value);
        }
    }
    sums.iter().sum()
}

/// The error function to within 4e-7: the rational approximation of degree 13 over 8 that Eigen
/// (`generic_fast_erf_float`) and XNNPACK use, without a branch. Beyond ±4 it is ±1 in f32.
#[inline(always)]
fn erf<I: Isa>(x: f32) -> f32 {
    const ODD: [f32; 7] = [
        -2.726_142_4e-10,
        2.770_681_5e-8,
        -2.101_024e-6,
        -5.692_506_2e-5,
        -7.349_906_4e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const EVEN: [f32; 5] = [
        -1.456_607_15e-5,
        -2.133_740_5e-4,
        -1.682_827e-3,
        -7.373_329_3e-3,
        -1.426_473_9e-2,
    ];
    let x = x.clamp(-4.0, 4.0);
    x * polynomial::<I, 7>(x * x, ODD) / polynomial::<I, 5>(x * x, EVEN)
}

/// `e^x` for `x ≤ 0`, to within 2 units in the last place: `2^n · e^r` with the polynomial of
/// Cephes' `expf` (Moshier) for `e^r`. Below -87, where it would leave the normal numbers, it stays
/// at `e^-87`, 1.6e-38.
#[inline(always)]
fn exp<I: Isa>(x: f32) -> f32 {
    const TERMS: [f32; 6] = [
        1.987_569_1e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_66,
        0.5,
    ];
    // ln 2 in two parts, so that `x - n·ln 2` keeps its digits.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding it rounds to an integer and leaves that integer in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;

    let x = x.max(-87.0);
    let shifted = mul_add::<I>(x, std::f32::consts::LOG2_E, ROUNDER);
    let n = shifted - ROUNDER;
    let r = mul_add::<I>(n, -LN_2_HIGH, x);
    let r = mul_add::<I>(n, -LN_2_LOW, r);
    let power = mul_add::<I>(polynomial::<I, 6>(r, TERMS), r * r, r) + 1.0;
    power * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()))
}

/// Horner's scheme, highest coefficient first.
#[inline(always)]
fn polynomial<I: Isa, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = mul_add::<I>(value, x, *coefficient);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error function by Simpson's rule, in f64.
    fn exact_erf(x: f64) -> f64 {
        let steps = 2_000;
        let width = x / f64::from(steps);
        let area: f64 = (0..=steps)
            .map(|step| {
                let weight = match step {
                    0 => 1.0,
                    _ if step == steps => 1.0,
                    _ if step % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                weight * (-(f64::from(step) * width).powi(2)).exp()
            })
            .sum();
        area * width / 3.0 * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn erf_and_exp_are_as_near_as_they_say() {
        for step in -500..=500 {
            let x = step as f32 / 100.0;
            let exact = exact_erf(f64::from(x));
            for near in [erf::<Avx2>(x), erf::<Portable>(x)] {
                assert!((f64::from(near) - exact).abs() < 4e-7, "erf({x}) = {near}");
            }
        }
        for step in 0..=8_700 {
            let x = -step as f32 / 100.0;
            let exact = f64::from(x).exp();
            for near in [exp::<Avx2>(x), exp::<Portable>(x)] {
                assert!(
                    (f64::from(near) / exact - 1.0).abs() < 3e-7,
                    "exp({x}) = {near}"
                );
            }
        }
        assert!(exp::<Avx2>(f32::NEG_INFINITY) < 2e-38);
    }

    #[test]
    fn the_version_chosen_agrees_with_the_portable_one() {
        let wave = |n: usize, speed: f32| -> Vec<f32> {
            (0..n).map(|i| (i as f32 * speed).sin() * 3.0).collect()
        };
        let (bias, gain, shift) = (wave(384, 0.3), wave(384, 0.7), wave(384, 1.1));
        let added = wave(3 * 384, 0.9);

        let (mut chosen, mut portable) = (wave(3 * 384, 0.1), wave(3 * 384, 0.1));
        bias_gelu(&mut chosen, &bias);
        bias_gelu_body::<Portable>(&mut portable, &bias);
        add_norm(&mut chosen, &added, &bias, &gain, &shift);
        add_norm_body::<Portable>(&mut portable, &added, &bias, &gain, &shift);
        for (a, b) in chosen.iter().zip(&portable) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
