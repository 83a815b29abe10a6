//! Chats as language models know them, and the recorded runs of τ-bench and τ²-bench.

use serde_json::Value;
use warmline_core::turn::Action;

use super::words::{content, first_name, moment};
use crate::audit::recorded::{Ending, Party, Recorded};

/// What names a conversation in an object.
const IDS: [&str; 6] = [
    "id",
    "conversation_id",
    "conversation",
    "thread_id",
    "session_id",
    "dialogue_id",
];

/// A run of τ-bench: `traj`, `task_id`, `trial`, `reward`.
pub(super) fn tau(run: &Value) -> Option<Recorded> {
    let messages = run.get("traj")?.as_array()?;
    let mut recorded = Recorded::new(run_name(run));
    messages.iter().for_each(|m| message(&mut recorded, m));
    recorded.ending = rewarded(run.get("reward"));
    Some(recorded)
}

/// A simulation of τ²-bench: `messages`, `task_id`, `trial`, `reward_info`.
pub(super) fn tau2(run: &Value) -> Option<Recorded> {
    let messages = run.get("messages")?.as_array()?;
    run.get("task_id")?;
    let mut recorded = Recorded::new(run_name(run));
    // What the simulated user does on a device of their own is none of the assistant's doing.
    let by_user = |m: &&Value| m.get("requestor").and_then(Value::as_str) == Some("user");
    let messages = messages.iter().filter(|message| !by_user(message));
    messages.for_each(|m| message(&mut recorded, m));
    recorded.ending = rewarded(run.get("reward_info").and_then(|info| info.get("reward")));
    Some(recorded)
}

fn run_name(run: &Value) -> String {
    let task = first_name(run, &["task_id"]).unwrap_or_default();
    match first_name(run, &["trial"]) {
        Some(trial) => format!("{task}-{trial}"),
        None => task,
    }
}

fn rewarded(reward: Option<&Value>) -> Option<Ending> {
    Some(Ending {
        good: reward?.as_f64()? >= 1.0,
        by: "reward",
    })
}

/// A chat: `messages`, and beside them what is known of it.
pub(super) fn chat(chat: &Value) -> Option<Recorded> {
    let messages = match chat {
        Value::Array(messages) => messages,
        chat => chat.get("messages")?.as_array()?,
    };
    messages.iter().find_map(|message| message.get("role"))?;
    let mut recorded = Recorded::new(first_name(chat, &IDS).unwrap_or_default());
    about(&mut recorded, chat);
    messages.iter().for_each(|m| message(&mut recorded, m));
    Some(recorded)
}

/// One message of a conversation, and the conversation's name where it has one.
pub(super) fn lone_message(value: &Value) -> Option<Option<String>> {
    value.get("role")?.as_str()?;
    ["content", "text", "tool_calls"]
        .iter()
        .find_map(|key| value.get(key))?;
    Some(first_name(value, &IDS[1..]))
}

/// What is known of a conversation beside its messages, also inside `metadata`.
pub(super) fn about(recorded: &mut Recorded, value: &Value) {
    for object in [Some(value), value.get("metadata")].into_iter().flatten() {
        let known = &mut recorded.context;
        for (known, keys) in [
            (
                &mut known.customer,
                &["customer", "customer_id", "user_id", "user"][..],
            ),
            (&mut known.channel, &["channel"][..]),
            (&mut known.segment, &["segment"][..]),
            (&mut known.language, &["language", "lang"][..]),
        ] {
            if known.is_none() {
                *known = first_name(object, keys);
            }
        }
        for key in ["outcome", "resolved", "success"] {
            if recorded.ending.is_none()
                && let Some(value) = object.get(key)
            {
                recorded.ending = outcome(value).map(|good| Ending {
                    good,
                    by: "outcome",
                });
            }
        }
    }
}

/// Whether an outcome is a good one; `None` for words that do not say.
pub(super) fn outcome(value: &Value) -> Option<bool> {
    let word = match value {
        Value::Bool(good) => return Some(*good),
        Value::Number(number) => return Some(number.as_f64()? >= 1.0),
        Value::String(word) => word.trim().to_lowercase().replace([' ', '-'], "_"),
        _ => return None,
    };
    const GOOD: [&str; 14] = [
        "resolved_confirmed",
        "resolved_unconfirmed",
        "resolved_by_human",
        "resolved",
        "solved",
        "success",
        "good",
        "pass",
        "passed",
        "satisfied",
        "yes",
        "true",
        "ok",
        "1",
    ];
    const BAD: [&str; 15] = [
        "abandoned",
        "unresolved",
        "unsolved",
        "reopened",
        "failure",
        "failed",
        "fail",
        "bad",
        "churned",
        "dissatisfied",
        "unsatisfied",
        "no",
        "false",
        "complaint",
        "0",
    ];
    match word.as_str() {
        word if GOOD.contains(&word) => Some(true),
        word if BAD.contains(&word) => Some(false),
        _ => None,
    }
}

