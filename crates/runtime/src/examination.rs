//! Detectors as actors, and an examination: all of them asked at once, each within its budget.

use std::sync::Arc;
use std::time::Instant;

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::{Semaphore, oneshot};
use warmline_core::signal::{Failure, Findings};
use warmline_detect::{Case, Detector};

use crate::bounds;
use crate::error::{Error, chain};
use crate::telemetry;

/// Most cases that one detector looks at at once; further ones count as failed.
const CASES: usize = 512;

/// One question to a detector.
struct Examine {
    case: Arc<Case>,
    reply: oneshot::Sender<Result<Findings, String>>,
}

/// The actor of one detector. The work runs beside it, so a slow or crashing case holds up no
/// other: a panic drops the reply, which the examination reports as a failure.
struct DetectorActor;

impl Actor for DetectorActor {
    type Msg = Examine;
    type State = (Arc<dyn Detector>, Arc<Semaphore>);
    type Arguments = Arc<dyn Detector>;

    async fn pre_start(
        &self,
        _: ActorRef<Examine>,
        detector: Arc<dyn Detector>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok((detector, Arc::new(Semaphore::new(CASES))))
    }

    async fn handle(
        &self,
        _: ActorRef<Examine>,
        Examine { case, mut reply }: Examine,
        (detector, places): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let Ok(place) = places.clone().try_acquire_owned() else {
            // Nobody waits for it any more if this fails.
            let _ = reply.send(Err("too many cases at once".to_owned()));
            return Ok(());
        };
        let detector = detector.clone();
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                found = detector.examine(&case) => {
                    let found = found.map_err(|error| bounds::reason(chain(&error)));
                    let _ = reply.send(found.and_then(bounds::findings));
                }
                () = reply.closed() => {}
            }
        });
        Ok(())
    }
}

/// Keeps the detector actors; one that ends is a bug, since their work runs beside them.
struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        event: SupervisionEvent,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(actor, error) = event {
            tracing::error!(actor = %actor.get_id(), %error, "a detector's actor ended");
        }
        Ok(())
    }
}

/// The detectors of one configuration.
pub(crate) struct Examiners {
    detectors: Vec<(Arc<dyn Detector>, ActorRef<Examine>)>,
    supervisor: ActorCell,
}

impl Drop for Examiners {
    /// A configuration that no conversation uses any more takes its actors along.
    fn drop(&mut self) {
        self.supervisor.stop_children(None);
        self.supervisor.stop(None);
    }
}

impl Examiners {
    /// Starts an actor for each of `detectors`.
    pub(crate) async fn start(detectors: Vec<Arc<dyn Detector>>) -> Result<Self, Error> {
        let failed = |error: ractor::SpawnErr| Error::Start {
            what: "a detector",
            reason: error.to_string(),
        };
        let (supervisor, _) = Actor::spawn(None, Supervisor, ()).await.map_err(failed)?;
        let mut started = Vec::with_capacity(detectors.len());
        for detector in detectors {
            let parent = supervisor.get_cell();
            let (actor, _) = Actor::spawn_linked(None, DetectorActor, detector.clone(), parent)
                .await
                .map_err(failed)?;
            started.push((detector, actor));
        }
        Ok(Self {
            detectors: started,
            supervisor: supervisor.get_cell(),
        })
    }

    /// Asks every detector of the stage at once, the one of drafts if the case holds one. A
    /// detector that is slow, failing or crashed is a failure among the findings.
    pub(crate) async fn examine(&self, case: Arc<Case>) -> Findings {
        let at_draft = case.draft.is_some();
        let asked = self.detectors.iter().filter(|(detector, _)| {
            let stage = detector.stage();
            if at_draft {
                stage.at_draft()
            } else {
                stage.at_turn()
            }
        });
        let answers = asked.map(|(detector, actor)| ask(detector.as_ref(), actor, case.clone()));
        let mut findings = Findings::default();
        for answer in futures::future::join_all(answers).await {
            findings.merge(answer);
        }
        findings
    }
}

async fn ask(detector: &dyn Detector, actor: &ActorRef<Examine>, case: Arc<Case>) -> Findings {
    let began = Instant::now();
    let span = telemetry::detector(detector.name(), case.draft.is_some());
    let (reply, answer) = oneshot::channel();
    let result = match actor.cast(Examine { case, reply }) {
        Err(_) => Err("not running".to_owned()),
        Ok(()) => match tokio::time::timeout(detector.budget(), answer).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err("crashed".to_owned()),
            Err(_) => Err(format!(
                "took longer than {} ms",
                detector.budget().as_millis()
            )),
        },
    };
    metrics::histogram!("warmline_detector_seconds", "detector" => detector.name())
        .record(began.elapsed());
    if let Ok(findings) = &result {
        telemetry::found(&span, findings);
    }
    result.unwrap_or_else(|reason| {
        span.record("error.type", "detector_failed");
        metrics::counter!("warmline_detector_failures_total", "detector" => detector.name())
            .increment(1);
        tracing::warn!(detector = detector.name(), %reason, "no finding");
        let failure = Failure {
            detector: detector.name().to_owned(),
            reason,
        };
        Findings {
            failures: vec![failure],
            ..Findings::default()
        }
    })
}
