//! Words out of the ways in which logs write them: parts, numbers, HTML, moments.

use serde_json::Value;
use warmline_core::Timestamp;

/// A name or a number as text; `None` for anything else, and for nothing.
pub(super) fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of `keys` that `object` has a name or number for.
pub(super) fn first_name(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| name(object.get(key)?))
}

/// The words of a message: a text, or parts of which some are texts.
pub(super) fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| match part {
                Value::String(text) => Some(text.as_str()),
                part => part.get("text")?.as_str(),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// The words of a text in HTML. Blocks end lines, marks are left out.
pub(super) fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let mark = &rest[at..];
        rest = match mark.strip_prefix('<') {
            Some(tag)
                if tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') =>
            {
                let name = tag.trim_start_matches('/');
                if ["p", "br", "div", "li", "tr"].iter().any(|block| {
                    let after = name.strip_prefix(block);
                    after.is_some_and(|after| {
                        !after.starts_with(|c: char| c.is_ascii_alphanumeric())
                    })
                }) {
                    text.push('\n');
                }
                // A mark that nobody ends hides the rest, as in a browser.
                tag.find('>').map_or("", |end| &tag[end + 1..])
            }
            _ => {
                let known = [
                    ("&amp;", "&"),
                    ("&lt;", "<"),
                    ("&gt;", ">"),
                    ("&quot;", "\""),
                    ("&#39;", "'"),
                    ("&#x27;", "'"),
                    ("&nbsp;", " "),
                ];
                let entity = known.iter().find(|(entity, _)| mark.starts_with(entity));
                let (length, stands_for) = entity.map_or((1, &mark[..1]), |(e, c)| (e.len(), *c));
                text.push_str(stands_for);
                &mark[length..]
            }
        };
    }
    text.push_str(rest);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A moment: seconds or milliseconds since 1970, or a date and time such as
/// `2024-05-15T15:00:00Z`, whose zone is an offset, `Z`, or left out for UTC.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => since_1970(number.as_f64()?),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => since_1970(number),
            Err(_) => dated(text.trim()),
        },
        _ => None,
    }
}

/// Seconds up to the year 5138, and from there on milliseconds.
fn since_1970(number: f64) -> Option<Timestamp> {
    let millis = if number.abs() < 1e11 {
        number * 1000.0
    } else {
        number
    };
    (0.0..1e15)
        .contains(&millis)
        .then_some(Timestamp(millis as _))
}

fn dated(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || text.as_bytes()[4] != b'-' {
        return None;
    }
    let days = days_since_1970(year, month, day);
    let (seconds, rest) = match text.get(11..16) {
        Some(_) => {
            let (hour, minute) = (number(11, 13)?, number(14, 16)?);
            let second = match text.as_bytes().get(16) {
                Some(b':') => number(17, 19)?,
                _ => 0,
            };
            let rest = text.get(16..).unwrap_or_default();
            (hour * 3600 + minute * 60 + second, rest)
        }
        None => (0, ""),
    };
    let offset = rest.rfind(['+', '-']).map_or(Some(0), |at| {
        let sign = if rest[at..].starts_with('-') { -1 } else { 1 };
        let digits: String = rest[at + 1..]
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let hours = digits.get(..2)?.parse::<i64>().ok()?;
        let minutes = digits
            .get(2..4)
            .map_or(Some(0), |m| m.parse::<i64>().ok())?;
        Some(sign * (hours * 3600 + minutes * 60))
    })?;
    since_1970((days * 86_400 + seconds - offset) as f64)
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marks_are_left_out_and_entities_read() {
        assert_eq!(
            plain("<p>Hi &amp; hello,</p><p class=\"x\">I &lt;3 you<br>bye</p>"),
            "Hi & hello,\nI <3 you\nbye"
        );
        assert_eq!(plain("1 < 2 & 3 > 2"), "1 < 2 & 3 > 2");
        assert_eq!(plain("a<script"), "a");
    }

    #[test]
    fn moments_come_in_several_forms() {
        let millis = Some(Timestamp(1_715_785_200_000));
        for value in [
            json!(1_715_785_200),
            json!("1715785200"),
            json!(1_715_785_200_000_u64),
            json!("2024-05-15T15:00:00Z"),
            json!("2024-05-15 17:00:00.123+02:00"),
            json!("2024-05-15T10:00:00 -0500"),
        ] {
            assert_eq!(moment(&value), millis, "{value}");
        }
        assert_eq!(moment(&json!("soon")), None);
        assert_eq!(moment(&json!("2024-13-15")), None);
    }

    #[test]
    fn parts_are_joined() {
        let parts = json!([{"type": "text", "text": "a"}, {"type": "image_url"}, "b"]);
        assert_eq!(content(&parts), "a b");
    }
}
