//! Thresholds that were proposed, and what became of them. Nothing that anybody said is in it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use warmline::core::policy::{Policy, Threshold};
use warmline::journal::{Collection, RecordChange};
use warmline::{ConfigVersion, CustomerContext, Layer, Records, SignalKind, Timestamp, keep};

use super::calibrator::{Data, Figures, Fitted, Wanted};
use super::judgement::Judgement;
use crate::problem::Problem;

/// Where proposals are kept, by their ids, which are in the order of time.
const PROPOSALS: Collection = Collection::new("proposal");
/// Most proposals that are kept.
const KEPT: usize = 500;

/// Thresholds that were proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Proposal {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// Who asked for it: an operator, a machine, or `schedule`.
    pub(crate) by: String,
    /// What was in force then.
    pub(crate) base: ConfigVersion,
    pub(crate) wanted: Wanted,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Data>,
    pub(crate) changes: Vec<Change>,
    /// The section `[calibrated]`; empty where nothing is proposed.
    pub(crate) patch: String,
    /// What the file said of thresholds and detectors then.
    pub(crate) ground: Value,
    /// What is in force and what is proposed, on conversations that nothing was fitted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_out: Option<(Figures, Figures)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) promise: Option<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) judgement: Judgement,
    pub(crate) standing: Standing,
    /// What became of it, the earliest first.
    pub(crate) history: Vec<Step>,
    /// The proposal in whose place it was promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
}

/// How a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// Nothing could be proposed.
    Nothing,
    /// It waits for somebody to decide.
    Proposed,
    /// It is in force, or void since the file says something else.
    Promoted,
    /// Somebody decided against it.
    Discarded,
    /// It was in force, and was taken back.
    RolledBack,
    /// It was in force until another one was promoted.
    Replaced,
}

/// Something that became of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) to: Standing,
}

/// A threshold that is proposed, beside the one in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) signal: SignalKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) segment: Option<String>,
    /// None where it is off.
    pub(crate) now: Option<f32>,
    pub(crate) then: Option<f32>,
}

impl Change {
    /// `fitted`, beside the threshold of `policy`.
    pub(super) fn of(fitted: Fitted, policy: &Policy) -> Self {
        let Fitted {
            signal,
            channel,
            segment,
            score,
        } = fitted;
        let context = CustomerContext {
            channel: channel.clone(),
            segment: segment.clone(),
            ..CustomerContext::default()
        };
        Self {
            now: policy.threshold(signal, &context).and_then(|t| t.score),
            then: score,
            signal,
            channel,
            segment,
        }
    }

    /// What it is called in sentences.
    pub(super) fn name(&self) -> String {
        let mut name = format!("`{}`", self.signal);
        for (what, of) in [("channel", &self.channel), ("segment", &self.segment)] {
            if let Some(of) = of {
                let _ = write!(name, " for the {what} `{of}`");
            }
        }
        name
    }
}

/// The thresholds that an earlier promotion put into `policy` and that `changes` say nothing of:
/// what the data do not show is not for them to decide.
pub(super) fn kept(changes: &[Change], policy: &Policy) -> Vec<Change> {
    let is_changed = |kept: &Threshold| {
        let same = |change: &Change| {
            kept.is_for(
                change.signal,
                change.channel.as_deref(),
                change.segment.as_deref(),
            )
        };
        changes.iter().any(same)
    };
    let promoted = policy.thresholds.iter();
    let promoted = promoted.filter(|threshold| threshold.origin.starts_with("calibrated."));
    let kept = promoted.filter(|threshold| !is_changed(threshold));
    kept.map(|threshold| Change {
        signal: threshold.kind,
        channel: threshold.channel.clone(),
        segment: threshold.segment.clone(),
        now: threshold.score,
        then: threshold.score,
    })
    .collect()
}

/// The section `[calibrated]` with what is proposed.
pub(super) fn patch(changes: &[Change]) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut patch = String::new();
    let mut table = None;
    // Those for all come first: a table stands before the lists. Of lists that name equally much the
    // later decides: segments, as where thresholds are found.
    let scope = |change: &&Change| {
        let Change {
            channel, segment, ..
        } = *change;
        (segment.is_some(), channel.clone(), segment.clone())
    };
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_by_key(scope);
    for change in changes {
        let scope = (&change.channel, &change.segment);
        if table != Some(scope) {
            match scope {
                (None, None) => patch.push_str("[calibrated.thresholds]\n"),
                (channel, segment) => {
                    patch.push_str("[[calibrated.thresholds_for]]\n");
                    for (name, of) in [("channel", channel), ("segment", segment)] {
                        if let Some(of) = of {
                            let _ = writeln!(patch, "{name} = {}", quoted(of));
                        }
                    }
                }
            }
            table = Some(scope);
        }
        let _ = match change.then {
            // Every digit: a rounded threshold misses the very score that it was found at.
            Some(score) => writeln!(patch, "{} = {score:?}", change.signal),
            None => writeln!(patch, "{} = \"off\"", change.signal),
        };
    }
    patch
}

