//! What a model answered, whichever interface it was asked through.

use serde_json::Value;

/// One answer of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Completion {
    /// The words; empty where it called tools.
    pub text: String,
    /// The tools that it wants to be called.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended, in the endpoint's words, such as `stop` or `length`; empty where it did not
    /// say.
    pub finish: String,
    /// What was used; estimated where the endpoint does not say.
    pub usage: Usage,
    /// The mean probability of the tokens, where the endpoint gives them: recorded beside our own
    /// figures for comparison, and never a measure of confidence.
    pub token_probability: Option<f32>,
    /// The answer as it came, for whoever passes it on.
    pub raw: Value,
}

/// A tool that a model wants to be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The call's id, which its result names.
    pub id: String,
    /// The tool.
    pub name: String,
    /// With what: JSON, or what should have been.
    pub arguments: String,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub read: u64,
    /// Tokens written.
    pub written: u64,
}

impl Completion {
    /// The answer, unless it says nothing.
    ///
    /// # Errors
    /// What there is instead of words or calls.
    pub(super) fn checked(self) -> Result<Self, String> {
        if !self.text.trim().is_empty() || !self.tool_calls.is_empty() {
            return Ok(self);
        }
        Err(match self.finish.as_str() {
            "" => "the answer was empty".to_owned(),
            finish => format!("the answer was empty ({finish})"),
        })
    }

    /// What it will have used, where the endpoint does not say: about four characters make a
    /// token.
    pub(super) fn estimated(&self, request: &Value) -> Usage {
        let asked = request.get("messages").or(request.get("input"));
        let calls = self.tool_calls.iter().map(|call| call.arguments.len());
        Usage {
            read: asked.map_or(0, |asked| asked.to_string().len() as u64 / 4),
            written: (self.text.len() + calls.sum::<usize>()) as u64 / 4,
        }
    }
}

/// The mean of the tokens' probabilities, given their natural logarithms.
pub(super) fn mean_probability(logarithms: impl Iterator<Item = f64>) -> Option<f32> {
    let (count, sum) = logarithms.fold((0_u32, 0.0), |(count, sum), logarithm| {
        (count + 1, sum + logarithm.exp())
    });
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}
