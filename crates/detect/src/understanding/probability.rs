//! From how well intents fit to probabilities.

/// The logarithm of the sum of exponentials; minus infinity where nothing fits.
pub(super) fn log_sum_exp(fits: &[f32]) -> f32 {
    let most = fits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most.is_finite() {
        most + fits.iter().map(|fit| (fit - most).exp()).sum::<f32>().ln()
    } else {
        most
    }
}

/// The softmax of `fits`; nothing for intents without examples.
pub(super) fn probabilities(fits: &[f32], sharpness: f32) -> Vec<f32> {
    let most = fits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds = |fit: &f32| {
        if fit.is_finite() {
            (sharpness * (fit - most)).exp()
        } else {
            0.0
        }
    };
    let odds: Vec<f32> = fits.iter().map(odds).collect();
    let all: f32 = odds.iter().sum();
    odds.into_iter()
        .map(|x| x / all.max(f32::MIN_POSITIVE))
        .collect()
}

/// The sharpness, within reason, under which the right intents are likeliest (temperature scaling,
/// Guo et al. 2017), by golden section.
pub(super) fn sharpness(answers: &[(&[f32], usize)]) -> f32 {
    let loss = |log: f32| -> f32 {
        let likely = |(fits, right): &(&[f32], usize)| {
            let probability = probabilities(fits, log.exp())[*right];
            -probability.max(1e-9).ln()
        };
        answers.iter().map(likely).sum()
    };
    const GOLDEN: f32 = 0.618_034;
    let (mut low, mut high) = (0.005_f32.ln(), 2.0_f32.ln());
    for _ in 0..24 {
        let width = GOLDEN * (high - low);
        if loss(high - width) < loss(low + width) {
            high = low + width;
        } else {
            low += high - low - width;
        }
    }
    ((low + high) / 2.0).exp()
}
