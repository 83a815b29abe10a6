//! Amounts of money, as people write them.

use std::ops::Range;

use crate::text::is_among;

use super::currency::{code, currency_after, currency_before, is_weight};
use super::lexer::{Token, TokenKind, tokens};
use super::number;

/// Most amounts read from one text; nobody names more.
const MAX_AMOUNTS: usize = 64;

/// An amount and where it stands in the folded text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Money {
    pub(super) value: f64,
    /// ISO 4217, or empty where none was named.
    pub(super) currency: &'static str,
    pub(super) at: Range<usize>,
}

/// The amounts of money in a folded text, in order.
///
/// Digits or English number words beside a sign, code or name of a currency ("$1,200.50",
/// "1.200,50 €", "three hundred bucks", "2k usd"), "a grand", ranges that name the currency once
/// ("300 to 400 euros"), and bare numbers behind a word for paying ("charged 129 instead of 99").
/// Dates, times, percentages, order numbers and counts of things are none.
pub(super) fn amounts(text: &str) -> Vec<Money> {
    let tokens = tokens(text);
    let mut found: Vec<Money> = Vec::new();
    // A quantity behind which nothing was decided yet: it may share the next one's currency.
    let mut pending: Option<(Money, usize)> = None;
    let mut last_end = 0;
    let mut at = 0;
    while at < tokens.len() && found.len() < MAX_AMOUNTS {
        if let Some((money, end)) = single(&tokens, at) {
            found.push(money);
            (last_end, at) = (end, end);
            continue;
        }
        let Some(quantity) = number::quantity(&tokens, at) else {
            at += 1;
            continue;
        };
        let before = currency_before(&tokens, at, last_end);
        let after = currency_after(&tokens, quantity.end);
        let (currency, share, start, end) = match (before, after) {
            (Some((currency, start)), _) => (currency, 1.0, start, quantity.end),
            (None, Some((_, _, end))) if is_weight(&tokens, at, end) => {
                at = end;
                continue;
            }
            (None, Some((currency, share, end))) => (currency, share, at, end),
            (None, None) => {
                let counts = counts_things(&tokens, quantity.end);
                let linked = found.last().filter(|_| is_link(&tokens[last_end..at]));
                let shared = linked.filter(|_| !counts).map(|money| money.currency);
                let money = Money {
                    value: quantity.value,
                    currency: shared.unwrap_or_default(),
                    at: span(&tokens, at, quantity.end),
                };
                if shared.is_some()
                    || quantity.grand
                    || (!counts && is_paid(&tokens, at, quantity.end))
                {
                    found.push(money);
                    last_end = quantity.end;
                } else if quantity.clean {
                    pending = Some((money, quantity.end));
                }
                at = quantity.end;
                continue;
            }
        };
        if let Some((mut first, first_end)) = pending.take()
            && let Some([link]) = tokens.get(first_end..start)
            && matches!(link.text, "to" | "or" | "-")
        {
            first.currency = currency;
            first.value *= share;
            found.push(first);
        }
        let (hundredths, end) = match after {
            Some(_) if before.is_none() && share == 1.0 => number::hundredths(&tokens, end),
            _ => None,
        }
        .unwrap_or((0.0, end));
        found.push(Money {
            value: quantity.value * share + hundredths,
            currency,
            at: span(&tokens, start, end),
        });
        last_end = end;
        at = end;
    }
    found.retain(|money| money.value > 0.0 && money.value.is_finite());
    found
}

/// The amounts in the folded input of a tool call, where the currency may stand in a field of its
/// own: `amount: 120, currency: EUR`.
pub(super) fn in_action(input: &str) -> Vec<Money> {
    let mut found = amounts(input);
    let tokens = tokens(input);
    let mut words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    let named = words
        .find(|token| token.text == "currency")
        .and_then(|_| code(words.next()?.text));
    for money in found.iter_mut().filter(|money| money.currency.is_empty()) {
        money.currency = named.unwrap_or_default();
    }
    found
}

