//! What the head is trained on: drafts that people judged.

use std::ops::Range;

use crate::Error;
use crate::detector::Case;
use crate::encoder::Encoder;

use super::feature::Features;
use super::head::{Bag, Head};
use super::{claim, given, heard, held};

/// A draft that somebody judged.
#[derive(Debug, Clone)]
pub struct GroundingLesson {
    /// The conversation, with the draft and its passages; without a draft it teaches nothing.
    pub case: Case,
    /// What is wrong with the draft.
    pub judgement: GroundingJudgement,
}

/// What somebody found in a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroundingJudgement {
    /// Whether something in it is unsupported.
    Whole(bool),
    /// Where in it something is unsupported.
    Spans(Vec<Range<usize>>),
}

/// Trains the head of the grounding detector, and answers the file that it is kept in.
///
/// It learns from drafts judged as a whole and from the sentences of drafts with spans, good and
/// bad having equal say, and so both kinds. One half is where drafts of both kinds, as many good
/// as bad, come out even.
///
/// # Errors
///
/// Only where the encoder fails.
pub async fn train_grounding(
    lessons: &[GroundingLesson],
    encoder: &dyn Encoder,
) -> Result<String, Error> {
    let (mut whole, mut spanned, mut sentences) = (Vec::new(), Vec::new(), Vec::new());
    for lesson in lessons {
        let Some(draft) = &lesson.case.draft else {
            continue;
        };
        // What is no claim teaches too: people judge a draft by all that it says.
        let statements = claim::statements(&draft.text);
        let places: Vec<Range<usize>> = statements.into_iter().map(|s| s.at).collect();
        let heard = heard(&lesson.case, draft);
        let sources = given(draft, &heard);
        let held = held(encoder, draft, &places, &vec![&sources; places.len()]).await?;
        let features: Vec<Features> = held.iter().map(|held| held.features).collect();
        if features.is_empty() {
            continue;
        }
        match &lesson.judgement {
            GroundingJudgement::Whole(is_bad) => whole.push(Bag::new(features, *is_bad)),
            GroundingJudgement::Spans(spans) => {
                for (at, features) in places.iter().zip(&features) {
                    let mut spans = spans.iter();
                    let is_bad = spans.any(|s| s.start < at.end && at.start < s.end);
                    sentences.push(Bag::new(vec![*features], is_bad));
                }
                spanned.push(Bag::new(features, !spans.is_empty()));
            }
        }
    }
    for kind in [&mut whole, &mut spanned, &mut sentences] {
        balance(kind);
    }
    let drafts = whole.len();
    whole.append(&mut sentences);
    let head = Head::learned(&whole);
    whole.truncate(drafts);
    whole.append(&mut spanned);
    Ok(head.centred(&whole).toml())
}

/// Gives good and bad bags equal say, and all together that of one.
fn balance(bags: &mut [Bag]) {
    let bad = bags.iter().filter(|bag| bag.is_bad).count();
    let good = bags.len() - bad;
    for bag in bags {
        bag.weight = 0.5 / (if bag.is_bad { bad } else { good }) as f32;
    }
}
