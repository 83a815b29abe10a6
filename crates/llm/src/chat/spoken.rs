//! An answer that is said sentence by sentence while the rest of it is on its way.

use serde_json::Value;
use tokio::sync::mpsc;
use warmline_core::ConversationId;
use warmline_core::sentence::sentences;

use super::{Chat, Completion, Dialect};
use crate::Error;

impl Chat {
    /// Like [`stream`](Self::stream); `say` is waited for with every sentence, or several that came
    /// together, once another one has begun behind them. Beside the answer it gives the rest, which
    /// is still to be said.
    ///
    /// # Errors
    /// As [`complete`](Self::complete), and whatever `say` does.
    pub async fn spoken<F: Future<Output = Result<(), Error>>>(
        &self,
        conversation: Option<&ConversationId>,
        dialect: Dialect,
        request: &Value,
        mut say: impl FnMut(String) -> F,
    ) -> Result<(Completion, String), Error> {
        let (heard, mut words) = mpsc::unbounded_channel();
        let mut listener = move |words: &str| {
            // Nobody listens once the answer is complete.
            let _ = heard.send(words.to_owned());
        };
        let answer = self.stream(conversation, dialect, request, &mut listener);
        tokio::pin!(answer);
        let mut rest = String::new();
        let completion = loop {
            let words = tokio::select! {
                biased;
                Some(words) = words.recv() => words,
                completion = &mut answer => break completion?,
            };
            say_complete(&mut rest, &words, &mut say).await?;
        };
        // What came together with the end.
        while let Ok(words) = words.try_recv() {
            say_complete(&mut rest, &words, &mut say).await?;
        }
        Ok((completion, rest))
    }
}

/// Puts `words` behind the rest, and says what is complete by them.
async fn say_complete<F: Future<Output = Result<(), Error>>>(
    rest: &mut String,
    words: &str,
    say: &mut impl FnMut(String) -> F,
) -> Result<(), Error> {
    rest.push_str(words);
    match complete_sentences(rest) {
        Some(sentences) => say(sentences).await,
        None => Ok(()),
    }
}

/// Takes the sentences off `text` that are complete: another one has begun behind them.
fn complete_sentences(text: &mut String) -> Option<String> {
    let last = sentences(text).pop().filter(|last| last.start > 0)?;
    let rest = text.split_off(last.start);
    Some(std::mem::replace(text, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_complete_when_another_one_has_begun() {
        let mut text = String::new();
        let mut released = Vec::new();
        for words in [
            "You have ",
            "30 days. ",
            "It is",
            " free. Send",
            " it back.",
        ] {
            text.push_str(words);
            released.extend(complete_sentences(&mut text));
        }
        assert_eq!(released, ["You have 30 days. ", "It is free. "]);
        assert_eq!(text, "Send it back.");
    }
}
