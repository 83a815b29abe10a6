//! Currencies: signs, codes and names, before and behind a quantity.

use crate::text::is_among;

use super::lexer::{Token, TokenKind};

/// The currency named right before token `at`, not before token `from`, and its first token.
pub(super) fn currency_before(
    tokens: &[Token<'_>],
    at: usize,
    from: usize,
) -> Option<(&'static str, usize)> {
    let before = at.checked_sub(1).filter(|before| *before >= from)?;
    let token = &tokens[before];
    match token.kind {
        TokenKind::Sign => {
            let country = before
                .checked_sub(1)
                .map(|i| &tokens[i])
                .filter(|t| t.kind == TokenKind::Word && !token.spaced);
            match country.and_then(|country| dollar_of(country.text, token.text)) {
                Some(currency) => Some((currency, before - 1)),
                None => Some((sign(token.text)?, before)),
            }
        }
        // "rs. 500", "fr. 20": the full stop belongs to the abbreviation.
        TokenKind::Other if token.text == "." => {
            let word = tokens.get(before.checked_sub(1)?)?;
            Some((abbreviation(word.text)?, before - 1))
        }
        TokenKind::Word => {
            let abbreviated = abbreviation(token.text);
            let currency = code(token.text)
                .or(abbreviated.filter(|_| is_behind_abbreviation(token.text, &tokens[at])))
                .or_else(|| plural_name(token.text))?;
            Some((currency, before))
        }
        _ => None,
    }
}

/// The currency named from token `at`: the part of its unit that is meant, and the end.
pub(super) fn currency_after(
    tokens: &[Token<'_>],
    at: usize,
) -> Option<(&'static str, f64, usize)> {
    let mut at = at;
    if tokens.get(at)?.text == "-" {
        at += 1;
    }
    let token = tokens.get(at)?;
    let next = tokens.get(at + 1);
    if token.kind == TokenKind::Sign {
        // "5 $20 vouchers": the sign belongs to what it touches.
        let touches_next = next.is_some_and(|n| n.kind == TokenKind::Number && !n.spaced);
        return (!touches_next || !token.spaced)
            .then(|| sign(token.text))
            .flatten()
            .map(|currency| (currency, 1.0, at + 1));
    }
    if token.kind != TokenKind::Word {
        return None;
    }
    if let Some(next) = next
        && let Some(currency) = national(token.text, next.text)
    {
        return Some((currency, 1.0, at + 2));
    }
    match token.text {
        "cent" | "cents" => Some(("", 0.01, at + 1)),
        "pence" => Some(("GBP", 0.01, at + 1)),
        word => {
            let currency = code(word).or_else(|| name(word))?;
            Some((currency, 1.0, at + 1))
        }
    }
}

fn sign(text: &str) -> Option<&'static str> {
    Some(match text {
        "$" => "USD",
        "€" => "EUR",
        "£" => "GBP",
        "¥" => "JPY",
        "₹" => "INR",
        "₽" => "RUB",
        "₩" => "KRW",
        "₺" => "TRY",
        "₪" => "ILS",
        "₴" => "UAH",
        "฿" => "THB",
        "₫" => "VND",
        _ => return None,
    })
}

fn dollar_of(country: &str, sign: &str) -> Option<&'static str> {
    Some(match (country, sign) {
        ("us", "$") => "USD",
        ("c" | "ca" | "can", "$") => "CAD",
        ("a" | "au", "$") => "AUD",
        ("nz", "$") => "NZD",
        ("hk", "$") => "HKD",
        ("s" | "sg", "$") => "SGD",
        ("r", "$") => "BRL",
        ("mx", "$") => "MXN",
        _ => return None,
    })
}

/// The currency with this ISO 4217 code, or a sign of letters.
pub(super) fn code(word: &str) -> Option<&'static str> {
    const CODES: &str = "USD EUR GBP CHF CAD AUD NZD JPY CNY INR SEK NOK DKK PLN CZK HUF BRL MXN \
                         ZAR SGD HKD KRW ILS THB RUB UAH AED SAR MYR IDR VND";
    match word {
        "rmb" => Some("CNY"),
        "zł" => Some("PLN"),
        "kč" => Some("CZK"),
        _ => CODES
            .split(' ')
            .find(|code| code.eq_ignore_ascii_case(word)),
    }
}

/// Whether what stands behind an abbreviation without a full stop can be an amount: "rs500" is,
/// the serial line "rs232" is not.
fn is_behind_abbreviation(word: &str, number: &Token<'_>) -> bool {
    number.spaced || word == "rs" && !matches!(number.text, "232" | "422" | "423" | "485")
}

/// Whether the quantity from token `at`, whose unit ends before token `end`, is a weight in pounds:
/// "I weigh 180 pounds", "a 50 pound dumbbell", "I am 180 pounds, which size?".
pub(super) fn is_weight(tokens: &[Token<'_>], at: usize, end: usize) -> bool {
    if !matches!(tokens[end - 1].text, "pound" | "pounds") {
        return false;
    }
    let before = || tokens[..at].iter().rev().map(|token| token.text);
    let ends = tokens.get(end).is_none_or(|next| {
        next.kind == TokenKind::Other || matches!(next.text, "and" | "which" | "what")
    });
    let is_mine = ends && matches!(before().next(), Some("am" | "m"));
    let is_weighed = before()
        .take(4)
        .any(|word| is_among(word, "weigh weighs weighed weighing weight weights"));
    let mut behind = tokens[end..].iter().take(2);
    is_mine
        || is_weighed
        || behind.any(|token| {
            let thing = token.text.trim_end_matches('s');
            is_among(thing, "heavy weight dumbbell kettlebell barbell")
        })
}

fn abbreviation(word: &str) -> Option<&'static str> {
    match word {
        "rs" => Some("INR"),
        "fr" => Some("CHF"),
        _ => None,
    }
}

fn name(word: &str) -> Option<&'static str> {
    plural_name(word).or(match word {
        "dollar" | "buck" => Some("USD"),
        "euro" => Some("EUR"),
        "pound" | "quid" => Some("GBP"),
        "rupee" => Some("INR"),
        "franc" => Some("CHF"),
        "zloty" => Some("PLN"),
        "yen" => Some("JPY"),
        "yuan" => Some("CNY"),
        // Several countries have them; that it is money is what counts.
        "kr" | "krona" | "kronor" | "krone" | "kroner" | "peso" | "pesos" => Some(""),
        _ => None,
    })
}

/// Names that also stand before a number: "dollars 300", never "the dollar 300".
fn plural_name(word: &str) -> Option<&'static str> {
    match word {
        "dollars" | "bucks" => Some("USD"),
        "euros" => Some("EUR"),
        "pounds" => Some("GBP"),
        "rupees" => Some("INR"),
        "francs" => Some("CHF"),
        _ => None,
    }
}

/// A currency of two words, such as "canadian dollars".
fn national(country: &str, unit: &str) -> Option<&'static str> {
    match (country, unit.trim_end_matches('s')) {
        ("us" | "american", "dollar") => Some("USD"),
        ("canadian", "dollar") => Some("CAD"),
        ("australian", "dollar") => Some("AUD"),
        ("singapore", "dollar") => Some("SGD"),
        ("swiss", "franc") => Some("CHF"),
        ("british", "pound") => Some("GBP"),
        ("swedish", "krona" | "kronor") => Some("SEK"),
        ("norwegian", "krone" | "kroner") => Some("NOK"),
        ("danish", "krone" | "kroner") => Some("DKK"),
        _ => None,
    }
}
