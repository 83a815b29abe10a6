//! Whether a proposal may be promoted by itself.

use serde::{Deserialize, Serialize};

use super::calibrator::Figures;
use super::config::CalibrationConfig;
use super::proposal::Change;

/// Whether a proposal is fit to be promoted by itself, and every reason for or against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Judgement {
    pub(crate) fit: bool,
    pub(crate) reasons: Vec<String>,
}

impl Judgement {
    /// A judgement against, for one reason.
    pub(crate) fn against(reason: impl Into<String>) -> Self {
        Self {
            fit: false,
            reasons: vec![reason.into()],
        }
    }
}

/// Judges thresholds that come to `then` on conversations held out, where what is in force comes to
/// `now`.
///
/// Better is what misses no more and alarms no more, and less of one of them; or what keeps the
/// share of misses that is allowed where the policy in force does not. A signal that is switched on
/// or off has moved further than any limit.
pub(super) fn judge(
    changes: &[Change],
    now: Figures,
    then: Figures,
    limits: &CalibrationConfig,
) -> Judgement {
    let mut against = Vec::new();
    if changes.iter().all(|change| change.now == change.then) {
        against.push("these thresholds are in force already".to_owned());
    }
    if then.conversations < limits.least_held_out {
        against.push(format!(
            "only {} conversations were held out, and it takes {}",
            then.conversations, limits.least_held_out
        ));
    }
    let better = comparison(now, then, limits.miss);
    if let Err(reason) = &better {
        against.push(reason.clone());
    }
    for change in changes {
        let name = change.name();
        match (change.now, change.then) {
            (Some(now), Some(then)) => {
                let moved = f64::from((then - now).abs());
                // Scores have single precision: 0.2 more than 0.3 may come out a little above.
                if moved > limits.most_change + f64::from(f32::EPSILON) {
                    let most = limits.most_change;
                    against.push(format!("{name} would move by {moved:.3}, over {most}"));
                }
            }
            (None, Some(_)) => against.push(format!("{name} would be switched on")),
            (Some(_), None) => against.push(format!("{name} would be switched off")),
            (None, None) => {}
        }
    }
    let share = then.handoffs as f64 / then.conversations.max(1) as f64;
    if share > limits.most_handoffs {
        against.push(format!(
            "{} of {} conversations held out would be handed off, over a share of {}",
            then.handoffs, then.conversations, limits.most_handoffs
        ));
    }
    match (against.is_empty(), better) {
        (true, Ok(reason)) => Judgement {
            fit: true,
            reasons: vec![reason],
        },
        _ => Judgement {
            fit: false,
            reasons: against,
        },
    }
}

/// Why `then` is better than `now`, or why it is not.
fn comparison(now: Figures, then: Figures, miss: f64) -> Result<String, String> {
    let said = format!(
        "missed {} of {} (now {}), needless handoffs {} (now {})",
        then.missed, then.needed, now.missed, then.false_alarms, now.false_alarms
    );
    let no_worse = then.missed <= now.missed && then.false_alarms <= now.false_alarms;
    if no_worse && (then.missed, then.false_alarms) != (now.missed, now.false_alarms) {
        return Ok(format!("better on what was held out: {said}"));
    }
    let keeps = |figures: Figures| figures.missed as f64 <= miss * figures.needed as f64;
    if keeps(then) && !keeps(now) {
        return Ok(format!(
            "it keeps what may be missed, unlike what is in force: {said}"
        ));
    }
    Err(format!("not better on what was held out: {said}"))
}

#[cfg(test)]
mod tests {
    use warmline::SignalKind;

    use super::*;

    fn figures(missed: usize, false_alarms: usize) -> Figures {
        Figures {
            conversations: 100,
            needed: 40,
            missed,
            handoffs: 40 - missed + false_alarms,
            false_alarms,
        }
    }

    fn change(now: Option<f32>, then: Option<f32>) -> Change {
        Change {
            signal: SignalKind::Sentiment,
            channel: None,
            segment: None,
            now,
            then,
        }
    }

    fn judged(now: (usize, usize), then: (usize, usize), changes: &[Change]) -> Judgement {
        let limits = CalibrationConfig {
            most_handoffs: 0.6,
            ..CalibrationConfig::default()
        };
        judge(
            changes,
            figures(now.0, now.1),
            figures(then.0, then.1),
            &limits,
        )
    }

    #[test]
    fn what_is_better_and_near_is_fit() {
        let near = [change(Some(0.5), Some(0.7))];
        assert!(judged((2, 20), (2, 10), &near).fit);
        assert!(judged((3, 10), (2, 10), &near).fit);
        // Ten of forty are more than a tenth: the limit is kept again, at a price.
        assert!(judged((10, 5), (3, 9), &near).fit);
    }

    #[test]
    fn what_is_not_better_is_not_fit_and_says_why() {
        let near = [change(Some(0.5), Some(0.7))];
        for then in [(2, 10), (3, 4), (1, 11)] {
            let judgement = judged((2, 10), then, &near);
            assert!(!judgement.fit);
            assert!(judgement.reasons[0].contains("not better"), "{judgement:?}");
        }
    }

    #[test]
    fn every_limit_counts_by_itself() {
        let far = [change(Some(0.5), Some(0.9))];
        assert!(!judged((2, 20), (2, 10), &far).fit);
        for switched in [change(None, Some(0.5)), change(Some(0.5), None)] {
            assert!(!judged((2, 20), (2, 10), &[switched]).fit);
        }
        let near = [change(Some(0.5), Some(0.6))];
        assert!(
            !judged((2, 60), (2, 50), &near).fit,
            "most would be handed off"
        );
        let same = [change(Some(0.5), Some(0.5))];
        assert!(!judged((2, 20), (2, 10), &same).fit);
        let few = CalibrationConfig {
            least_held_out: 101,
            ..CalibrationConfig::default()
        };
        assert!(!judge(&near, figures(2, 20), figures(2, 10), &few).fit);
    }
}
