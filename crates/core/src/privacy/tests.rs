use proptest::prelude::*;
use serde_json::json;

use super::*;

fn all(text: &str) -> String {
    mask(text, Kinds::all()).into_owned()
}

#[test]
fn personal_data_is_masked() {
    for (text, expected) in [
        (
            "my card is 4111 1111 1111 1111, exp 12/27",
            "my card is [card number], exp 12/27",
        ),
        ("4111 1111 1111 1111 12/27", "[card number] 12/27"),
        ("Visa:4111111111111111.", "Visa:[card number]."),
        ("amex 3782-822463-10005", "amex [card number]"),
        ("5555-5555-5555-4444", "[card number]"),
        ("\u{ff14}111111111111111", "[card number]"),
        (
            "write to Ana.Lopez+shop@mail.example.com.",
            "write to [e-mail].",
        ),
        ("<mailto:a@b.co>", "<mailto:[e-mail]>"),
        ("müller@straße.example", "[e-mail]"),
        (
            "DE89 3704 0044 0532 0130 00 please",
            "[bank account] please",
        ),
        ("gb82west12345698765432", "[bank account]"),
        ("IBAN NL91ABNA0417164300", "IBAN [bank account]"),
        ("FR14 2004 1010 0505 0001 3M02 606", "[bank account]"),
        ("SSN 219-09-9999", "SSN [national id]"),
        ("AB 12 34 56 C is my NINO", "[national id] is my NINO"),
        ("ab123456c", "[national id]"),
        ("+49 171 1234567", "[phone number]"),
        ("+44 (0)20 7946 0958!", "[phone number]!"),
        ("+4915123456789 2026-11-23", "[phone number] 2026-11-23"),
        ("+49 151 23456789 - 48213", "[phone number] - 48213"),
        ("call (415) 555-2671 now", "call [phone number] now"),
        ("415-555-2671", "[phone number]"),
        ("1-800-356-9377", "[phone number]"),
        ("020 7946 0958", "[phone number]"),
        ("06 12 34 56 78", "[phone number]"),
        (
            "06 12 34 56 78 06 12 34 56 79",
            "[phone number] [phone number]",
        ),
        ("0171/1234567", "[phone number]"),
        ("0044 20 7946 0958", "[phone number]"),
        (
            "please call me on 07700900123",
            "please call me on [phone number]",
        ),
        (
            "meine Handynummer: 01711234567",
            "meine Handynummer: [phone number]",
        ),
        (
            "order 12345, call 07700900123",
            "order 12345, call [phone number]",
        ),
        ("415-555-2671 415-555-2672", "[phone number] [phone number]"),
        ("tel:+491711234567", "tel:[phone number]"),
        ("whatsapp:+14155552671", "whatsapp:[phone number]"),
        ("wa-+491711234567", "wa-[phone number]"),
        ("phone:4155552671", "phone:[phone number]"),
        ("Phone:415-555-2671", "Phone:[phone number]"),
        ("SSN:219-09-9999", "SSN:[national id]"),
        ("line\n4111111111111111", "line\n[card number]"),
        (r#""a\n4111111111111111""#, r#""a\n[card number]""#),
    ] {
        assert_eq!(all(text), expected);
    }
}

#[test]
fn orders_amounts_dates_and_other_numbers_stay() {
    for text in [
        "order 4111111111111112",
        "it was cancelled: 123456789012",
        "order number 1234567890123456",
        "order 112-1234567-1234567",
        "order number 0770090012",
        "my order number is 07700900123",
        "#305-555-2671",
        "ORD-219-09-9999",
        "ORD-415-555-2671",
        "tracking 1Z999AA10123456784",
        "invoice 2026-0001234",
        "$1,234,567.89 and 1.234.567,89 €",
        "12 000 000 EUR",
        "0 800 000 €",
        "on 09-12-2026 10:30",
        "at 10:305-555-2671",
        "2026-11-23T01:54:51.123Z",
        "01/02/2026",
        "from 10.0.0.1 to 192.168.100.200",
        "version 1.20.300",
        "DE89 3704 0044 0532",
        "GB12345678",
        "000-12-3456",
        "900-12-3456",
        "219099999",
        "GB 12 34 56 C",
        "user@localhost",
        "rate 5 @ 10.50",
        "+5 items, +100 points",
        "chat-4111111111111111aaaa",
        "ISBN 978-3-16-148410-0",
        "the 30-day return window, 24/7",
        "size 38-40-42",
        "",
    ] {
        assert_eq!(all(text), text);
    }
}

#[test]
fn only_the_kinds_that_are_asked_for_are_masked() {
    let text = "a@b.example 4111111111111111";
    let cards: Kinds = [Personal::Card].into_iter().collect();
    assert_eq!(mask(text, cards), "a@b.example [card number]");
    assert!(matches!(mask(text, Kinds::default()), Cow::Borrowed(_)));
    assert_eq!(Kinds::from_bits(cards.bits()), cards);
}

#[test]
fn json_stays_json_and_names_that_are_kept_stay() {
    let mut value = json!({
        "conversation": "a@b.example",
        "arguments": "{\"card\": 4111111111111111, \"conversation\": \"a@b.example\"}",
        "held": "{\"a@b.example\": 1}",
        "turns": [{ "text": "I am a@b.example" }],
        "number": 4_111_111_111_111_111_u64,
        "score": 0.5,
    });
    mask_json(&mut value, Kinds::all(), &|name| name == "conversation");
    let expected = json!({
        "conversation": "a@b.example",
        "arguments": "{\"card\":\"[card number]\",\"conversation\":\"[e-mail]\"}",
        "held": "{\"[e-mail]\":1}",
        "turns": [{ "text": "I am [e-mail]" }],
        "number": "[card number]",
        "score": 0.5,
    });
    assert_eq!(value, expected);
}

#[test]
fn fields_whose_names_are_masked_alike_are_all_kept() {
    let mut value = json!({"ann@b.example": 1, "bob@b.example": 2, "cy@b.example": 3});
    mask_json(&mut value, Kinds::all(), &|_| false);
    assert_eq!(
        value,
        json!({"[e-mail]": 1, "[e-mail] 2": 2, "[e-mail] 3": 3})
    );
    let mut value = json!({"[e-mail] 2": 1, "ann@b.example": 2, "bob@b.example": 3});
    mask_json(&mut value, Kinds::all(), &|_| false);
    let mut kept: Vec<&Value> = value.as_object().unwrap().values().collect();
    kept.sort_by_key(|field| field.as_u64());
    assert_eq!(kept, [&json!(1), &json!(2), &json!(3)]);
}

#[test]
fn a_long_hostile_text_takes_no_long_time() {
    for piece in ["1 ", "a", "@", "0-", "+1", "(1", "DE89", "a@", "\\n"] {
        let text = piece.repeat(16_384 / piece.len());
        all(&text);
    }
}

#[test]
fn the_section_names_kinds() {
    let config: PrivacyConfig =
        serde_json::from_value(json!({"models": ["card", "national_id"], "operators": "masked"}))
            .unwrap();
    assert!(config.models.has(Personal::NationalId) && !config.models.has(Personal::Email));
    assert_eq!(
        (config.logs, config.operators),
        (Kinds::all(), Shown::Masked)
    );
    let wrong = serde_json::from_value::<PrivacyConfig>(json!({"models": ["passport"]}));
    assert!(wrong.unwrap_err().to_string().contains("national_id"));
}

proptest! {
    #[test]
    fn any_text_can_be_masked(text in "[ -~\\n\u{a0}äß٠-٩]{0,80}") {
        let masked = all(&text);
        prop_assert!(text.contains(|c: char| c.is_numeric() || c == '@') || masked == text);
    }

    #[test]
    fn every_issued_number_is_found_however_it_is_spaced(
        body in proptest::collection::vec(0_u8..10, 14),
        separator in prop::sample::select(vec!["", " ", "-"]),
    ) {
        let mut digits: Vec<u8> = [4].into_iter().chain(body).collect();
        let sum: u32 = digits.iter().rev().enumerate().map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        }).sum();
        digits.push(u8::try_from((10 - sum % 10) % 10).unwrap());
        let text: Vec<String> = digits
            .chunks(4)
            .map(|four| four.iter().map(ToString::to_string).collect())
            .collect();
        prop_assert_eq!(all(&text.join(separator)), "[card number]");
    }
}