/// Adds a message with its calls. What a system or developer says is heard by no customer.
pub(super) fn message(recorded: &mut Recorded, message: &Value) {
    let words = ["content", "text"]
        .iter()
        .find_map(|key| message.get(key))
        .map(content)
        .unwrap_or_default();
    let at = ["created_at", "timestamp", "at", "time", "created"]
        .iter()
        .find_map(|key| moment(message.get(key)?));
    let role = message
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match role.to_lowercase().as_str() {
        "user" | "customer" | "human" => recorded.say(Party::Customer, &words, at),
        "assistant" | "bot" | "ai" | "model" => {
            recorded.say(Party::Assistant, &words, at);
            calls(message).for_each(|action| recorded.call(action));
        }
        "operator" | "agent" | "human_agent" | "admin" => {
            recorded.say(Party::Operator, &words, at);
        }
        "tool" | "function" => {
            let name = message.get("name").and_then(Value::as_str);
            let failed = message.get("error").and_then(Value::as_bool) == Some(true);
            match failed {
                true => recorded.result(name, &format!("Error: {words}")),
                false => recorded.result(name, &words),
            }
        }
        _ => {}
    }
}

fn calls(message: &Value) -> impl Iterator<Item = Action> {
    let many = message.get("tool_calls").and_then(Value::as_array);
    let one = message.get("function_call");
    let calls = many.into_iter().flatten().chain(one);
    calls.filter_map(|call| {
        let function = call.get("function").unwrap_or(call);
        Some(Action {
            name: function.get("name")?.as_str()?.to_owned(),
            input: match function.get("arguments") {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(arguments) => arguments.to_string(),
            },
            result: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_of_tau_bench_is_read_with_its_actions_and_its_reward() {
        let run = json!({"task_id": 3, "trial": 1, "reward": 0.0, "traj": [
            {"role": "system", "content": "Be nice."},
            {"role": "user", "content": "My flight? ###STOP###"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c", "function": {"name": "get_user", "arguments": "{\"id\": 1}"}}]},
            {"role": "tool", "name": "get_user", "content": "Error: none"},
            {"role": "assistant", "content": "It is late."}]});
        let read = tau(&run).unwrap();
        assert_eq!(read.id, "3-1");
        assert_eq!(
            read.ending,
            Some(Ending {
                good: false,
                by: "reward"
            })
        );
        assert_eq!(read.turns().count(), 2);
        let action = read.actions().next().unwrap();
        assert_eq!(action.input, "{\"id\": 1}");
        assert_eq!(action.result.as_deref(), Some("Error: none"));
        assert_eq!(read.customer().next(), Some("My flight?"));
    }

    #[test]
    fn a_simulation_of_tau2_bench_is_read() {
        let run = json!({"id": "u", "task_id": "t", "trial": 0, "reward_info": {"reward": 1.0},
            "messages": [
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "My line is dead."},
            {"role": "tool", "requestor": "user", "content": "toggled"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c", "name": "look", "arguments": {"line": 1}, "requestor": "assistant"}]},
            {"role": "tool", "requestor": "assistant", "content": "gone", "error": true}]});
        let read = tau2(&run).unwrap();
        assert_eq!(read.id, "t-0");
        assert!(read.ending.as_ref().unwrap().good);
        let actions: Vec<_> = read.actions().collect();
        assert_eq!(actions.len(), 1);
        assert_eq!(actions[0].input, "{\"line\":1}");
        assert_eq!(actions[0].result.as_deref(), Some("Error: gone"));
    }

    #[test]
    fn a_chat_knows_its_customer_and_its_outcome() {
        let read = chat(
            &json!({"conversation_id": 7, "metadata": {"user_id": "c-1"},
            "channel": "web", "outcome": "Abandoned", "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}], "created_at": 60},
            {"role": "human_agent", "content": "Dana here"}]}),
        )
        .unwrap();
        assert_eq!(read.id, "7");
        assert_eq!(read.context.customer.as_deref(), Some("c-1"));
        assert_eq!(read.context.channel.as_deref(), Some("web"));
        assert_eq!(
            read.ending,
            Some(Ending {
                good: false,
                by: "outcome"
            })
        );
        assert_eq!(read.handed_over(), Some(1));
        assert!(read.span().is_some());
    }

    #[test]
    fn what_is_no_chat_is_none() {
        assert!(chat(&json!({"messages": [{"text": "x"}]})).is_none());
        assert!(chat(&json!({"id": 1})).is_none());
        assert!(tau(&json!({"messages": []})).is_none());
        assert_eq!(outcome(&json!("whatever")), None);
    }
}
