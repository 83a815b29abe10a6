//! Which of a request's words are new: stateless clients send the whole conversation each time.

use warmline::{MessageId, View};

use super::asked::Asked;
use crate::problem::Problem;

/// The customer's turn that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    /// Which of their turns it is, from 1.
    pub(super) number: u32,
    /// Its words.
    pub(super) words: String,
}

impl Next {
    /// The id by which a retry is known.
    pub(super) fn message(&self) -> MessageId {
        MessageId::new(format!("proxy-{}", self.number)).expect("a number is an id")
    }
}

/// The turn that `asked` is about, in a conversation as it stands `before`.
///
/// What the customer said last is new, unless the journal's last turn says the same and the client
/// cannot know the answer to it yet: then the request is a retry, or brings the results of tools.
/// What came before it is known or will not be: a bot that joins in mid-conversation brings no
/// past.
///
/// # Errors
/// When everything is answered already.
pub(super) fn of(asked: &Asked, before: Option<&View>) -> Result<Next, Problem> {
    let words = asked.said.last().map_or("", String::as_str).trim();
    let Some(view) = before else {
        return Ok(next(0, words));
    };
    let turns = view.state.customer_turns;
    let last = view.state.window.iter().rfind(|turn| turn.is_customer());
    let Some(last) = last else {
        return Ok(next(turns, words));
    };
    let heard = last.text.trim();
    let shown = asked.answers.last();
    let knows = |text: &str| shown.is_some_and(|shown| shown.contains(text.trim()));
    let mut since = view.state.turns_since(last.number);
    let answered = !asked.answered_since && since.any(|turn| knows(&turn.text));
    if answered || asked.said.len() > turns as usize {
        return Ok(next(turns, words));
    }
    if words == heard {
        return Ok(next(turns - 1, words));
    }
    // They went on while the client got no answer.
    let further = words.strip_prefix(heard).and_then(|w| w.strip_prefix('\n'));
    Ok(next(turns, further.unwrap_or(words).trim()))
}

fn next(before: u32, words: &str) -> Next {
    Next {
        number: before + 1,
        words: words.to_owned(),
    }
}