impl Proposal {
    /// The layer that it is when somebody promotes it.
    pub(super) fn layer(&self, at: Timestamp, by: &str) -> Layer {
        Layer {
            id: self.id.clone(),
            text: self.patch.clone(),
            ground: self.ground.clone(),
            at,
            by: by.to_owned(),
            void: None,
        }
    }

    /// The same, after another step.
    pub(super) fn moved(mut self, at: Timestamp, by: &str, to: Standing) -> Self {
        self.standing = to;
        let by = by.to_owned();
        self.history.push(Step { at, by, to });
        self
    }

    /// The change that remembers it.
    pub(super) fn kept(&self) -> RecordChange {
        keep(PROPOSALS, &self.id, None, self)
    }
}

/// The id of a proposal that is made `at` a moment.
pub(super) fn id(at: Timestamp) -> String {
    format!("p{:013}", at.0)
}

/// A proposal, if there is one of that id. It reads the disk.
pub(crate) fn find(records: &Records, id: &str) -> Result<Option<Proposal>, Problem> {
    // A key that is none has no proposal.
    let plain = id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match plain {
        true => Ok(records.get(PROPOSALS, id)?),
        false => Ok(None),
    }
}

/// Every proposal, the latest first. It reads the disk.
pub(crate) fn all(records: &Records) -> Result<Vec<Proposal>, Problem> {
    let mut all = records.all::<Proposal>(PROPOSALS, "")?;
    all.reverse();
    Ok(all.into_iter().map(|(_, proposal)| proposal).collect())
}

/// The changes that drop the oldest of `all`, the latest first, but for the one in force and the
/// one before it, which is what a rollback goes back to.
pub(super) fn pruned(all: &[Proposal], in_force: Option<&str>) -> Vec<RecordChange> {
    let current = all
        .iter()
        .find(|proposal| Some(proposal.id.as_str()) == in_force);
    let before = current.and_then(|proposal| proposal.before.as_deref());
    let old = all.iter().skip(KEPT);
    let old = old.filter(|proposal| ![in_force, before].contains(&Some(proposal.id.as_str())));
    old.map(|proposal| RecordChange::Drop {
        collection: PROPOSALS,
        key: proposal.id.clone(),
        conversation: None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use warmline::core::source::Source;
    use warmline::{Config, Disk};

    use super::*;

    fn proposal(number: u64) -> Proposal {
        Proposal {
            id: id(Timestamp(number)),
            at: Timestamp(number),
            by: "dana".to_owned(),
            base: ConfigVersion::new("c").unwrap(),
            wanted: Wanted {
                miss: 0.1,
                confidence: 0.95,
                seed: 1,
                since: Timestamp(0),
                until: Timestamp(number),
            },
            data: None,
            changes: Vec::new(),
            patch: String::new(),
            ground: Value::Null,
            held_out: None,
            promise: None,
            warnings: Vec::new(),
            judgement: Judgement::against("nothing"),
            standing: Standing::Proposed,
            history: Vec::new(),
            before: None,
        }
    }

    #[test]
    fn what_a_rollback_goes_back_to_is_never_dropped() {
        let before = id(Timestamp(1));
        let mut all: Vec<Proposal> = (0..4).map(proposal).collect();
        all[3].before = Some(before.clone());
        all.extend((4..4 + KEPT as u64).map(proposal));
        all.reverse();
        let in_force = id(Timestamp(3));
        let dropped = pruned(&all, Some(&in_force)).into_iter();
        let dropped: Vec<String> = dropped
            .map(|change| match change {
                RecordChange::Drop { key, .. } => key,
                RecordChange::Keep(kept) => panic!("{kept:?}"),
            })
            .collect();
        assert_eq!(dropped, [id(Timestamp(2)), id(Timestamp(0))]);
    }

    #[test]
    fn the_patch_is_a_layer_that_says_what_was_fitted() {
        let fitted = |signal, segment: Option<&str>, score| Fitted {
            signal,
            channel: None,
            segment: segment.map(str::to_owned),
            score,
        };
        let source = Source::new("w.toml", "[thresholds]\nsentiment = 0.4");
        let file = Config::parse(&source, Path::new(""), &Disk).unwrap();
        let changes: Vec<Change> = [
            fitted(SignalKind::Sentiment, Some("a \"vip\""), Some(0.3)),
            fitted(SignalKind::Sentiment, None, Some(0.623_456_8)),
            fitted(SignalKind::Verifier, None, None),
        ]
        .into_iter()
        .map(|fitted| Change::of(fitted, &file.workflow.policy))
        .collect();
        assert_eq!((changes[1].now, changes[2].now), (Some(0.4), Some(0.5)));
        let layered = file.layered(&patch(&changes)).unwrap();
        let again = |change: &Change| {
            let context = CustomerContext {
                segment: change.segment.clone(),
                ..CustomerContext::default()
            };
            let threshold = layered.workflow.policy.threshold(change.signal, &context);
            threshold.unwrap().score
        };
        for change in &changes {
            assert_eq!(again(change), change.then, "{change:?}");
        }
    }
}
