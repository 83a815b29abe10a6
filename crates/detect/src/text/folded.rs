//! A text with its disguises removed, of which every byte knows where it came from.

mod spelling;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::lookalike;
use super::translated::read_as;
use spelling::{joined, tightened, unaccented, unleeted};

/// Longest folded text, in characters. A turn has at most 16 KiB; only compatibility forms that
/// expand to many letters each could exceed this.
const MAX_CHARS: usize = 32 * 1024;

/// A text in lower case as a reader sees it: compatibility forms normalised (NFKC), invisible
/// characters dropped, look-alike letters and typographic quotes and dashes folded, runs of
/// blanks one plain blank. Line breaks stay.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folded {
    text: String,
    /// For each byte of `text`, the bytes of the original that it stands for.
    origin: Vec<Range<u32>>,
}

/// One folded character and the bytes of the original that it stands for.
#[derive(Clone)]
struct Glyph {
    c: char,
    from: Range<u32>,
}

impl Folded {
    /// Folds `original`.
    pub(crate) fn of(original: &str) -> Folded {
        Folded::from_glyphs(&glyphs(original))
    }

    /// The folded text, and where it could hide more, other forms: without accents, digits in
    /// words read as letters ("r3fund"), spaced-out and drawn-out words tightened ("r e f u n d",
    /// "refuuund"); and the same with other languages' words for what gates look for in English
    /// ("reembolso").
    pub(crate) fn views(original: &str) -> Vec<Folded> {
        let glyphs = glyphs(original);
        let plain = Folded::from_glyphs(&glyphs);
        let bare = Folded::from_glyphs(&tightened(&unleeted(&joined(&unaccented(&glyphs)))));
        let english = bare.translated();
        let mut views = vec![plain];
        if bare.text != views[0].text {
            views.push(bare);
        }
        views.extend(english);
        views
    }

    /// The text with foreign and misspelled words replaced, if there are any.
    fn translated(&self) -> Option<Folded> {
        let words = read_as(&self.text);
        let mut english = Folded::default();
        let mut end = 0;
        for (at, word) in &words {
            english.text.push_str(&self.text[end..at.start]);
            english
                .origin
                .extend_from_slice(&self.origin[end..at.start]);
            let from = self.origin(at.clone());
            let from = narrow(from.start)..narrow(from.end);
            english.text.push_str(word);
            english.origin.resize(english.text.len(), from);
            end = at.end;
        }
        english.text.push_str(&self.text[end..]);
        english.origin.extend_from_slice(&self.origin[end..]);
        (!words.is_empty()).then_some(english)
    }

    /// The folded text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that `range` of the folded text stands for.
    pub(crate) fn origin(&self, range: Range<usize>) -> Range<usize> {
        match self.origin.get(range) {
            Some([first, .., last]) => first.start as usize..last.end as usize,
            Some([only]) => only.start as usize..only.end as usize,
            _ => 0..0,
        }
    }

    fn from_glyphs(glyphs: &[Glyph]) -> Folded {
        let mut folded = Folded::default();
        for glyph in glyphs {
            // A run of blanks is one, and ends a line where one of them does. How often they stand
            // between letters had to be known until here: it tells spaced-out words apart.
            match (folded.text.as_bytes().last(), glyph.c) {
                (Some(b' ' | b'\n'), ' ') => continue,
                (Some(b' '), '\n') => {
                    folded.text.pop();
                    folded.origin.pop();
                }
                _ => {}
            }
            folded.text.push(glyph.c);
            folded.origin.resize(folded.text.len(), glyph.from.clone());
        }
        folded
    }
}

/// The characters of `original`: disguises removed, in lower case.
fn glyphs(original: &str) -> Vec<Glyph> {
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(original.len());
    let mut rest = original.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let mut end = start + first.len_utf8();
        if first.is_ascii() && rest.peek().is_none_or(|(_, next)| next.is_ascii()) {
            push(&mut glyphs, first, start..end);
            continue;
        }
        let mut cluster = String::from(first);
        while let Some((at, mark)) = rest.next_if(|(_, c)| canonical_combining_class(*c) != 0) {
            end = at + mark.len_utf8();
            // Heaped-up marks are ornament: no alphabet needs more than a few.
            if cluster.len() < 16 {
                cluster.push(mark);
            }
        }
        for c in cluster.nfkc() {
            push(&mut glyphs, c, start..end);
        }
        if glyphs.len() >= MAX_CHARS {
            break;
        }
    }
    lowered(&glyphs)
}

/// Adds one normalised character, unless it shows nothing.
fn push(glyphs: &mut Vec<Glyph>, c: char, from: Range<usize>) {
    if c.is_ascii() {
        // Nearly all that is written; none of it hides anything.
        let c = match c {
            '\n' => '\n',
            '`' => '\'',
            c if c.is_ascii_control() => ' ',
            c => c,
        };
        let from = narrow(from.start)..narrow(from.end);
        glyphs.push(Glyph { c, from });
        return;
    }
    let after_latin = glyphs.last().is_some_and(|g| g.c.is_ascii_alphabetic());
    let ornament = canonical_combining_class(c) != 0 && after_latin;
    if ornament || lookalike::invisible(c) {
        return;
    }
    let c = match c {
        c if c.is_whitespace() || c.is_control() => ' ',
        '‘' | '’' | '‛' | 'ʼ' | '´' | '′' => '\'',
        '“' | '”' | '„' | '«' | '»' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        c => lookalike::decorated(c).unwrap_or(c),
    };
    glyphs.push(Glyph {
        c,
        from: narrow(from.start)..narrow(from.end),
    });
}

