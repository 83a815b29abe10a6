//! Which citations a claim points to.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use warmline_core::turn::{Citation, Draft};

/// The citations that the claim at `at` names by marks such as `[2]`, inside it or right behind
/// it; those of the whole draft where it names none that there is.
pub(super) fn of_claim<'a>(draft: &'a Draft, at: &Range<usize>) -> Vec<&'a Citation> {
    let own = draft.text[at.clone()]
        .trim_start_matches(|c: char| c == '[' || c == ']' || c.is_ascii_digit() || c == ' ');
    let behind = &draft.text[at.end..];
    let behind = BEHIND.find(behind).map_or("", |found| found.as_str());
    let marks = MARK.captures_iter(own).chain(MARK.captures_iter(behind));
    let numbers = marks.filter_map(|mark| mark[1].parse::<usize>().ok());
    let named: Vec<&Citation> = numbers
        .filter_map(|number| draft.citations.get(number.checked_sub(1)?))
        .collect();
    if named.is_empty() {
        draft.citations.iter().collect()
    } else {
        named
    }
}

/// A mark of a citation, counted from 1.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[(\d{1,2})\]").expect("the built-in pattern is a regular expression")
});

/// Marks that begin a text belong to what stands before it.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\s*\[\d{1,2}\])+").expect("the built-in pattern is a regular expression")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sentences;

    #[test]
    fn a_mark_inside_a_claim_or_right_behind_it_names_its_citation() {
        let citation = |name: &str| Citation {
            document: name.to_owned(),
            title: String::new(),
            passage: String::new(),
        };
        let draft = Draft {
            text: "One [2]. Two. [1] Three [9]. Four [1][2].".to_owned(),
            citations: vec![citation("a"), citation("b")],
            ..Draft::default()
        };
        let named: Vec<Vec<&str>> = sentences(&draft.text)
            .iter()
            .map(|at| of_claim(&draft, at))
            .map(|found| found.iter().map(|c| c.document.as_str()).collect())
            .collect();
        assert_eq!(
            named,
            [vec!["b"], vec!["a"], vec!["a", "b"], vec!["a", "b"]]
        );
    }
}
