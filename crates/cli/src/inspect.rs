//! `warmline inspect`: what the journal holds, for people.

use std::io::Write;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use warmline::core::card::quoted;
use warmline::journal::{self, Journal};
use warmline::{ConversationId, Entry, Speaker, State, StateName, Timestamp};

use crate::Verdict;
use crate::store::{Store, each_conversation};

/// How many entries are read at once.
const CHUNK: usize = 256;

/// Show what the journal holds: every conversation, or one of them step by step
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  warmline inspect --data ./data\n  \
    warmline inspect --data ./data chat-5f0c\n\n\
    Exit code 1 if something cannot be read.")]
pub(crate) struct Inspect {
    #[command(flatten)]
    store: Store,
    /// The conversation to show
    #[arg(value_name = "ID")]
    conversation: Option<ConversationId>,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(crate) fn run(self) -> anyhow::Result<Verdict> {
        let journal = self.store.open()?;
        let mut out = std::io::stdout().lock();
        let damaged = match &self.conversation {
            Some(conversation) => show(&journal, conversation, self.json, &mut out)?,
            None => list(&journal, self.json, &mut out)?,
        };
        Ok(Verdict::of(damaged > 0))
    }
}

/// Lists every conversation; gives the number of those that cannot be read.
fn list(journal: &dyn Journal, json: bool, out: &mut dyn Write) -> anyhow::Result<usize> {
    let mut unreadable = 0;
    let mut known = 0;
    let hidden = each_conversation(journal, |conversation| {
        known += 1;
        match journal.load(conversation) {
            Ok(loaded) => {
                let Some(loaded) = loaded else { return Ok(()) };
                let next = loaded.next_seq();
                let last = loaded.entries.last();
                let snapshot = loaded.snapshot.as_ref().map(|snapshot| &snapshot.state);
                let state = last
                    .map(|entry| &entry.decided.state)
                    .or(snapshot.map(|s| &s.name));
                let at = last.map(|entry| entry.at).or(snapshot.map(latest));
                row(conversation, state, at.unwrap_or_default(), next, json, out)?;
            }
            Err(error) => {
                unreadable += 1;
                damage(conversation, &error, json, out)?;
            }
        }
        Ok(())
    })?;
    if !json {
        writeln!(
            out,
            "{known} conversations, {} cannot be read",
            unreadable + hidden
        )?;
    }
    Ok(unreadable + hidden)
}

/// The last moment that a state knows of.
fn latest(state: &State) -> Timestamp {
    state.since.max(state.heard).max(state.worked)
}

fn row(
    conversation: &ConversationId,
    state: Option<&StateName>,
    at: Timestamp,
    entries: u64,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let state = state.map_or("", StateName::as_str);
    let at = moment(at);
    if json {
        let row =
            json!({"conversation": conversation, "state": state, "entries": entries, "last": at});
        writeln!(out, "{row}")?;
    } else {
        writeln!(out, "{at}  {state:<16} {entries:>6} steps  {conversation}")?;
    }
    Ok(())
}

fn damage(
    conversation: &ConversationId,
    error: &journal::Error,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let reason = chain(error);
    if json {
        writeln!(
            out,
            "{}",
            json!({"conversation": conversation, "damaged": reason})
        )?;
    } else {
        writeln!(out, "damaged: {reason}")?;
    }
    Ok(())
}

/// Shows one conversation; gives the number of entries that cannot be read.
fn show(
    journal: &dyn Journal,
    conversation: &ConversationId,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<usize> {
    let mut next = 0;
    let mut damaged = 0;
    let mut before: Option<StateName> = None;
    // One by one in front of a damaged entry, so that what can be read is shown.
    let mut chunk = CHUNK;
    loop {
        match journal.entries(conversation, next, chunk) {
            Ok(entries) if entries.is_empty() => break,
            Ok(entries) => {
                for entry in &entries {
                    match json {
                        true => writeln!(out, "{}", serde_json::to_string(entry)?)?,
                        false => step(before.as_ref(), entry, out)?,
                    }
                    before = Some(entry.decided.state.clone());
                    next = entry.seq + 1;
                }
            }
            Err(error) => {
                let journal::Error::Corrupt { seq, .. } = &error else {
                    return Err(error.into());
                };
                if chunk > 1 {
                    chunk = 1;
                    continue;
                }
                next = (*seq).max(next) + 1;
                damage(conversation, &error, json, out)?;
                damaged += 1;
                before = None;
                chunk = CHUNK;
            }
        }
    }
    if next == 0 {
        bail!("there is no conversation `{conversation}`");
    }
    Ok(damaged)
}

/// Writes one step, and below it what was said. Nothing of it can steer a terminal.
fn step(before: Option<&StateName>, entry: &Entry, out: &mut dyn Write) -> anyhow::Result<()> {
    let Entry {
        seq,
        at,
        event,
        decided,
        ..
    } = entry;
    let before = before.map_or("?", StateName::as_str);
    let before = if *seq == 0 { "new" } else { before };
    writeln!(
        out,
        "{seq:>5}  {}  {before} + {} -> {} [{}]",
        moment(*at),
        event.name(),
        decided.state,
        decided.effects.join(", ")
    )?;
    if let Some(trigger) = &decided.trigger {
        let rule = match trigger.rule.as_str() {
            "" => String::new(),
            rule => format!(" by `{}`", quoted(rule, 80)),
        };
        writeln!(out, "         handed off: {}{rule}", trigger.kind)?;
        for judged in &trigger.signals {
            let signal = &judged.signal;
            writeln!(
                out,
                "           {} {:.2}, threshold {:.2} ({})",
                signal.kind, signal.score, judged.threshold, judged.origin
            )?;
        }
    }
    for turn in &decided.turns {
        let who = match &turn.speaker {
            Speaker::Customer => "customer".to_owned(),
            Speaker::Assistant => "assistant".to_owned(),
            Speaker::Operator { operator } => format!("operator {operator}"),
            Speaker::Notice => "notice".to_owned(),
        };
        writeln!(
            out,
            "         {} {who}: {}",
            turn.number,
            quoted(&turn.text, usize::MAX)
        )?;
    }
    Ok(())
}

fn moment(at: Timestamp) -> String {
    // The format ends with the year 9999.
    let millis = std::time::Duration::from_millis(at.0.min(253_402_300_799_999));
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + millis).to_string()
}

/// An error and its sources on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(&format!(": {error}"));
        source = error.source();
    }
    words
}
