//! Personal data in what customers write, and how it is masked on its way to somebody else.
//!
//! Masking is a matter of form alone: checksums where there are any, else shapes that other
//! numbers do not have. A number without a shape of its own (ten digits in a row) counts as a
//! telephone number only where the words before say so; order numbers and amounts stay.
//! What is recorded keeps the words: masking happens at the borders.

mod bank;
mod card;
mod email;
mod national;
mod phone;
mod scan;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use scan::Text;

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Numbers of payment cards: an issuer's prefix and length, and the Luhn digit (ISO/IEC 7812).
    Card,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// International bank account numbers: the country's length, and the rest of 1 modulo 97
    /// (ISO 13616).
    Iban,
    /// US social security numbers and UK national insurance numbers.
    NationalId,
}

impl Personal {
    const ALL: [Self; 5] = [
        Self::Card,
        Self::Email,
        Self::Phone,
        Self::Iban,
        Self::NationalId,
    ];

    /// What stands in its place.
    pub fn mask(self) -> &'static str {
        match self {
            Self::Card => "[card number]",
            Self::Email => "[e-mail]",
            Self::Phone => "[phone number]",
            Self::Iban => "[bank account]",
            Self::NationalId => "[national id]",
        }
    }
}

/// Kinds of personal data that are masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Vec<Personal>")]
pub struct Kinds(u8);

impl Kinds {
    /// Every kind.
    pub fn all() -> Self {
        Personal::ALL.into_iter().collect()
    }

    /// Whether nothing is masked.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `kind` is among them.
    pub fn has(self, kind: Personal) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// They as bits, for an atomic place.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Those behind [`bits`](Self::bits).
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::all().0)
    }
}

impl FromIterator<Personal> for Kinds {
    fn from_iter<I: IntoIterator<Item = Personal>>(kinds: I) -> Self {
        Self(
            kinds
                .into_iter()
                .fold(0, |bits, kind| bits | 1 << kind as u8),
        )
    }
}

impl From<Vec<Personal>> for Kinds {
    fn from(kinds: Vec<Personal>) -> Self {
        kinds.into_iter().collect()
    }
}

/// `[privacy]`: whose eyes customers' personal data is kept from. The journal keeps the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// What is masked on the way to language models, those behind the proxy among them. Default:
    /// nothing.
    pub models: Kinds,
    /// What is masked in cards: it does not get into them. Default: nothing.
    pub cards: Kinds,
    /// What is masked in what other systems are told by webhooks. Default: nothing.
    pub webhooks: Kinds,
    /// What is masked in logs, where customers' words have no place anyway. Default: everything.
    pub logs: Kinds,
    /// Whether people without the permission `personal_data` see it. Default: `"shown"`.
    pub operators: Shown,
}

/// Whether people without the permission `personal_data` see customers' personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// They see it as everybody does.
    Shown,
    /// Every kind is masked for them.
    Masked,
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self {
            models: Kinds::default(),
            cards: Kinds::default(),
            webhooks: Kinds::default(),
            logs: Kinds::all(),
            operators: Shown::Shown,
        }
    }
}

/// `text` with personal data of these kinds masked. The time it takes grows with its length.
pub fn mask(text: &str, kinds: Kinds) -> Cow<'_, str> {
    if kinds.is_empty() {
        return Cow::Borrowed(text);
    }
    let text = Text::new(text);
    let mut masked = String::new();
    // In bytes: what is taken over already; in characters: where we are.
    let (mut taken, mut at) = (0, 0);
    while at < text.len() {
        let Some((kind, end)) = found(&text, at, kinds) else {
            at += 1;
            continue;
        };
        masked.push_str(text.between(taken, text.byte(at)));
        masked.push_str(kind.mask());
        taken = text.byte(end);
        at = end;
    }
    match taken {
        0 => Cow::Borrowed(text.whole()),
        _ => {
            masked.push_str(text.between(taken, text.whole().len()));
            Cow::Owned(masked)
        }
    }
}

/// Finds where something that begins at a place ends.
type Finder = fn(&Text<'_>, usize) -> Option<usize>;

/// What begins at the character `at`, and the character after its end.
fn found(text: &Text<'_>, at: usize, kinds: Kinds) -> Option<(Personal, usize)> {
    // The surest first: a bank account holds what looks like telephone numbers.
    let finders: [(Personal, Finder); 5] = [
        (Personal::Iban, bank::iban),
        (Personal::Card, card::number),
        (Personal::Email, email::address),
        (Personal::NationalId, national::id),
        (Personal::Phone, phone::number),
    ];
    finders
        .into_iter()
        .filter(|(kind, _)| kinds.has(*kind))
        .find_map(|(kind, find)| Some((kind, find(text, at)?)))
}

/// Masks every text in `value`, names of fields among them, but for what stands under a name that
/// `keeps`. A text that is JSON itself stays JSON; its names are somebody else's, and keep nothing.
/// Fields whose masked names would be one are numbered from the second on.
pub fn mask_json(value: &mut Value, kinds: Kinds, keeps: &dyn Fn(&str) -> bool) {
    if kinds.is_empty() {
        return;
    }
    match value {
        Value::String(text) => {
            if text.starts_with(['{', '['])
                && let Ok(mut inner) = serde_json::from_str::<Value>(text)
            {
                let before = inner.clone();
                mask_json(&mut inner, kinds, &|_| false);
                if inner != before {
                    *text = inner.to_string();
                }
            } else if let Cow::Owned(masked) = mask(text, kinds) {
                *text = masked;
            }
        }
        Value::Number(number) => {
            if let Cow::Owned(masked) = mask(&number.to_string(), kinds) {
                *value = Value::String(masked);
            }
        }
        Value::Array(items) => {
            for item in items {
                mask_json(item, kinds, keeps);
            }
        }
        Value::Object(fields) => {
            let mut numbers = HashMap::new();
            for (name, mut field) in std::mem::take(fields) {
                if !keeps(&name) {
                    mask_json(&mut field, kinds, keeps);
                }
                let masked = mask(&name, kinds).into_owned();
                let name = distinct(masked, fields, &mut numbers);
                fields.insert(name, field);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// `name`, or the next number of it that is free in `fields`; `numbers` has the last ones given.
fn distinct(
    name: String,
    fields: &Map<String, Value>,
    numbers: &mut HashMap<String, usize>,
) -> String {
    if !fields.contains_key(&name) {
        return name;
    }
    let number = numbers.entry(name.clone()).or_insert(1);
    loop {
        *number += 1;
        let numbered = format!("{name} {number}");
        if !fields.contains_key(&numbered) {
            return numbered;
        }
    }
}

#[cfg(test)]
mod tests;
