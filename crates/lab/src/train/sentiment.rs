//! The heads of the sentiment detector.

use std::collections::BTreeSet;
use std::path::Path;

use warmline_detect::{Encoder, SentimentLessons, train_sentiment};

use crate::{Error, corpus};

/// The emotions of GoEmotions that make a customer displeased.
const DISPLEASED: [&str; 4] = ["anger", "annoyance", "disappointment", "disapproval"];

/// Trains the heads of the sentiment detector, and answers the file that they are kept in.
///
/// Learns from the training splits in `data` alone: `goemotions` (Apache-2.0) for displeasure,
/// `convabuse` (CC BY 4.0) for abuse, there one lesson for each annotator.
///
/// # Errors
///
/// Data that is missing or another, or what the encoder says.
pub async fn sentiment(data: &Path, encoder: &dyn Encoder) -> Result<String, Error> {
    let lessons = SentimentLessons {
        displeased: displeased(data)?,
        abusive: abusive(data)?,
    };
    Ok(train_sentiment(&lessons, encoder).await?)
}

fn displeased(data: &Path) -> Result<Vec<(String, bool)>, Error> {
    let labels = corpus::text(&data.join("goemotions/original/labels.txt"))?;
    let wanted: BTreeSet<String> = labels
        .lines()
        .zip(0..)
        .filter(|(label, _)| DISPLEASED.contains(label))
        .map(|(_, number): (_, u32)| number.to_string())
        .collect();
    let file = data.join("goemotions/original/train.tsv");
    let lesson = |line: &str| {
        let mut fields = line.split('\t');
        let text = fields.next()?.to_owned();
        Some((
            text,
            fields
                .next()?
                .split(',')
                .any(|label| wanted.contains(label)),
        ))
    };
    let text = corpus::text(&file)?;
    let lessons: Option<Vec<(String, bool)>> = text.lines().map(lesson).collect();
    lessons.ok_or_else(|| corpus::other(&file, "expected a text, a tab and labels in each line"))
}

fn abusive(data: &Path) -> Result<Vec<(String, bool)>, Error> {
    let turns = corpus::abuse(data, "train")?;
    let lessons = turns.into_iter().flat_map(|turn| {
        let text = turn.text;
        turn.votes
            .into_iter()
            .map(move |abusive| (text.clone(), abusive))
    });
    Ok(lessons.collect())
}