/// One of a currency and hundredths of it: "a dollar fifty". Without them it is seldom an amount, as
/// in "not a dollar more".
fn single(tokens: &[Token<'_>], at: usize) -> Option<(Money, usize)> {
    if !matches!(tokens[at].text, "a" | "an") {
        return None;
    }
    let (currency, share, end) = currency_after(tokens, at + 1)?;
    let (hundredths, end) = number::hundredths(tokens, end)?;
    let money = Money {
        value: share + hundredths,
        currency,
        at: span(tokens, at, end),
    };
    (share == 1.0).then_some((money, end))
}

fn span(tokens: &[Token<'_>], start: usize, end: usize) -> Range<usize> {
    tokens[start].at.start..tokens[end - 1].at.end
}

/// Whether the tokens between two quantities make them a pair: "300 to 400", "129 instead of 99".
fn is_link(between: &[Token<'_>]) -> bool {
    let texts: Vec<&str> = between.iter().take(4).map(|token| token.text).collect();
    matches!(
        texts.as_slice(),
        ["to" | "or" | "and" | "-" | "not" | "/" | "vs"]
            | ["instead", "of"]
            | ["rather", "than"]
            | [",", "not"]
            | ["and", "not"]
    )
}

/// Whether a bare number stands behind a word for paying.
fn is_paid(tokens: &[Token<'_>], at: usize, end: usize) -> bool {
    let is_filler = |token: &Token<'_>| is_among(token.text, FILLERS);
    let opener = tokens[..at]
        .iter()
        .rev()
        .take(4)
        .find(|token| !is_filler(token));
    let paid = opener.is_some_and(|token| is_among(token.text, PAYING));
    let number = &tokens[at];
    paid && number.kind == TokenKind::Number && number.text.len() <= 9 && end == at + 1
}

/// Whether a bare number that ends before token `end` counts things, or is part of a reference.
fn counts_things(tokens: &[Token<'_>], end: usize) -> bool {
    tokens.get(end).is_some_and(|next| match next.kind {
        TokenKind::Word => !next.spaced || !is_among(next.text, BEHIND_MONEY),
        TokenKind::Number => true,
        TokenKind::Sign => false,
        TokenKind::Other => {
            matches!(next.text, "%" | "#" | "/" | "_" | "-" | "×" | "°")
                || (next.text == ":" && !next.spaced)
        }
    })
}

/// Words and signs that may stand between a word for paying and its number.
const FILLERS: &str =
    "me us of only over about the full just at least another an extra back : = \"";

/// Words for paying.
const PAYING: &str = "refund refunded refunding reimburse reimbursed charge charged billed paid \
    pay paying cost costs owe worth compensate compensation credit credited \
    debit debited deducted price amount total sum";

/// Words that may follow a bare amount of money; other words are things that it counts.
const BEHIND_MONEY: &str = "for on to in into instead back and but or when from now please pls today \
    yesterday twice again more less too as at by which that because not it if \
    rather already total was is this last via with";

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let list = amounts(&text.to_lowercase());
        let shown = list
            .iter()
            .map(|money| format!("{} {}", money.value, money.currency));
        Vec::from_iter(shown.map(|money| money.trim().to_owned())).join(", ")
    }

    #[test]
    fn money_is_read_however_it_is_written() {
        for (text, expected) in [
            ("refund me $1,200.50", "1200.5 USD"),
            ("1200 dollars", "1200 USD"),
            ("EUR 300", "300 EUR"),
            ("1.200,50 €", "1200.5 EUR"),
            ("1 200,50€", "1200.5 EUR"),
            ("CHF 1'200.-", "1200 CHF"),
            ("three hundred bucks", "300 USD"),
            (
                "two thousand five hundred and twenty-five pounds",
                "2525 GBP",
            ),
            ("a hundred and fifty quid", "150 GBP"),
            ("a couple of hundred euros", "200 EUR"),
            ("a grand", "1000"),
            ("2k usd", "2000 USD"),
            ("$2k and £1.5k", "2000 USD, 1500 GBP"),
            ("$5 million", "5000000 USD"),
            (
                "US$ 20, C$30, 40 canadian dollars",
                "20 USD, 30 CAD, 40 CAD",
            ),
            ("usd300 or 300usd", "300 USD, 300 USD"),
            ("rs. 500 or ₹1,20,000", "500 INR, 120000 INR"),
            ("Rs500", "500 INR"),
            ("I am 180 pounds out of pocket", "180 GBP"),
            ("a heavy coat for 200 pounds", "200 GBP"),
            ("I lost 500 pounds", "500 GBP"),
            ("a 300-dollar jacket", "300 USD"),
            ("300 to 400 euros", "300 EUR, 400 EUR"),
            ("between $300 and 400.", "300 USD, 400 USD"),
            ("$20-$30", "20 USD, 30 USD"),
            ("50 cents", "0.5"),
            ("5 $20 vouchers", "20 USD"),
            ("500 kr", "500"),
            ("$ 3 0 0", "300 USD"),
            ("3OO dollars", "300 USD"),
            ("3oo€ back", "300 EUR"),
            ("refund me $ 9 0 0.00", "900 USD"),
            ("9 0 0.50 dollars", "900.5 USD"),
            ("9 0 0,50 €", "900.5 EUR"),
            ("orders 4 7 1,100 eur", "1100 EUR"),
            ("0 0 5,000 dollars", "5000 USD"),
            ("a dollar fifty", "1.5 USD"),
            ("two euros twenty-five please", "2.25 EUR"),
            ("twenty dollars fifty times", "20 USD"),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_bare_number_is_money_behind_a_word_for_paying() {
        for (text, expected) in [
            ("charged 129 instead of 99", "129, 99"),
            ("you only refunded 80, it should be 180", "80"),
            ("refund me 320", "320"),
            ("amount: 250, order 77", "250"),
            ("refund 2 items", ""),
            ("charged 3 times", ""),
            ("refund order 48291", ""),
            ("refunded 20% of it", ""),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_money() {
        for text in [
            "order 12345",
            "ab12cd34",
            "on 12.03.2024 at 12:30",
            "28 days",
            "48cm back",
            "50%",
            "call 0123 456 789",
            "one of the two",
            "a grand total",
            "I need 2 grand pianos",
            "section 4.2",
            "10m of rope",
            "not a dollar more",
            "dial 1 2 3",
            "at 5o'clock",
            "do you have an RS232 adapter",
            "my fr12 bus",
            "I am 180 pounds, which size?",
            "I'm 180 pounds",
            "I weigh about 180 pounds",
            "a 50 pound dumbbell",
            "two 20-pound kettlebells",
            "",
        ] {
            assert_eq!(found(text), "", "{text}");
        }
        assert_eq!(found("order 5512 and $30"), "30 USD");
        assert_eq!(found("20 euros and 500 points"), "20 EUR");
    }

    #[test]
    fn a_tool_call_may_name_the_currency_elsewhere() {
        for (input, expected) in [
            (
                r#"{"order":"77","amount":120.5,"currency":"eur"}"#,
                (120.5, "EUR"),
            ),
            ("amount=120, currency=usd", (120.0, "USD")),
            ("refund_amount: 99", (99.0, "")),
            ("$20", (20.0, "USD")),
        ] {
            let found = in_action(input);
            let found: Vec<(f64, &str)> = found.iter().map(|m| (m.value, m.currency)).collect();
            assert_eq!(found, [expected], "{input}");
        }
    }

    #[test]
    fn the_place_covers_number_and_currency() {
        let text = "about us$ 1,200.50 please, or 300 swiss francs";
        let places: Vec<&str> = amounts(text).iter().map(|m| &text[m.at.clone()]).collect();
        assert_eq!(places, ["us$ 1,200.50", "300 swiss francs"]);
    }

    #[test]
    fn hostile_text_gives_bounded_findings() {
        for text in [
            "$1 ".repeat(5_000),
            "1,".repeat(8_000),
            "hundred ".repeat(2_000),
            "9".repeat(16_000),
        ] {
            let list = amounts(&text);
            assert!(list.len() <= MAX_AMOUNTS + 1);
            assert!(list.iter().all(|money| money.value.is_finite()));
        }
    }
}
