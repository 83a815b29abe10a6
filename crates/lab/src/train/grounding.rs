//! The head of the grounding detector.

use std::path::Path;

use warmline_detect::{Encoder, GroundingJudgement, GroundingLesson, train_grounding};

use crate::Error;
use crate::answers::{self, Half};

/// Trains the head of the grounding detector, and answers the file that it is kept in.
///
/// Learns from `data`: the tuning half of RAGTruth (annotations MIT), with its spans, and the
/// development splits of BEGIN (CC BY 4.0, CDLA-Sharing 1.0).
///
/// # Errors
///
/// Data that is missing or another, or what the encoder says.
pub async fn grounding(data: &Path, encoder: &dyn Encoder) -> Result<String, Error> {
    let mut lessons = Vec::new();
    for answer in answers::ragtruth(data, Half::Tuning)? {
        lessons.push(GroundingLesson {
            case: answer.case(),
            judgement: GroundingJudgement::Spans(answer.unsupported),
        });
    }
    for file in answers::BEGIN_DEVELOPMENT {
        for answer in answers::begin(data, file)? {
            lessons.push(GroundingLesson {
                case: answer.case(),
                judgement: GroundingJudgement::Whole(answer.is_bad()),
            });
        }
    }
    Ok(train_grounding(&lessons, encoder).await?)
}
