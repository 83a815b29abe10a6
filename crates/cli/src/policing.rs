//! What the server's policy rests on, from the lab: the calibrator, and the candidate in the shadow.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use warmline::core::outcome::Ended;
use warmline::core::policy::{Policy, Threshold};
use warmline::core::source::Problems;
use warmline::detect::Encoder;
use warmline::journal::{BoxFuture, Journal};
use warmline::{Config, ConfigVersion, ConversationId, Entry, Warmline};
use warmline_lab::audit::Rules;
use warmline_lab::calibrate::{Calibration, Labelled, Limit, Wanted, calibrate};
use warmline_lab::redecision::{self, Following};
use warmline_server::Policing;
use warmline_server::policy::{
    self, CalibrationConfig, Calibrator, Data, Figures, Fitted, Found, Handed, ShadowConfig,
};

use crate::another::same_detectors;
use crate::host;

/// Steps read at once.
const PAGE: usize = 256;

/// What a configuration says of its own upkeep.
pub(crate) struct Upkeep {
    calibration: CalibrationConfig,
    shadow: Option<Shadow>,
}

/// The candidate of a `[shadow]` section.
struct Shadow {
    file: PathBuf,
    config: Config,
    share: Option<f64>,
}

impl Upkeep {
    /// Reads the sections of `config`, and the candidate, whose path is relative to `beside`.
    pub(crate) fn read(config: &Config, beside: &Path) -> Result<Self, Problems> {
        let calibration = CalibrationConfig::parse(&config.source)?;
        let shadow = ShadowConfig::parse(&config.source)?.map(|section| {
            let file = beside.join(&section.config);
            let config = host::with_environment(Config::load(&file)?);
            config.check_names(&[])?;
            Ok(Shadow {
                file,
                config,
                share: section.share,
            })
        });
        Ok(Self {
            calibration,
            shadow: shadow.transpose()?,
        })
    }

    /// The candidate that decides a share of new conversations, and those that it has, where one does.
    pub(crate) fn canary(&self) -> Option<(Config, f64)> {
        let shadow = self.shadow.as_ref()?;
        Some((shadow.config.clone(), shadow.share?))
    }

    /// Sets up what the server needs for it.
    pub(crate) async fn ready(
        self,
        encoder: Arc<dyn Encoder>,
        journal: Arc<dyn Journal>,
    ) -> anyhow::Result<Policing> {
        let calibrator = LabCalibrator(journal.clone());
        let mut candidate: Option<Arc<dyn policy::Candidate>> = None;
        if let Some(shadow) = self.shadow {
            let found = LabCandidate::new(shadow, encoder, journal).await?;
            candidate = Some(Arc::new(found));
        }
        Ok(Policing {
            calibration: self.calibration,
            calibrator: Some(Arc::new(calibrator)),
            candidate,
        })
    }
}

/// The lab's calibration, on what the journal knows.
struct LabCalibrator(Arc<dyn Journal>);

impl Calibrator for LabCalibrator {
    fn calibrate(&self, warmline: &Warmline, wanted: &policy::Wanted) -> Result<Found, String> {
        let known = Known::read(warmline, &*self.0, wanted).map_err(|error| error.to_string())?;
        let limit = Limit {
            miss: wanted.miss,
            confidence: wanted.confidence,
        };
        let seed = wanted.seed;
        let workflow = warmline.workflow();
        let found = calibrate(&known.labelled, &workflow.policy, Wanted { limit, seed });
        let found = found.map_err(|error| match known.warning() {
            Some(warning) => format!("{error}; {warning}"),
            None => error.to_string(),
        })?;
        let thresholds = fitted(&found);
        Ok(Found {
            data: Data {
                conversations: found.conversations,
                needed: found.needed,
                held_out: found.parts[2],
            },
            promise: (found.holds() && replaces(&thresholds, &workflow.policy.thresholds))
                .then(|| found.promise()),
            thresholds,
            warnings: found
                .warnings()
                .into_iter()
                .chain(known.warning())
                .collect(),
            held_out: Box::new(move |policy: &Policy| figures(found.held_out_under(policy))),
        })
    }
}

fn figures(of: warmline_lab::calibrate::Figures) -> Figures {
    Figures {
        conversations: of.conversations,
        needed: of.needed,
        missed: of.missed,
        handoffs: of.handoffs,
        false_alarms: of.false_alarms,
    }
}

/// The thresholds that are proposed. What no conversation shows is not for these data to decide.
fn fitted(found: &Calibration) -> Vec<Fitted> {
    let seen = found.proposed().into_iter();
    let seen = seen.filter(|threshold| found.weighed.contains(&threshold.kind));
    seen.map(|threshold| Fitted {
        signal: threshold.kind,
        channel: threshold.channel,
        segment: threshold.segment,
        score: threshold.score,
    })
    .collect()
}

/// Whether `proposed` leaves none of the thresholds for channels and segments as they are `now`: the
/// promise is one of the proposed thresholds alone.
fn replaces(proposed: &[Fitted], now: &[Threshold]) -> bool {
    let scoped = |one: &&Threshold| one.channel.is_some() || one.segment.is_some();
    now.iter().filter(scoped).all(|one| {
        let same =
            |new: &Fitted| one.is_for(new.signal, new.channel.as_deref(), new.segment.as_deref());
        proposed.iter().any(same)
    })
}

