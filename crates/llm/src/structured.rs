//! Answers in JSON: asked for by a schema, and read with care all the same.

use serde::de::DeserializeOwned;

use crate::Error;
use crate::chat::Completion;

/// Reads the JSON of `answer`, which may stand in a fence or between words.
///
/// # Errors
/// When the answer was cut off, or is not what was asked for.
pub(crate) fn read<T: DeserializeOwned>(answer: &Completion) -> Result<T, Error> {
    if answer.finish == "length" {
        return Err(Error::failed("the JSON was cut off: raise `max_tokens`"));
    }
    let text = &answer.text;
    let object = match (text.find('{'), text.rfind('}')) {
        (Some(from), Some(to)) if from < to => &text[from..=to],
        _ => return Err(Error::failed("answered in prose where JSON was asked for")),
    };
    serde_json::from_str(object)
        .map_err(|error| Error::failed(format!("the JSON is not what was asked for: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answer(text: &str, finish: &str) -> Completion {
        Completion {
            text: text.to_owned(),
            finish: finish.to_owned(),
            ..Completion::default()
        }
    }

    #[test]
    fn json_is_found_in_a_fence() {
        let read: Value = read(&answer("Sure!\n```json\n{\"a\": 1}\n```", "stop")).unwrap();
        assert_eq!(read["a"], 1);
    }

    #[test]
    fn prose_and_halves_are_told_apart() {
        let wrong = |text: &str, finish: &str| {
            let error = read::<Value>(&answer(text, finish)).unwrap_err();
            error.to_string()
        };
        assert!(wrong("{\"a\": [1,", "length").contains("cut off"));
        assert!(wrong("{\"a\": [1,}", "stop").contains("not what was asked for"));
        assert!(wrong("I would rather not.", "stop").contains("prose"));
    }
}
