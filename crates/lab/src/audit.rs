//! What a bot's past conversations show: which patterns would have handed off, where, and why.
//!
//! | module | holds |
//! |---|---|
//! | `log` | logs of seven formats, read in bounded memory |
//! | `recorded` | a conversation that is over |
//! | `walk` | the core deciding it: detectors and policy, the answers as drafts |
//! | `baton` | what was lost after a human took over |
//! | `risk`, `likeness` | how likely it went wrong, by what was said and done |
//! | `visits` | customers who come back about the same thing |
//! | `labels` | what people say of conversations |
//! | `summary` | the account of all, with a roadmap |
//! | `page` | the account as a page |
//!
//! Deliberately absent: a rule of its own for when to hand off.

mod baton;
mod labels;
mod likeness;
mod log;
mod page;
mod recorded;
mod risk;
mod summary;
mod visits;
mod walk;

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

pub use baton::Lost;
pub use labels::Labels;
pub use log::{Columns, Entry, Format, Logs, Reading, Skipped};
pub use recorded::{Ending, Happening, Party, Recorded};
pub use risk::{Principle, Reason, Risk};
pub use summary::{AfterHandoff, Example, PatternRow, Summary};
pub use visits::Returned;
pub use walk::{Fired, Rules, Shown, Walked};

use crate::Error;
use risk::Sketch;
use summary::Tally;
use visits::{Visit, Visits};

/// Conversations that are compared with each other, and the bytes that they may take.
const BLOCK: usize = 1_024;
const BLOCK_BYTES: usize = 32 << 20;
/// Conversations that are walked at a time, so that their texts reach the encoder in batches.
const AT_ONCE: usize = 128;
/// Risk from which a conversation of unknown outcome is believed to have gone wrong.
pub const LIKELY: f32 = 0.5;

/// A conversation and all that was found in it.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The conversation.
    pub recorded: Arc<Recorded>,
    /// What would have fired.
    pub walked: Walked,
    /// What was lost after a human took over.
    pub lost: Vec<Lost>,
    /// How likely it went wrong.
    pub risk: Risk,
    /// The settled conversation that it comes back to.
    pub returned: Option<Returned>,
    /// Whether somebody labelled it as one that needed a human.
    pub labelled: Option<bool>,
}

impl Audited {
    /// Whether it ended badly: by its label, else by its outcome; `None` where neither is known.
    pub fn ended_badly(&self) -> Option<bool> {
        let ending = self.recorded.ending.as_ref();
        self.labelled.or(ending.map(|ending| !ending.good))
    }

    /// The line that `warmline audit --json` prints.
    pub fn json(&self) -> Value {
        let evidence = |evidence: &[Shown]| -> Vec<Value> {
            let shown = evidence
                .iter()
                .map(|shown| json!({"turn": shown.turn, "quote": shown.quote, "why": shown.why}));
            shown.collect()
        };
        let fired = self.walked.fired.iter().map(|fired| {
            json!({
                "pattern": fired.pattern,
                "turn": fired.turn,
                "score": rounded(fired.score),
                "threshold": fired.threshold,
                "trigger": fired.kind.as_str(),
                "rule": fired.rule,
                "evidence": evidence(&fired.evidence),
            })
        });
        let lost = self.lost.iter().map(|lost| {
            json!({
                "pattern": lost.pattern,
                "turn": lost.turn,
                "turns": lost.turns,
                "evidence": evidence(&lost.evidence),
            })
        });
        let reasons = self.risk.reasons.iter().map(|reason| {
            json!({
                "reason": reason.principle.as_str(),
                "share": rounded(reason.share),
                "why": reason.why,
            })
        });
        json!({
            "id": self.recorded.id,
            "risk": rounded(self.risk.score),
            "fired": fired.collect::<Vec<_>>(),
            "after_handoff": lost.collect::<Vec<_>>(),
            "reasons": reasons.collect::<Vec<_>>(),
            "turns": self.recorded.turns().count(),
            "handed_over_after": self.recorded.handed_over(),
            "ended_badly": self.ended_badly(),
            "returned": self.returned.as_ref().map(|returned| json!({
                "to": returned.to,
                "days": rounded(returned.days),
                "caught_by": returned.caught_by,
            })),
        })
    }
}

