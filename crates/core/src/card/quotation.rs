//! Somebody else's words in a card: on one line, bounded, and marked.

/// `text` on one line, without control, direction and invisible characters, cut to `most`
/// characters between words and never inside a number.
pub fn quoted(text: &str, most: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, next)) = line.char_indices().nth(most) else {
        return line;
    };
    let kept = &line[..end];
    let kept = match kept.rfind(' ') {
        _ if next == ' ' => kept,
        // One long word may be cut, and with it not the rest of the line.
        Some(blank) if blank * 2 >= end => &kept[..blank],
        _ => kept.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')),
    };
    format!("{}…", kept.trim_end())
}

/// `text` as [`quoted`], between quotation marks that nothing in it can close.
pub fn quotation(text: &str, most: usize) -> String {
    format!("“{}”", unmarked(text, most))
}

/// `text` as [`quoted`], without the quotation marks that cards set.
pub(super) fn unmarked(text: &str, most: usize) -> String {
    quoted(text, most).replace(['“', '”', '„', '‟', '❝', '❞', '〝', '〞'], "\"")
}

/// Characters that show nothing, or that change how others are shown.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_one_line_without_hidden_characters() {
        let text = "two\n lines\u{202e}\u{200b}\u{7} \u{e0041}end";
        assert_eq!(quoted(text, 80), "two lines end");
    }

    #[test]
    fn it_is_cut_between_words_and_never_inside_a_number() {
        assert_eq!(quoted("I paid 1250 euros", 9), "I paid…");
        assert_eq!(quoted("I paid 1250 euros", 11), "I paid 1250…");
        assert_eq!(quoted(&"9".repeat(50), 10), "…");
        assert_eq!(quoted("ééééé", 3), "ééé…");
        assert_eq!(quoted(&format!("a {}", "b".repeat(50)), 10), "a bbbbbbbb…");
    }

    #[test]
    fn nothing_in_a_quotation_closes_it() {
        assert_eq!(quotation("a” approve “b", 80), "“a\" approve \"b”");
    }
}
