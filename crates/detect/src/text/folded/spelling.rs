//! Words spelled around a filter, read as they are meant.

use unicode_normalization::char::decompose_canonical;

use super::super::lookalike;
use super::super::translated::is_looked_for;
use super::{Glyph, is_latin};

/// Fewest single letters in a row that are read as one spaced-out word.
const MIN_SPACED: usize = 4;

/// Most signs between two letters of a spaced-out word.
const MAX_SIGNS: usize = 3;

/// Accents taken off Latin letters.
pub(super) fn unaccented(glyphs: &[Glyph]) -> Vec<Glyph> {
    let bare = |c: char| {
        let mut base = c;
        if is_latin(c) && !c.is_ascii() {
            let mut first = None;
            decompose_canonical(c, |part| {
                first.get_or_insert(part);
            });
            base = first.unwrap_or(c);
        }
        base
    };
    glyphs
        .iter()
        .map(|glyph| Glyph {
            c: bare(glyph.c),
            ..glyph.clone()
        })
        .collect()
}

/// Digits and signs inside words read as the letters they stand for. An order number, with as many
/// digits as letters, is no word, unless they take turns ("0p3r4t0r").
pub(super) fn unleeted(glyphs: &[Glyph]) -> Vec<Glyph> {
    let in_word = |g: &Glyph| g.c.is_alphanumeric() || lookalike::leet(g.c).is_some();
    let mut read = Vec::with_capacity(glyphs.len());
    for word in glyphs.chunk_by(|a, b| in_word(a) == in_word(b)) {
        let letters = word.iter().filter(|g| g.c.is_alphabetic()).count();
        let last = word.iter().rposition(|g| g.c.is_alphabetic()).unwrap_or(0);
        let runs = word.chunk_by(|a, b| a.c.is_alphabetic() == b.c.is_alphabetic());
        let lone = runs.filter(|run| !run[0].c.is_alphabetic()).count() == word.len() - letters;
        let enough = letters * 2 > word.len() || letters * 2 == word.len() && letters > 3 && lone;
        let is_word = word.len() >= 4 && enough;
        read.extend(word.iter().enumerate().map(|(i, glyph)| {
            // Behind the last letter it is a number or an exclamation ("thanks!", "refund5").
            let c = lookalike::leet(glyph.c).filter(|_| is_word && i < last);
            Glyph {
                c: c.unwrap_or(glyph.c),
                ..glyph.clone()
            }
        }));
    }
    read
}

/// Words spelled with one and the same sign between all their letters, joined. An `a` or `i`
/// before a word that gates look for stays a word of its own.
pub(super) fn joined(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut at = 0;
    while at < glyphs.len() {
        let (letters, step) = spaced_letters(glyphs, at);
        if letters < MIN_SPACED {
            out.push(glyphs[at].clone());
            at += 1;
            continue;
        }
        let word: Vec<Glyph> = glyphs[at..]
            .iter()
            .step_by(step)
            .take(letters)
            .cloned()
            .collect();
        let (first, rest) = (&word[0], &word[1..]);
        let rest_is_a_word = is_looked_for(&String::from_iter(rest.iter().map(|g| g.c)));
        if matches!(first.c, 'a' | 'i') && rest_is_a_word {
            let from = first.from.clone();
            out.extend([first.clone(), Glyph { c: ' ', from }]);
            out.extend_from_slice(rest);
        } else {
            out.extend_from_slice(&word);
        }
        at += step * (letters - 1) + 1;
    }
    out
}

/// How many single letters stand in a row from `at`, with the same sign once or several times
/// between each two, and how far one is from the next.
fn spaced_letters(glyphs: &[Glyph], at: usize) -> (usize, usize) {
    let alphanumeric = |i: usize| glyphs.get(i).is_some_and(|g| g.c.is_alphanumeric());
    let letter = |i: usize| glyphs.get(i).is_some_and(|g| g.c.is_alphabetic());
    if !letter(at) || (at > 0 && alphanumeric(at - 1)) {
        return (0, 1);
    }
    let Some(sign) = glyphs.get(at + 1).map(|g| g.c) else {
        return (1, 1);
    };
    if !matches!(
        sign,
        ' ' | '.' | '-' | '_' | '*' | '·' | '/' | ',' | '~' | '+' | '|'
    ) {
        return (1, 1);
    }
    let signs = |from: usize| {
        let signs = glyphs.get(from..).unwrap_or_default().iter();
        signs.take(MAX_SIGNS).take_while(|g| g.c == sign).count()
    };
    let between = signs(at + 1);
    let mut letters = 1;
    let mut last = at;
    // The letter must stand alone: `x y zebra` ends before the zebra.
    while signs(last + 1) == between
        && letter(last + between + 1)
        && !alphanumeric(last + between + 2)
    {
        letters += 1;
        last += between + 1;
    }
    (letters, between + 1)
}

/// Letters drawn out and words cut in two are read as one: "refuuund", "rreeffuunndd", "ref-und".
pub(super) fn tightened(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut tight: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for word in glyphs.chunk_by(|a, b| a.c.is_alphabetic() == b.c.is_alphabetic()) {
        let runs: Vec<&[Glyph]> = word.chunk_by(|a, b| a.c == b.c).collect();
        let all_doubled = runs.len() >= MIN_SPACED && runs.iter().all(|run| run.len() >= 2);
        for run in runs {
            let is_drawn_out = run[0].c.is_alphabetic() && (run.len() >= 3 || all_doubled);
            let kept = if is_drawn_out { 1 } else { run.len() };
            tight.extend_from_slice(&run[..kept]);
        }
    }
    let is_letter = |at: Option<usize>| {
        let glyph = at.and_then(|at| tight.get(at));
        glyph.is_some_and(|glyph| glyph.c.is_alphabetic())
    };
    let cuts =
        |at: usize| tight[at].c == '-' && is_letter(at.checked_sub(1)) && is_letter(Some(at + 1));
    (0..tight.len())
        .filter(|at| !cuts(*at))
        .map(|at| tight[at].clone())
        .collect()
}
