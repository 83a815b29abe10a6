//! Where the mood is going.

/// The change per turn of `scores`, oldest first: the median of the slopes between all pairs, so
/// that one outburst or one "thanks" does not make a trend (Theil 1950, Sen 1968). Zero for fewer
/// than three turns, which have no trend.
pub(super) fn slope(scores: &[f32]) -> f32 {
    if scores.len() < 3 {
        return 0.0;
    }
    let mut slopes: Vec<f32> = Vec::with_capacity(scores.len() * (scores.len() - 1) / 2);
    for (i, earlier) in scores.iter().enumerate() {
        for (distance, later) in (1u16..).zip(&scores[i + 1..]) {
            slopes.push((later - earlier) / f32::from(distance));
        }
    }
    slopes.sort_by(f32::total_cmp);
    let middle = slopes.len() / 2;
    if slopes.len().is_multiple_of(2) {
        (slopes[middle - 1] + slopes[middle]) / 2.0
    } else {
        slopes[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rise_has_its_slope_and_an_outlier_has_none() {
        assert!((slope(&[0.1, 0.2, 0.3, 0.4]) - 0.1).abs() < 1e-6);
        assert!(slope(&[0.1, 0.1, 0.9, 0.1, 0.1]).abs() < 1e-6);
        assert!(slope(&[0.8, 0.5, 0.2]) < 0.0);
        assert_eq!(slope(&[0.0, 1.0]), 0.0);
    }
}
