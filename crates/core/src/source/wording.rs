//! How problems are worded: what was probably meant, and serde's complaints in our words.

/// `did you mean …? known THINGS: …`: what would be right where `word` is none of `known`.
pub fn suggestion(word: &str, known: &[&str], things: &str) -> String {
    if known.is_empty() {
        return format!("there are no {things}");
    }
    let list = listed(known);
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? known {things}: {list}"),
        None => format!("known {things}: {list}"),
    }
}

/// The words in backticks, with commas between them.
fn listed(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The one of `known` that `word` is a slip of: at most a quarter of its letters are wrong.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let slips = (word.chars().count() / 4).clamp(1, 3);
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

/// Serde's complaint in our words: what is wrong, and what would be right.
pub(super) fn reworded(message: &str) -> (String, String) {
    let unknown = ["unknown field ", "unknown variant "];
    let Some((what, rest)) = unknown
        .iter()
        .find_map(|what| message.strip_prefix(what).map(|rest| (*what, rest)))
    else {
        return (plain(message), String::new());
    };
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let (what, things) = match what {
        "unknown field " => ("unknown key", "keys"),
        _ => ("unknown value", "values"),
    };
    (format!("{what} `{word}`"), suggestion(word, &known, things))
}

/// A complaint about a missing or wrong value without the names of Rust's types.
fn plain(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("{field} is missing");
    }
    let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    else {
        return message.to_owned();
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "a text in quotes",
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        other if other.starts_with("struct ") || other == "a map" => "a table",
        other => other,
    };
    format!("this must be {expected}, not {found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["amount", "channel", "segment"];
        for slip in ["amont", "amuont", "ammount", "anount", "chanel"] {
            assert!(nearest(slip, &known).is_some(), "{slip}");
        }
        for other in ["x", "", "money", "sentiment", &"amount".repeat(20)] {
            assert_eq!(nearest(other, &known), None, "{other}");
        }
    }
}
