//! Quotations in claims: found, and set where a claim repeats somebody's words.

use std::ops::Range;

use crate::text::{Folded, words};

/// Fewest words in a row that are somebody's own and not just the same; and fewest letters of
/// scripts that may set no blanks.
const RUN: usize = 3;
const LETTERS: usize = 4;

/// The quotations of a claim, and the rest of it.
pub(super) fn parts(text: &str) -> (Vec<&str>, String) {
    let mut quotations = Vec::new();
    let mut rest = String::new();
    for (at, quoted) in segments(text) {
        if quoted {
            quotations.push(&text[at]);
            rest.push(' ');
        } else {
            rest.push_str(&text[at]);
        }
    }
    (quotations, rest)
}

/// The text, without quotation marks if they do not come in pairs.
pub(super) fn balanced(text: String) -> String {
    let mut open = false;
    let pairs = text.chars().all(|c| match c {
        '“' => !std::mem::replace(&mut open, true),
        '”' => std::mem::replace(&mut open, false),
        _ => true,
    });
    if pairs && !open {
        text
    } else {
        text.replace(['“', '”'], "")
    }
}

/// The claim with quotation marks around the words that it has from `others`: three in a row, or all.
pub(super) fn marked(text: &str, others: Vec<&str>) -> String {
    let mut marked = String::with_capacity(text.len() + 8);
    for (at, quoted) in segments(text) {
        let part = &text[at];
        if quoted {
            marked.push('“');
            marked.push_str(part);
            marked.push('”');
            continue;
        }
        let mut end = 0;
        for run in runs(part, &others) {
            marked.push_str(&part[end..run.start]);
            marked.push('“');
            marked.push_str(&part[run.clone()]);
            marked.push('”');
            end = run.end;
        }
        marked.push_str(&part[end..]);
    }
    marked
}

/// The parts inside and outside of quotation marks, without these.
fn segments(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        if matches!(c, '“' | '”') {
            found.push((start..at, quoted));
            start = at + c.len_utf8();
            quoted = c == '“';
        }
    }
    found.push((start..text.len(), quoted));
    found.retain(|(at, quoted)| *quoted || !at.is_empty());
    found
}

/// Where `part` repeats `others` word by word.
fn runs(part: &str, others: &[&str]) -> Vec<Range<usize>> {
    let all: Vec<(Range<usize>, String)> = words(part)
        .map(|word| {
            (
                word.at.clone(),
                format!(" {}", Folded::of(word.text).text()),
            )
        })
        .collect();
    // Within one text's words, a run ends where a word ends.
    let said = |run: &str| {
        others
            .iter()
            .any(|other| format!("{other} ").contains(&format!("{run} ")))
    };
    let mut found = Vec::new();
    let mut from = 0;
    while from < all.len() {
        let mut run = String::new();
        let mut to = from;
        while let Some((_, word)) = all.get(to) {
            let longer = format!("{run}{word}");
            if !said(&longer) {
                break;
            }
            run = longer;
            to += 1;
        }
        let letters = run.chars().filter(|c| c.is_alphabetic() && !c.is_ascii());
        let long = to - from >= RUN || letters.count() >= LETTERS;
        if to > from && (long || (from == 0 && to == all.len())) {
            let end = all[to - 1].0.end;
            // Closing signs belong to the words.
            let rest = &part[end..];
            let signs = rest.len() - rest.trim_start_matches(['.', '!', '?']).len();
            found.push(all[from].0.start..end + signs);
            from = to;
        } else {
            from += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_words_are_marked() {
        let said = vec![" i want to return the boots that i bought on 5 may"];
        assert_eq!(
            marked(
                "Wants to return the boots that I bought on 5 May.",
                said.clone()
            ),
            "Wants “to return the boots that I bought on 5 May.”"
        );
        assert_eq!(
            marked("Wants to return boots", said.clone()),
            "Wants to return boots"
        );
        assert_eq!(
            marked("return the boots", said.clone()),
            "“return the boots”"
        );
        assert_eq!(
            marked("Says “return the boots that I bought”", said),
            "Says “return the boots that I bought”"
        );
    }

    #[test]
    fn marks_that_do_not_pair_are_taken_off() {
        assert_eq!(balanced("a” b “c".to_owned()), "a b c");
        assert_eq!(balanced("a “b” c".to_owned()), "a “b” c");
        assert_eq!(parts("a “b” c “d”"), (vec!["b", "d"], "a   c  ".to_owned()));
    }
}
