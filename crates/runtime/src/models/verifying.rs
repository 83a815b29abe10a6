//! The verifier beside the detectors: the question asked again, while they look at the draft.

use std::future::Future;
use std::sync::Arc;

use futures::future::{Either, select};
use warmline_core::signal::{Evidence, Failure, Findings, Signal};
use warmline_core::{Draft, SignalKind};
use warmline_detect::{Case, Encoder, agreement};
use warmline_llm::{Ask, Verifier};

use crate::bounds;
use crate::models::VERIFIER as NAME;
use crate::setup::Setup;

/// Longest answer that is quoted as evidence, in characters.
const QUOTE: usize = 160;

/// Has the draft in `case` examined and verified, at the same time. Once what is found is `enough`
/// to hold the draft back, the model is not waited for. Verified is the whole answer, with what was
/// said of it already.
pub(crate) async fn examine(
    setup: &Setup,
    case: Case,
    ask: &Ask,
    enough: impl Fn(&Findings) -> bool,
) -> Findings {
    let case = Arc::new(case);
    let examination = setup.examiners.examine(case.clone());
    let (Some(verifier), Some(answer)) = (&setup.models.verifier, case.answer()) else {
        return examination.await;
    };
    if answer.passages.is_empty() {
        // There is nothing that a second answer could rest on.
        return examination.await;
    }
    let work = verify(verifier, &**setup.learner.encoder(), ask, &answer);
    let verification = within(setup.runtime.verifier_budget, work);
    match select(Box::pin(examination), Box::pin(verification)).await {
        Either::Left((found, _)) if enough(&found) => found,
        Either::Left((mut found, verification)) => {
            found.merge(verification.await);
            found
        }
        Either::Right((verified, examination)) => {
            let mut found = examination.await;
            found.merge(verified);
            found
        }
    }
}

/// Waits for the verifier within `budget`; late and failed are a failure among the findings.
async fn within(
    budget: std::time::Duration,
    work: impl Future<Output = Result<Signal, String>>,
) -> Findings {
    let began = std::time::Instant::now();
    let late = || format!("took longer than {} s", budget.as_secs_f32());
    let verified = tokio::time::timeout(budget, work).await;
    metrics::histogram!("warmline_detector_seconds", "detector" => NAME).record(began.elapsed());
    match verified.unwrap_or_else(|_| Err(late())) {
        Ok(signal) => Findings {
            signals: vec![signal],
            ..Findings::default()
        },
        Err(reason) => {
            metrics::counter!("warmline_detector_failures_total", "detector" => NAME).increment(1);
            tracing::warn!(detector = NAME, %reason, "no finding");
            let failure = Failure {
                detector: NAME.to_owned(),
                reason: bounds::reason(reason),
            };
            Findings {
                failures: vec![failure],
                ..Findings::default()
            }
        }
    }
}

/// Asks again until it is clear whether the answers agree.
async fn verify(
    verifier: &Verifier,
    encoder: &dyn Encoder,
    ask: &Ask,
    draft: &Draft,
) -> Result<Signal, String> {
    let claims = async {
        match verifier.checks_claims() {
            true => verifier.judge(ask, draft).await.map(Some),
            false => Ok(None),
        }
    };
    let (poll, judged) = futures::join!(asked(verifier, encoder, ask, draft), claims);
    let poll = poll?;
    let judged = judged.map_err(|error| error.to_string())?;
    let mut signal = Signal {
        kind: SignalKind::Verifier,
        score: poll.score(),
        evidence: poll.evidence,
    };
    let judged = judged.unwrap_or_default();
    let unsupported = judged.iter().filter(|judged| !judged.supported).count();
    if unsupported > 0 {
        signal.score = signal
            .score
            .max(unsupported_score(unsupported, judged.len()));
        let wrong = judged.iter().filter(|judged| !judged.supported);
        signal.evidence.extend(wrong.map(|judged| Evidence {
            turn: None,
            quote: warmline_core::card::quoted(&judged.claim, QUOTE),
            why: "the passages do not carry this".to_owned(),
        }));
    }
    Ok(signal)
}

/// One unsupported claim of two is as bad as an answer that does not agree.
fn unsupported_score(unsupported: usize, claims: usize) -> f32 {
    let share = unsupported as f32 / claims.max(1) as f32;
    (0.5 + share / 2.0).min(1.0)
}

/// The answers so far.
#[derive(Debug, Default)]
struct Poll {
    asked: usize,
    agreeing: f32,
    evidence: Vec<Evidence>,
}

impl Poll {
    /// The share that does not agree, drawn to one half while there are few (Laplace's rule of
    /// succession).
    fn score(&self) -> f32 {
        1.0 - (self.agreeing + 1.0) / (self.asked as f32 + 2.0)
    }

    /// Whether `left` further answers could not bring it to the other side.
    fn is_clear(&self, left: usize) -> bool {
        let (against, all) = (self.asked as f32 - self.agreeing, self.asked + left);
        let half = all as f32 / 2.0;
        // Two that agree, or that do not, and none between, are as clear as it gets.
        let unanimous =
            self.agreeing >= self.asked as f32 * 0.8 || against >= self.asked as f32 * 0.8;
        (self.asked >= 2 && unanimous) || self.agreeing > half || against > half
    }
}

async fn asked(
    verifier: &Verifier,
    encoder: &dyn Encoder,
    ask: &Ask,
    draft: &Draft,
) -> Result<Poll, String> {
    let mut poll = Poll::default();
    for time in 0..verifier.most() {
        let answer = verifier.answer(ask, draft, time).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let compared = agreement(encoder, &draft.text, &answer).await;
        let compared = compared.map_err(|error| error.to_string())?;
        poll.asked += 1;
        poll.agreeing += compared.probability;
        if compared.probability < 0.5 {
            poll.evidence.push(Evidence {
                turn: None,
                quote: warmline_core::card::quoted(&answer, QUOTE),
                why: format!("asked again, the model says this: {}", compared.against),
            });
        }
        if poll.is_clear(verifier.most() - poll.asked) {
            break;
        }
    }
    Ok(poll)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(answers: &[f32]) -> Poll {
        Poll {
            asked: answers.len(),
            agreeing: answers.iter().sum(),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn asking_stops_as_soon_as_it_is_clear() {
        assert!(!poll(&[1.0]).is_clear(3));
        assert!(poll(&[1.0, 0.95]).is_clear(2));
        assert!(poll(&[0.0, 0.1]).is_clear(2));
        assert!(!poll(&[1.0, 0.0]).is_clear(2));
        assert!(poll(&[1.0, 0.0, 1.0]).is_clear(0));
    }

    #[test]
    fn few_answers_count_less_than_many() {
        let agreeing = [poll(&[1.0]).score(), poll(&[1.0; 4]).score()];
        assert!(
            agreeing[1] < agreeing[0] && agreeing[0] < 0.5,
            "{agreeing:?}"
        );
        assert_eq!(poll(&[1.0, 0.0]).score(), 0.5);
    }
}