/// An offset in a turn, which has 16 KiB at most; beyond 4 GiB it would only misquote.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Lower case, look-alikes folded word by word: where a word mixes alphabets, or where it stands
/// in a text that is Latin otherwise. Words of a text in another alphabet stay as they are.
fn lowered(glyphs: &[Glyph]) -> Vec<Glyph> {
    if glyphs.iter().all(|glyph| glyph.c.is_ascii()) {
        let lower = glyphs.iter().map(|glyph| Glyph {
            c: glyph.c.to_ascii_lowercase(),
            from: glyph.from.clone(),
        });
        return lower.collect();
    }
    let latin = glyphs.iter().filter(|g| g.c.is_ascii_alphabetic()).count();
    let letters = glyphs.iter().filter(|g| g.c.is_alphabetic()).count();
    let mut lowered = Vec::with_capacity(glyphs.len());
    for word in glyphs.chunk_by(|a, b| a.c.is_alphabetic() == b.c.is_alphabetic()) {
        let reads_latin = word
            .iter()
            .all(|g| is_latin(g.c) || lookalike::foreign(g.c).is_some());
        let fold = reads_latin && (latin * 2 >= letters || word.iter().any(|g| is_latin(g.c)));
        for glyph in word {
            match lookalike::foreign(glyph.c).filter(|_| fold) {
                Some(c) => lowered.push(Glyph { c, ..glyph.clone() }),
                None => {
                    lowered.extend(glyph.c.to_lowercase().map(|c| Glyph { c, ..glyph.clone() }))
                }
            }
        }
    }
    lowered
}

/// Letters of the Latin alphabet with their accented forms.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, 'À'..='ɏ' | 'Ḁ'..='ỿ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        Folded::of(text).text().to_owned()
    }

    fn hidden(text: &str) -> String {
        Folded::views(text).last().unwrap().text().to_owned()
    }

    #[test]
    fn disguises_come_off() {
        for (disguised, shown) in [
            ("I want a REFUND", "i want a refund"),
            ("I want a rеfund", "i want a refund"),
            ("ΗUMAN please", "human please"),
            ("re\u{200B}fu\u{00AD}nd\u{FE0F}", "refund"),
            ("ｒｅｆｕｎｄ", "refund"),
            ("𝓻𝓮𝓯𝓾𝓷𝓭 ⓜⓔ", "refund me"),
            ("ʀᴇꜰᴜɴᴅ 🅼🅴", "refund me"),
            ("r̸̢̛e̵f̶u̷n̸d̵", "refund"),
            ("don’t — “stop”", "don't - \"stop\""),
            ("a\u{00A0}b\tc\nd", "a b c\nd"),
            ("talk  to \u{00A0} a\t human", "talk to a human"),
            ("one \n  two\n \nthree", "one\ntwo\n\nthree"),
        ] {
            assert_eq!(plain(disguised), shown);
        }
    }

    #[test]
    fn other_alphabets_stay_what_they_are() {
        for text in [
            "верните деньги",
            "θέλω τα χρήματά μου",
            "grüße",
            "返金してください",
        ] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("ΘΈΛΩ"), "θέλω");
    }

    #[test]
    fn the_second_view_reads_what_was_spelled_around_a_filter() {
        for (disguised, shown) in [
            ("r3fund m3", "refund m3"),
            ("l4wyer", "lawyer"),
            ("réfund", "refund"),
            ("r e f u n d me", "refund me"),
            ("h-u-m-a-n", "human"),
            ("r  e  f  u  n  d", "refund"),
            ("h u m a n   p l e a s e", "human please"),
            ("r|e|f|u|n|d", "refund"),
            ("refuuund", "refund"),
            ("rreeffuunndd", "refund"),
            ("ref-und", "refund"),
            ("0p3r4t0r", "operator"),
            ("get me a h u m a n now", "get me a human now"),
            ("an a g e n t", "an agent"),
        ] {
            assert_eq!(hidden(disguised), shown);
        }
    }

    #[test]
    fn foreign_words_are_read_in_english_and_quoted_as_written() {
        let original = "Quiero mi R\u{200B}eembolsó ya";
        let view = Folded::views(original).pop().unwrap();
        assert_eq!(view.text(), "quiero mi refund ya");
        assert_eq!(&original[view.origin(10..16)], "R\u{200B}eembolsó");
    }

    #[test]
    fn numbers_and_short_words_are_no_disguise() {
        for text in [
            "order ab12cd34",
            "iso 8601",
            "a b c",
            "4th of may",
            "thanks!",
            "win10",
            "$500",
        ] {
            assert_eq!(hidden(text), text);
        }
    }

    #[test]
    fn every_folded_word_can_be_quoted_as_it_was_written() {
        let original = "Please: R\u{200B}É\u{0301}F U N D ｍｅ";
        for (shown, written) in [("please", "Please"), ("me", "ｍｅ")] {
            for view in Folded::views(original) {
                let at = view.text().find(shown).unwrap();
                assert_eq!(&original[view.origin(at..at + shown.len())], written);
            }
        }
        let original = "a H U M A N please";
        let view = Folded::views(original).pop().unwrap();
        let at = view.text().find("human").unwrap();
        assert_eq!(&original[view.origin(at..at + 5)], "H U M A N");
        assert_eq!(view.origin(5..5), 0..0);
        let original = "to  talk \n to me";
        let view = Folded::of(original);
        assert_eq!(view.text(), "to talk\nto me");
        assert_eq!(&original[view.origin(3..10)], "talk \n to");
    }

    #[test]
    fn hostile_text_stays_bounded() {
        for text in [
            "\u{FDFA}".repeat(5_000),
            "a\u{0301}\u{0302}".repeat(5_000),
            "a ".repeat(8_000),
        ] {
            for view in Folded::views(&text) {
                assert!(view.text().chars().count() <= 2 * MAX_CHARS + 32);
            }
        }
    }
}