/// A number with as many digits as mean something.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// What an audit finds on its way.
#[derive(Debug)]
pub enum Found {
    /// A conversation.
    Conversation(Box<Audited>),
    /// A record that could not be read.
    Skipped(Skipped),
}

/// What an audit looks at.
pub struct Audit {
    /// What decides.
    pub rules: Arc<Rules>,
    /// What people say of conversations.
    pub labels: Labels,
    /// Most conversations.
    pub limit: Option<u64>,
}

impl Audit {
    /// Audits `logs`, shows `each` conversation in the order of the logs, and gives the account.
    ///
    /// # Errors
    ///
    /// What reading and the detectors say, and whatever `each` does.
    pub async fn run<E: From<Error>>(
        &self,
        mut logs: Logs,
        mut each: impl FnMut(Found, &Logs) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut tally = Tally::default();
        let mut visits = Visits::default();
        let mut left = self.limit.unwrap_or(u64::MAX);
        loop {
            let mut block: Vec<Arc<Recorded>> = Vec::new();
            let mut bytes = 0;
            while block.len() < BLOCK && bytes < BLOCK_BYTES && left > 0 {
                match logs.next() {
                    None => break,
                    Some(Err(error)) => return Err(error.into()),
                    Some(Ok(Entry::Skipped(skipped))) => {
                        tally.skip(&skipped);
                        each(Found::Skipped(skipped), &logs)?;
                    }
                    Some(Ok(Entry::Conversation(recorded))) => {
                        bytes += recorded.weight();
                        left -= 1;
                        block.push(Arc::new(*recorded));
                    }
                }
            }
            if block.is_empty() {
                return Ok(tally.summary());
            }
            for audited in self.block(block, &mut visits).await? {
                tally.add(&audited);
                each(Found::Conversation(Box::new(audited)), &logs)?;
            }
        }
    }

    async fn block(
        &self,
        block: Vec<Arc<Recorded>>,
        visits: &mut Visits,
    ) -> Result<Vec<Audited>, Error> {
        let walked: Vec<(Arc<Recorded>, Walked, Vec<Lost>, Sketch)> = stream::iter(block)
            .map(|recorded| {
                let rules = Arc::clone(&self.rules);
                // Tasks of their own, for as many cores as there are.
                let task = tokio::spawn(async move {
                    let walked = rules.walk(&recorded).await?;
                    let lost = baton::lost(&rules, &recorded).await?;
                    let sketch = Sketch::of(&recorded, &walked);
                    Ok::<_, Error>((recorded, walked, lost, sketch))
                });
                async move {
                    task.await
                        .map_err(|error| Error::Crashed(error.to_string()))?
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let sketches = walked.iter().map(|(.., sketch)| sketch.clone());
        let sketches: Vec<Sketch> = sketches.collect();
        let risks = risk::risks(&sketches);
        let found =
            walked
                .into_iter()
                .zip(risks)
                .map(|((recorded, walked, lost, sketch), risk)| {
                    let audited = Audited {
                        returned: None,
                        labelled: self.labels.needed(&recorded.id),
                        recorded,
                        walked,
                        lost,
                        risk,
                    };
                    returning(audited, &sketch, visits)
                });
        Ok(found.collect())
    }
}

/// Tells whether its customer comes back, and remembers the conversation for the next time.
fn returning(mut audited: Audited, sketch: &Sketch, visits: &mut Visits) -> Audited {
    let recorded = Arc::clone(&audited.recorded);
    let (Some(customer), Some((began, ended))) = (&recorded.context.customer, recorded.span())
    else {
        return audited;
    };
    audited.returned = visits.returned(customer, began, sketch.words());
    let settled = recorded
        .resolved
        .unwrap_or(audited.ended_badly() == Some(false));
    if settled {
        let visit = Visit {
            id: recorded.id.clone(),
            at: ended,
            words: sketch.words().clone(),
            pattern: audited.walked.fired.first().map(|fired| fired.pattern),
        };
        visits.settled(customer, visit);
    }
    audited
}