/// The conversations of the period of which it is known whether they needed a human: by an
/// operator's word on the first handoff, else by how they ended.
struct Known {
    labelled: Vec<Labelled>,
    /// How many are left out, since their detectors were set otherwise.
    left_out: usize,
}

impl Known {
    fn read(
        warmline: &Warmline,
        journal: &dyn Journal,
        wanted: &policy::Wanted,
    ) -> Result<Self, warmline::Error> {
        let records = warmline.records();
        // In the order of ids: the split is drawn from a seed.
        let mut conversations: BTreeMap<String, (Vec<Ended>, Option<bool>)> = BTreeMap::new();
        for end in records.outcomes(wanted.since, wanted.until)? {
            let (ends, _) = conversations
                .entry(end.conversation.to_string())
                .or_default();
            ends.push(end);
        }
        let said = records.feedback(wanted.since, wanted.until)?.into_iter();
        for said in said.filter(|said| said.handoff == 1) {
            let (_, word) = conversations
                .entry(said.conversation.to_string())
                .or_default();
            *word = Some(said.needed);
        }
        let file = warmline.file();
        let mut same: HashMap<ConfigVersion, bool> = HashMap::new();
        let mut is_same = |version: &ConfigVersion| {
            let found = || same_detectors(journal, version, &file);
            *same.entry(version.clone()).or_insert_with(found)
        };
        let (mut labelled, mut left_out) = (Vec::new(), 0);
        for (id, (ends, said)) in conversations {
            let conversation = ConversationId::new(id.as_str());
            // What cannot be read is for `warmline inspect` to tell.
            let Ok(Ok(entries)) = conversation.map(|it| entries(warmline, &it)) else {
                continue;
            };
            let Some(one) = Labelled::in_journal(&id, &entries, &ends, said) else {
                continue;
            };
            // What was found after the first handoff does not count.
            let first = entries.iter().position(|it| it.decided.trigger.is_some());
            let counts = &entries[..first.map_or(entries.len(), |first| first + 1)];
            match counts.iter().all(|entry| is_same(&entry.config)) {
                true => labelled.push(one),
                false => left_out += 1,
            }
        }
        Ok(Self { labelled, left_out })
    }

    fn warning(&self) -> Option<String> {
        (self.left_out > 0).then(|| {
            format!(
                "left out: {} conversations whose detectors were set otherwise, so that their \
                 scores cannot be compared",
                self.left_out
            )
        })
    }
}

fn entries(warmline: &Warmline, id: &ConversationId) -> Result<Vec<Entry>, warmline::Error> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let next = all.last().map_or(0, |last| last.seq + 1);
        let mut page = warmline.entries(id, next, PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.append(&mut page);
    }
}

/// A configuration that decides beside the one in force.
struct LabCandidate {
    name: String,
    share: Option<f64>,
    config: Config,
    rules: Arc<Rules>,
    journal: Arc<dyn Journal>,
    /// Whether the detectors of other configurations are set as the candidate's.
    same: Arc<Mutex<HashMap<ConfigVersion, bool>>>,
}

impl LabCandidate {
    /// Sets up what the candidate of a `[shadow]` section decides by.
    async fn new(
        shadow: Shadow,
        encoder: Arc<dyn Encoder>,
        journal: Arc<dyn Journal>,
    ) -> anyhow::Result<Self> {
        let Shadow {
            file,
            config,
            share,
        } = shadow;
        let workflow = config.workflow.clone();
        let rules = Rules::new(workflow, &config.detect, &config.scope, encoder)
            .await
            .context("shadow.config")?;
        Ok(Self {
            name: file.display().to_string(),
            share,
            config,
            rules: Arc::new(rules),
            journal,
            same: Arc::default(),
        })
    }
}

impl policy::Candidate for LabCandidate {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &ConfigVersion {
        &self.config.workflow.version
    }

    fn share(&self) -> Option<f64> {
        self.share
    }

    fn begin(&self) -> Box<dyn policy::Beside> {
        let (journal, config) = (self.journal.clone(), self.config.clone());
        let known = self.same.clone();
        let same = move |version: &ConfigVersion| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            *known
                .entry(version.clone())
                .or_insert_with(|| same_detectors(&*journal, version, &config))
        };
        Box::new(LabBeside(Following::new(self.rules.clone(), same)))
    }
}

struct LabBeside<F>(Following<F>);

impl<F: Fn(&ConfigVersion) -> bool + Send + Sync> policy::Beside for LabBeside<F> {
    fn live<'a>(&'a mut self, entry: &'a Entry) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let lived = self.0.live(entry).await;
            lived.map_err(|error| error.to_string())
        })
    }

    fn handed(&self) -> (Option<Handed>, Option<Handed>) {
        let (before, after) = self.0.handed();
        (before.map(handed), after.map(handed))
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

fn handed(of: redecision::Handed) -> Handed {
    Handed {
        turn: of.turn,
        trigger: of.kind,
        words: of.words,
    }
}

#[cfg(test)]
mod tests;
