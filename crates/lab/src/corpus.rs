//! Public data as its authors published it, for training and for measuring.

use std::path::Path;

use crate::Error;

/// A turn that annotators judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    pub(crate) text: String,
    /// Whether it is abusive, for each annotator.
    pub(crate) votes: Vec<bool>,
}

impl Judged {
    /// Whether most of the annotators called it abusive.
    pub(crate) fn is_abusive(&self) -> bool {
        self.votes.iter().filter(|vote| **vote).count() * 2 > self.votes.len()
    }
}

/// A split of ConvAbuse (Cercas Curry et al. 2021): what users said to a bot, and how many
/// annotators put it below zero on the scale from 1, not abusive, to -3.
pub(crate) fn abuse(data: &Path, split: &str) -> Result<Vec<Judged>, Error> {
    let file = data.join(format!("convabuse/2_splits/ConvAbuseEMNLP{split}.csv"));
    let rows = rows(&file)?;
    let Some((header, rows)) = rows.split_first() else {
        return Err(other(&file, "it is empty"));
    };
    let user = header.iter().position(|name| name == "user");
    let user = user.ok_or_else(|| other(&file, "expected a column `user`"))?;
    let votes: Vec<(usize, bool)> = header
        .iter()
        .enumerate()
        .filter_map(|(at, name)| Some((at, name.split_once("_is_abuse.")?.1.starts_with('-'))))
        .collect();
    let judged = rows.iter().map(|row| Judged {
        text: row[user].clone(),
        votes: votes
            .iter()
            .filter(|(at, _)| matches!(row[*at].trim(), "1" | "1.0"))
            .map(|(_, abusive)| *abusive)
            .collect(),
    });
    Ok(judged.collect())
}

/// The rows of a file of comma-separated values, the first being their names; all are as long.
pub(crate) fn rows(file: &Path) -> Result<Vec<Vec<String>>, Error> {
    let text = text(file)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let rows: Result<Vec<Vec<String>>, csv::Error> = reader.deserialize().collect();
    rows.map_err(|error| other(file, &error.to_string()))
}

/// The text of a file.
pub(crate) fn text(file: &Path) -> Result<String, Error> {
    std::fs::read_to_string(file).map_err(|source| Error::File {
        file: file.display().to_string(),
        source,
    })
}

/// That a file holds other data than expected.
pub(crate) fn other(file: &Path, why: &str) -> Error {
    Error::Data {
        file: file.display().to_string(),
        why: why.to_owned(),
    }
}
