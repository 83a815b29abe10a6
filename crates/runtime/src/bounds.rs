//! What models and an embedder's parts bring is cut to size before it is recorded.
//!
//! A step is recorded whole and read again at every activation: none of it may be as long as
//! somebody else likes, and numbers must be numbers.

use warmline_core::card::{CardSource, is_hidden, quoted};
use warmline_core::signal::{Evidence, Findings};
use warmline_core::turn::{Action, MAX_CITATIONS, MAX_TEXT};
use warmline_core::{Card, Citation, Draft};

/// Longest reason that something gives for its failure, in bytes.
const REASON: usize = 1000;
/// Most actions of a draft, and longest text in one, or in a passage, in bytes.
const PARTS: usize = 16;
const PART: usize = 2000;
/// Most bytes that the actions of one proposal are given: all of them are examined.
const PROPOSED: usize = 32 * 1024;
/// Most findings of a kind, most pieces of evidence of one, and longest text in one, in bytes.
const FINDINGS: usize = 16;
const EVIDENCE: usize = 8;
const QUOTE: usize = 400;
/// Most lines in a list of a card, and longest line, in characters.
const LINES: usize = 8;
const LINE: usize = 300;

/// A reason, cut.
pub(crate) fn reason(mut reason: String) -> String {
    cut(&mut reason, REASON);
    reason
}

/// Checks that all of a proposal can be examined: what is cut off would be done or said unseen.
///
/// # Errors
/// When it is too long.
pub(crate) fn proposal(draft: &Draft) -> Result<(), String> {
    let (calls, given) = (
        draft.actions.len(),
        draft.actions.iter().map(|a| a.input.len()),
    );
    let given: usize = given.sum();
    if calls > PARTS || given > PROPOSED {
        return Err(format!(
            "would do {calls} things at once, given {given} bytes: {PARTS} and {PROPOSED} are examined"
        ));
    }
    match draft.text.len() {
        length if length > MAX_TEXT => Err(format!(
            "would say {length} bytes at once: {MAX_TEXT} are examined"
        )),
        _ => Ok(()),
    }
}

/// A draft of which nothing is too long. Its words are cut where every turn is cut.
pub(crate) fn draft(mut draft: Draft) -> Draft {
    cut(&mut draft.text, MAX_TEXT);
    for citations in [&mut draft.citations, &mut draft.passages] {
        citations.truncate(MAX_CITATIONS);
        for citation in citations {
            let Citation {
                document,
                title,
                passage,
            } = citation;
            cut(document, QUOTE);
            cut(title, QUOTE);
            cut(passage, PART);
        }
    }
    draft.actions.truncate(PARTS);
    for Action {
        name,
        input,
        result,
    } in &mut draft.actions
    {
        cut(name, QUOTE);
        cut(input, PART);
        if let Some(result) = result {
            cut(result, PART);
        }
    }
    draft
}

/// Findings of which nothing is too long.
///
/// # Errors
/// When a score or an amount is not a number.
pub(crate) fn findings(mut findings: Findings) -> Result<Findings, String> {
    findings.signals.truncate(FINDINGS);
    findings.intents.truncate(FINDINGS);
    // Gates ask for the largest: it must be among those that stay.
    let amounts = &mut findings.amounts;
    amounts.sort_by(|a, b| b.value.total_cmp(&a.value));
    amounts.truncate(FINDINGS);
    for signal in &mut findings.signals {
        signal.score = score(signal.score)?;
        signal.evidence.truncate(EVIDENCE);
        signal.evidence.iter_mut().for_each(evidence);
    }
    for intent in &mut findings.intents {
        intent.score = score(intent.score)?;
        cut(&mut intent.name, QUOTE);
        evidence(&mut intent.evidence);
    }
    for amount in &mut findings.amounts {
        if !amount.value.is_finite() {
            return Err(format!("found the amount {}", amount.value));
        }
        cut(&mut amount.currency, QUOTE);
        evidence(&mut amount.evidence);
    }
    if let Some(language) = &mut findings.language {
        cut(language, QUOTE);
    }
    // Whether a detector failed is not for itself to say.
    findings.failures.clear();
    Ok(findings)
}

/// A summarizer's card of which nothing is too long, with the facts of the `extracted` one, which
/// are not a matter of words; the next step is the playbook's.
pub(crate) fn card(mut card: Card, extracted: Card) -> Card {
    let lists = [
        &mut card.actions_attempted,
        &mut card.blockers,
        &mut card.promised,
    ];
    let mut claims = vec![&mut card.customer_intent];
    for list in lists {
        list.truncate(LINES);
        claims.extend(list);
    }
    for claim in claims {
        claim.text = quoted(&claim.text, LINE);
        claim.turns.truncate(LINES);
    }
    let card = Card {
        recommended_action: extracted.recommended_action,
        sentiment: extracted.sentiment,
        sensitivities: extracted.sensitivities,
        trigger: extracted.trigger,
        source: CardSource::Model,
        ..card
    };
    card.within_budget()
}

fn score(score: f32) -> Result<f32, String> {
    match score.is_nan() {
        true => Err("found a score that is not a number".to_owned()),
        false => Ok(score.clamp(0.0, 1.0)),
    }
}

fn evidence(evidence: &mut Evidence) {
    for text in [&mut evidence.quote, &mut evidence.why] {
        // What hides or turns around would do so on the operator's screen.
        text.retain(|c| !is_hidden(c));
        cut(text, QUOTE);
    }
}

fn cut(text: &mut String, most: usize) {
    text.truncate(text.floor_char_boundary(most));
}

#[cfg(test)]
mod tests {
    use super::*;
    use warmline_core::{Signal, SignalKind};

    fn signal(score: f32) -> Findings {
        let signal = Signal {
            kind: SignalKind::Sentiment,
            score,
            evidence: Vec::new(),
        };
        Findings {
            signals: vec![signal],
            ..Findings::default()
        }
    }

    #[test]
    fn a_score_is_a_number_between_0_and_1() {
        assert_eq!(findings(signal(7.0)).unwrap().signals[0].score, 1.0);
        assert_eq!(
            findings(signal(f32::NEG_INFINITY)).unwrap().signals[0].score,
            0.0
        );
        assert!(findings(signal(f32::NAN)).is_err());
    }

    #[test]
    fn the_largest_amount_stays_whatever_stands_before_it() {
        use warmline_core::signal::Amount;
        let amount = |value: f64| Amount {
            value,
            currency: "EUR".to_owned(),
            evidence: Evidence {
                turn: None,
                quote: String::new(),
                why: String::new(),
            },
        };
        let amounts = (1..=100).map(|value| amount(f64::from(value))).collect();
        let found = findings(Findings {
            amounts,
            ..Findings::default()
        });
        assert_eq!(found.unwrap().largest_amount().unwrap().value, 100.0);
    }

    #[test]
    fn a_long_draft_is_cut_between_characters() {
        let long = Draft {
            text: "é".repeat(MAX_TEXT),
            citations: vec![
                Citation {
                    document: String::new(),
                    title: String::new(),
                    passage: "x".repeat(1 << 20)
                };
                100
            ],
            ..Draft::default()
        };
        let short = draft(long);
        assert_eq!(short.text.len(), MAX_TEXT);
        assert_eq!(short.citations.len(), MAX_CITATIONS);
        assert!(
            short
                .citations
                .iter()
                .all(|citation| citation.passage.len() == PART)
        );
    }
}
