//! How fast is everything that is decided before a model is called, and the encoder under it?
//!
//! `cargo bench -p warmline-benches --bench premodel -- SCOPE MESSAGES` takes an `examples.toml` and
//! a file with a message on each line. It prints one line of JSON: decisions a second (gates,
//! domain, language, sentiment and loop on each message as the first turn of a conversation), one
//! at a time and 32 at once; messages a second of the encoder alone, on one core, 32 at once; the
//! median of a single message on all cores, in milliseconds; resident memory in MB.
//! `benches/peers/run.py` calls it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;
use warmline::core::source::Source;
use warmline::detect::encoder::{Limits, MiniLm};
use warmline::detect::{
    Case, DetectConfig, Detector, Encoder, Learner, Scope, SharedEncoder, detectors,
    model::{self, ModelFiles},
};
use warmline::{Speaker, Timestamp, Turn, TurnNumber};
use warmline_benches as _;

/// Messages that are taken at once where several are.
const AT_ONCE: usize = 32;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // Cargo adds `--bench` to what it is given.
    let mut files = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"));
    let (Some(scope), Some(messages)) = (files.next(), files.next()) else {
        // As a part of `cargo bench` without more words there is nothing to measure.
        println!("give an examples.toml and a file of messages; see benches/peers/run.py");
        return Ok(());
    };
    let scope = Source::new(scope.clone(), std::fs::read_to_string(&scope)?);
    let scope = Scope::parse(&scope)?;
    let messages = std::fs::read_to_string(messages)?;
    let messages: Vec<String> = messages.lines().map(str::to_owned).collect();
    let files = model::fetch(&mut |_| {})?;

    let runtime = warmline_benches::threads();
    // Each kind of call has an encoder of its own, that has not seen the messages before.
    let decided = async |at_once: usize| {
        let all = learned(&files, &scope).await?;
        decide(&all, &["Good morning, can you help me?".to_owned()]).await?;
        let began = Instant::now();
        for messages in messages.chunks(at_once) {
            decide(&all, messages).await?;
        }
        // What is resident is so with all that was learned.
        Ok::<_, Failure>((rate(messages.len(), began), resident()))
    };
    let (one, _) = runtime.block_on(decided(1))?;
    let (batched, memory) = runtime.block_on(decided(AT_ONCE))?;

    let encoder = MiniLm::load(&files, NonZeroUsize::MIN)?;
    let pass = || -> Result<f64, Failure> {
        let began = Instant::now();
        for messages in messages.chunks(AT_ONCE) {
            encoder.encode(messages)?;
        }
        Ok(rate(messages.len(), began))
    };
    pass()?;
    let core = pass()?.max(pass()?);
    let threads = std::thread::available_parallelism()?;
    let encoder = MiniLm::load(&files, threads)?;
    let mut single = Vec::with_capacity(messages.len());
    for message in &messages {
        let began = Instant::now();
        encoder.encode(std::slice::from_ref(message))?;
        single.push(began.elapsed().as_secs_f64() * 1e3);
    }
    single.sort_by(f64::total_cmp);
    println!(
        "{{\"one\":{one:.1},\"batched\":{batched:.1},\"encoder_core\":{core:.1},\"single_ms\":{:.2},\"resident_mb\":{memory:.0}}}",
        single.get(single.len() / 2).copied().unwrap_or_default(),
    );
    Ok(())
}

/// The detectors that are asked before a model is.
async fn learned(files: &ModelFiles, scope: &Scope) -> Result<Vec<Arc<dyn Detector>>, Failure> {
    let encoder: Arc<dyn Encoder> = Arc::new(SharedEncoder::load(files, Limits::default())?);
    let learner = Arc::new(Learner::new(scope, encoder).await?);
    let mut config = DetectConfig::default();
    config.pivot.enabled = false;
    config.grounding.enabled = false;
    Ok(detectors(&config, scope, &learner).await?)
}

/// Has every detector look at each message, each as a task of its own, as the runtime does.
async fn decide(detectors: &[Arc<dyn Detector>], messages: &[String]) -> Result<(), Failure> {
    let mut examined = JoinSet::new();
    for message in messages {
        let case = Arc::new(case(message));
        for detector in detectors.iter().filter(|d| d.stage().at_turn()) {
            let (detector, case) = (Arc::clone(detector), Arc::clone(&case));
            examined.spawn(async move { detector.examine(&case).await });
        }
    }
    while let Some(findings) = examined.join_next().await {
        findings??;
    }
    Ok(())
}

/// A conversation of one turn.
fn case(text: &str) -> Case {
    Case {
        turns: vec![Arc::new(Turn {
            number: TurnNumber(1),
            speaker: Speaker::Customer,
            text: text.to_owned(),
            at: Timestamp(0),
            epoch: Default::default(),
            citations: Vec::new(),
        })],
        through: TurnNumber(1),
        ..Case::default()
    }
}

fn rate(messages: usize, began: Instant) -> f64 {
    messages as f64 / began.elapsed().as_secs_f64()
}

/// Resident memory in MB; 0 where the system does not say.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kilobytes.unwrap_or(0.0) / 1e3
}
