//! A text to look through, character by character, and runs of digits in it.

/// Most characters of a run that are looked at: nothing that is looked for is longer.
const LONGEST: usize = 48;

/// A text by characters.
pub(super) struct Text<'t> {
    whole: &'t str,
    chars: Vec<(usize, char)>,
}

/// Digits with at most one separator between two of them.
pub(super) struct Run {
    /// The digits, as numbers.
    pub(super) digits: Vec<u8>,
    /// The character after each of them.
    pub(super) ends: Vec<usize>,
    /// How many digits stand together, group by group.
    pub(super) groups: Vec<usize>,
    /// What stands between the groups.
    pub(super) between: Vec<char>,
}

impl Run {
    /// The first `groups` of it.
    pub(super) fn first(&self, groups: usize) -> Self {
        let digits = self.groups.iter().take(groups).sum();
        Self {
            digits: self.digits.iter().take(digits).copied().collect(),
            ends: self.ends.iter().take(digits).copied().collect(),
            groups: self.groups.iter().take(groups).copied().collect(),
            between: self
                .between
                .iter()
                .take(groups.saturating_sub(1))
                .copied()
                .collect(),
        }
    }
}

impl<'t> Text<'t> {
    pub(super) fn new(whole: &'t str) -> Self {
        Self {
            whole,
            chars: whole.char_indices().collect(),
        }
    }

    pub(super) fn whole(&self) -> &'t str {
        self.whole
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The byte at which the character `at` begins.
    pub(super) fn byte(&self, at: usize) -> usize {
        self.chars
            .get(at)
            .map_or(self.whole.len(), |(byte, _)| *byte)
    }

    /// The text between two bytes that begin characters.
    pub(super) fn between(&self, from: usize, to: usize) -> &'t str {
        &self.whole[from..to]
    }

    pub(super) fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|(_, c)| *c)
    }

    /// The digit at `at`, also a full-width or Arabic one.
    pub(super) fn digit(&self, at: usize) -> Option<u8> {
        digit(self.at(at)?)
    }

    /// Whether a word may begin at `at`. A JSON escape before it is no part of it.
    pub(super) fn begins(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        self.escaped(at)
            || self
                .at(before)
                .is_none_or(|c| !c.is_alphanumeric() && c != '_')
    }

    /// Whether a JSON escape, such as `\\n`, ends before `at`.
    pub(super) fn escaped(&self, at: usize) -> bool {
        at >= 2 && matches!(self.at(at - 1), Some('n' | 't' | 'r')) && self.at(at - 2) == Some('\\')
    }

    /// Whether a word may end before `at`.
    pub(super) fn ends(&self, at: usize) -> bool {
        self.at(at).is_none_or(|c| !c.is_alphanumeric() && c != '_')
    }

    /// The words before `at`, in lower case, at most `most` characters.
    pub(super) fn before(&self, at: usize, most: usize) -> String {
        let from = self.byte(at.saturating_sub(most));
        self.between(from, self.byte(at)).to_lowercase()
    }

    /// The digits from `at` on, with `separates` between them.
    pub(super) fn run(&self, at: usize, separates: impl Fn(char) -> bool) -> Run {
        let mut run = Run {
            digits: Vec::new(),
            ends: Vec::new(),
            groups: Vec::new(),
            between: Vec::new(),
        };
        let mut next = at;
        let mut group = 0;
        while next < at + LONGEST {
            if let Some(digit) = self.digit(next) {
                next += 1;
                group += 1;
                run.digits.push(digit);
                run.ends.push(next);
                continue;
            }
            match self.at(next) {
                Some(c) if group > 0 && separates(c) && self.digit(next + 1).is_some() => {
                    run.groups.push(group);
                    run.between.push(c);
                    group = 0;
                    next += 1;
                }
                _ => break,
            }
        }
        if group > 0 {
            run.groups.push(group);
        }
        run
    }
}

fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{0660}'..='\u{0669}' => '\u{0660}',
        '\u{06f0}'..='\u{06f9}' => '\u{06f0}',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

/// A space, a narrow or unbreakable one, or a hyphen.
pub(super) fn spaced(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2010}' | '\u{2011}' | '\u{2013}'
    )
}
