//! Whether an action of the assistant moved the matter on.

use warmline_core::turn::Action;

use crate::text::cut;

/// Bytes of a result that are read.
const MAX_BYTES: usize = 1_000;

/// Verbs, and what they ask for, in the names of actions that only look.
const LOOKING: &[&str] = &[
    "browse",
    "calculate",
    "check",
    "count",
    "describe",
    "details",
    "fetch",
    "find",
    "get",
    "history",
    "info",
    "inspect",
    "list",
    "load",
    "lookup",
    "look",
    "query",
    "read",
    "retrieve",
    "search",
    "show",
    "status",
    "think",
    "track",
    "validate",
    "verify",
    "view",
];

/// Words of results that tell of a failure.
const FAILURE: &[&str] = &[
    "cannot",
    "declined",
    "denied",
    "error",
    "errors",
    "exception",
    "fail",
    "failed",
    "fails",
    "failure",
    "false",
    "forbidden",
    "invalid",
    "no",
    "none",
    "not",
    "null",
    "refused",
    "rejected",
    "timeout",
    "unable",
    "unavailable",
    "unknown",
];

/// Whether `action` did something, and it worked: by its name, which does not merely look, and by a
/// result that tells of no failure. Anything doubtful is no progress.
pub(super) fn is_done(action: &Action) -> bool {
    let Some(result) = &action.result else {
        return false;
    };
    let is_any = |words: &[String], of: &[&str]| words.iter().any(|word| of.contains(&&**word));
    let name = words(&action.name);
    !name.is_empty() && !is_any(&name, LOOKING) && !is_any(&words(cut(result, MAX_BYTES)), FAILURE)
}

/// The words of `text` in lower case, also those that an identifier joins: `lookUp_order`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            inside = false;
            continue;
        }
        let joins = inside && !(was_lower && c.is_uppercase());
        match words.last_mut().filter(|_| joins) {
            Some(word) => word.extend(c.to_lowercase()),
            None => words.push(c.to_lowercase().collect()),
        }
        (inside, was_lower) = (true, c.is_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_progress_and_what_was_looked_up_is_not() {
        for (name, result, expected) in [
            ("refund_order", Some("refunded 20 EUR"), true),
            ("sendLabel", Some("{\"sent\": true}"), true),
            ("orders.cancel", Some("order cancelled"), true),
            ("refund_order", None, false),
            ("refund_order", Some("Error: order is closed"), false),
            ("send_label", Some("{\"ok\": false}"), false),
            ("send_label", Some("address not found"), false),
            ("get_order", Some("shipped"), false),
            ("lookUpOrder", Some("shipped"), false),
            ("ORDER_STATUS", Some("shipped"), false),
            ("", Some("done"), false),
        ] {
            let action = Action {
                name: name.to_owned(),
                input: String::new(),
                result: result.map(str::to_owned),
            };
            assert_eq!(is_done(&action), expected, "{name} {result:?}");
        }
    }
}
