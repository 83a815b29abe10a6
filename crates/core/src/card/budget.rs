//! How much a card may say: what is read in eight seconds.

use crate::card::{Card, Claim};

/// Most words of goal, blockers and recommendation together. At 450 words a minute, a brisk reader's
/// rate, that is eight seconds.
pub const MAX_WORDS: usize = 60;

/// Letters from which a word counts as two, and so on: a text without blanks is no single word.
const LONG: usize = 24;

/// Where a part of a text ends, and how long it takes to read, in half words.
struct Unit {
    end: usize,
    halves: usize,
}

impl Card {
    /// How many words goal, blockers and recommendation have together. Signs of scripts that set no
    /// blanks count half a word each.
    pub fn words(&self) -> usize {
        let all = [&self.customer_intent, &self.recommended_action];
        let all = all.into_iter().chain(&self.blockers);
        all.map(|claim| halves(&claim.text))
            .sum::<usize>()
            .div_ceil(2)
    }

    /// The card with goal, blockers and recommendation cut to [`MAX_WORDS`] together, at the ends of
    /// sentences or clauses where there are any. Each of the three gets its share, and what one
    /// leaves the others take.
    #[must_use]
    pub fn within_budget(mut self) -> Self {
        let blocked: usize = self.blockers.iter().map(|b| halves(&b.text)).sum();
        let needs = [
            halves(&self.customer_intent.text),
            blocked,
            halves(&self.recommended_action.text),
        ];
        let [goal, mut blockers, recommendation] = shares(needs, 2 * MAX_WORDS);
        shorten(&mut self.customer_intent, goal);
        shorten(&mut self.recommended_action, recommendation);
        self.blockers.retain_mut(|blocker| {
            shorten(blocker, blockers);
            blockers = blockers.saturating_sub(halves(&blocker.text));
            !blocker.text.is_empty()
        });
        self
    }
}

/// `text`, cut to `most` words as [`Card::within_budget`] does; never inside a number. An open
/// quotation is closed.
pub fn shortened(text: &str, most: usize) -> String {
    cut(text, 2 * most)
}

fn shorten(claim: &mut Claim, halves: usize) {
    claim.text = cut(&claim.text, halves);
}

/// What each of three needs, as far as `all` reaches: who needs less than an equal share leaves the
/// rest to the others.
fn shares(needs: [usize; 3], all: usize) -> [usize; 3] {
    let mut order = [0, 1, 2];
    order.sort_by_key(|i| needs[*i]);
    let (mut shares, mut left) = ([0; 3], all);
    for (taken, i) in order.into_iter().enumerate() {
        shares[i] = needs[i].min(left / (3 - taken));
        left -= shares[i];
    }
    shares
}

fn halves(text: &str) -> usize {
    units(text).iter().map(|unit| unit.halves).sum()
}

/// The words of a text; each sign of a script without blanks is a part of its own.
fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut letters = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_whitespace() {
            letters = 0;
        } else if let Some(word) = units.last_mut()
            && word.end == at
            && !c.is_alphanumeric()
        {
            word.end = end;
        } else if is_dense(c) {
            letters = 0;
            units.push(Unit { end, halves: 1 });
        } else {
            match units.last_mut() {
                Some(word) if letters > 0 => {
                    word.end = end;
                    word.halves += if letters % LONG == 0 { 2 } else { 0 };
                }
                _ => units.push(Unit { end, halves: 2 }),
            }
            letters += 1;
        }
    }
    units
}

/// Signs of Chinese, Japanese, Thai and other scripts that set no blanks between words.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn cut(text: &str, most: usize) -> String {
    // The sign that something was cut needs room as well.
    let rooms = (0..=most).rev();
    let mut cuts = rooms.map(|room| cut_to(text, room));
    cuts.find(|cut| halves(cut) <= most).unwrap_or_default()
}

fn cut_to(text: &str, most: usize) -> String {
    let units = units(text);
    let mut spent = 0;
    let fit = units
        .iter()
        .take_while(|unit| {
            spent += unit.halves;
            spent <= most
        })
        .count();
    if fit == units.len() {
        return text.to_owned();
    }
    let start = |i: usize| units.get(i).map_or(text.len(), |unit| unit.end);
    let ends = |count: usize| &text[..start(count.wrapping_sub(1))];
    let follows = |count: usize| text[start(count.wrapping_sub(1))..].trim_start();
    let splits_number = |count: usize| {
        let before = ends(count).chars().next_back();
        let after = follows(count).chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_numeric() || "€$£¥%,.".contains(c));
        part(before) && part(after)
    };
    let shown = |count: usize| ends(count).trim_end_matches(['”', '"', ')', '\'']);
    let border = |signs: &[char]| {
        let half = fit.div_ceil(2).max(1);
        (half..=fit)
            .rev()
            .find(|n| shown(*n).ends_with(signs) && !splits_number(*n))
    };
    if let Some(count) = border(&['.', '!', '?', '。', '！', '？']) {
        return closed(ends(count), "");
    }
    let count = border(&[',', ';', ':', '–', '—', '、', '，', '；'])
        .or_else(|| (1..=fit).rev().find(|n| !splits_number(*n)));
    match count {
        Some(count) => closed(
            ends(count).trim_end_matches([',', ';', ':', '–', '—', ' ', '“']),
            "…",
        ),
        None => String::new(),
    }
}

/// `text` with a sign that it was cut, inside the quotation that it leaves open.
fn closed(text: &str, sign: &str) -> String {
    let open = text.matches('“').count() > text.matches('”').count();
    format!("{text}{sign}{}", if open { "”" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_end_of_a_sentence_or_clause() {
        for (text, most, expected) in [
            ("One two three. Four five six.", 4, "One two three."),
            ("One two three, four five six.", 4, "One two three…"),
            ("One two three four five six.", 4, "One two three four…"),
            ("Short enough.", 2, "Short enough."),
            ("“One two, three four” five", 3, "“One two…”"),
            ("It is 12 500 euros", 3, "It is…"),
            ("It is € 500 or so", 3, "It is…"),
            ("退货政策是什么", 2, "退货政策…"),
            ("", 0, ""),
        ] {
            assert_eq!(shortened(text, most), expected, "{text}");
        }
    }

    #[test]
    fn a_long_word_counts_as_several() {
        assert_eq!(halves(&"a".repeat(LONG)), 2);
        assert_eq!(halves(&"a".repeat(10 * LONG)), 20);
    }

    #[test]
    fn shares_never_exceed_the_whole() {
        assert_eq!(shares([10, 200, 200], 120), [10, 55, 55]);
        assert_eq!(shares([1, 2, 3], 120), [1, 2, 3]);
        assert!(shares([50, 51, 120], 120).iter().sum::<usize>() <= 120);
    }
}
