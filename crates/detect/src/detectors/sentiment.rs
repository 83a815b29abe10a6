//! Sentiment: is the customer upset with us, or getting there?
//!
//! Each turn is scored by its phrasing (a lexicon with intensifiers and negation, profanity,
//! repeated negation, polite rage) and by its meaning (a small head fitted to hand-written
//! anchors); the trend over the last turns is added. Terse is not angry, and anger at the world
//! is not anger at us: the anchors hold both among the calm. Where the encoder does not answer in
//! time, the phrasing alone decides.

mod abuse;
mod discontent;
mod heads;
mod lexicon;
mod mood;
mod trend;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};
use warmline_core::turn::Turn;

use crate::Error;
use crate::config::SentimentConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Encoder};
use crate::examples::{encode_within, meaning};
use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::recent::Recent;
use crate::text::{Folded, cut, quote, words};

pub use heads::{SentimentLessons, abuse_of, train_sentiment};
use lexicon::Part;
use mood::{Mood, Reading};

/// Open turns that are always in the window, however short it is configured.
const MAX_OPEN: usize = 8;

/// Bytes of a turn that its mood is read from.
const MAX_BYTES: usize = 4_000;

/// How much of what is missing to 1 a rise from calm to furious over the window adds.
const RISE: f32 = 0.6;

/// A rise of less than this is noise.
const LEAST_RISE: f32 = 0.1;

/// Chance from which a reading of the whole turn is named as evidence.
const LIKELY: f32 = 0.5;

/// Turns in a row that begin by denying, from which that is repeated negation, and its weight.
const DENIALS: usize = 3;
const DENIAL_WEIGHT: f32 = 0.4;

/// Readings that are remembered: a turn stays in the window for several examinations.
const REMEMBERED: usize = 4_096;

/// Scores the customer's mood.
pub(super) struct Sentiment {
    config: SentimentConfig,
    mood: Mood,
    encoder: Arc<dyn Encoder>,
    fingerprints: Fingerprints,
    /// By the words of a turn and the answer before them.
    recent: Mutex<Recent<Fingerprint, Reading>>,
}

impl Sentiment {
    /// Fits the heads.
    pub(super) async fn learned(
        config: SentimentConfig,
        encoder: Arc<dyn Encoder>,
    ) -> Result<Sentiment, Error> {
        Ok(Sentiment {
            config,
            mood: Mood::learned(&*encoder).await?,
            encoder,
            fingerprints: Fingerprints::default(),
            recent: Mutex::new(Recent::new(REMEMBERED)),
        })
    }

    async fn signal(&self, case: &Case) -> Signal {
        let open = case.open_turns().count().min(MAX_OPEN);
        let window = usize::from(self.config.window.get()).max(open);
        let mut turns: Vec<&Turn> = case.customer_turns().rev().take(window).collect();
        turns.reverse();
        let readings = self.readings(case, &turns).await;
        let scores: Vec<f32> = readings.iter().map(|reading| reading.score).collect();
        let worst =
            (turns.len() - open..turns.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let Some(worst) = worst else {
            return Signal {
                kind: SignalKind::Sentiment,
                score: 0.0,
                evidence: Vec::new(),
            };
        };
        let mut evidence = evidence(turns[worst], &readings[worst]);
        let mut calm = 1.0 - scores[worst];
        let denials = turns.iter().rev().take_while(|turn| denies(turn)).count();
        if denials >= DENIALS {
            calm *= 1.0 - DENIAL_WEIGHT;
            let last = turns[turns.len() - 1];
            let why = format!("repeated negation: {denials} turns in a row begin by denying");
            evidence.push(found(last, &last.text, why));
        }
        let steps = turns.len().saturating_sub(1) as f32;
        let rise = (trend::slope(&scores) * steps).clamp(0.0, 1.0);
        if rise >= LEAST_RISE {
            calm *= 1.0 - RISE * rise;
            let course: Vec<String> = scores.iter().map(|s| format!("{s:.2}")).collect();
            let why = format!(
                "getting worse over {} turns: {}",
                turns.len(),
                course.join(", ")
            );
            evidence.push(found(turns[worst], &turns[worst].text, why));
        }
        Signal {
            kind: SignalKind::Sentiment,
            score: 1.0 - calm,
            evidence,
        }
    }

    /// How each of `turns` reads.
    async fn readings(&self, case: &Case, turns: &[&Turn]) -> Vec<Reading> {
        let read: Vec<(&str, Option<&str>)> = turns
            .iter()
            .map(|turn| (cut(&turn.text, MAX_BYTES), answered(case, turn)))
            .collect();
        let keys: Vec<Fingerprint> = read.iter().map(|read| self.fingerprints.of(read)).collect();
        let mut readings: Vec<Option<Reading>> = {
            let mut recent = self.recent();
            keys.iter().map(|key| recent.get(key).cloned()).collect()
        };
        let new: Vec<usize> = (0..turns.len())
            .filter(|i| readings[*i].is_none())
            .collect();
        let texts = new.iter().map(|i| meaning(&turns[*i].text)).collect();
        // Half of the budget: the lexicon's answer must be out before it ends.
        let vectors = encode_within(&*self.encoder, texts, self.config.budget / 2).await;
        let vectors = vectors.unwrap_or_default();
        for (place, i) in new.into_iter().enumerate() {
            let (text, answer) = read[i];
            let vector = vectors.get(place);
            let folded = Folded::of(text);
            let fresh = self.mood.read(text, folded.text(), answer, vector);
            // By its phrasing alone it was judged in haste.
            if vector.is_some() {
                self.recent().insert(keys[i], fresh.clone());
            }
            readings[i] = Some(fresh);
        }
        readings.into_iter().flatten().collect()
    }

    fn recent(&self) -> MutexGuard<'_, Recent<Fingerprint, Reading>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The phrasings that fired in a turn, one for each part, and how it reads as a whole.
fn evidence(turn: &Turn, reading: &Reading) -> Vec<Evidence> {
    let text = cut(&turn.text, MAX_BYTES);
    let view = Folded::of(text);
    let mut hits = lexicon::hits(view.text());
    hits.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let mut seen: Vec<Part> = Vec::new();
    hits.retain(|hit| {
        let new = !seen.contains(&hit.part);
        seen.push(hit.part);
        new
    });
    let mut evidence: Vec<Evidence> = hits
        .into_iter()
        .map(|hit| found(turn, &text[view.origin(hit.at)], hit.part.why().to_owned()))
        .collect();
    if lexicon::shouting(text).is_some() {
        evidence.push(found(turn, text, Part::Shouting.why().to_owned()));
    }
    // Together they may fire where none is likely: no score is without a reason.
    let least = match evidence.is_empty() {
        true => reading.parts.iter().map(|part| part.0).fold(0.0, f32::max),
        false => LIKELY,
    };
    let likely = reading
        .parts
        .iter()
        .filter(|part| part.0 >= least.min(LIKELY));
    evidence.extend(likely.map(|(chance, why)| found(turn, text, format!("{why} ({chance:.2})"))));
    evidence
}

impl Detector for Sentiment {
    fn name(&self) -> &'static str {
        "sentiment"
    }

    fn stage(&self) -> Stage {
        Stage::Turn
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            Ok(Findings {
                signals: vec![self.signal(case).await],
                ..Findings::default()
            })
        })
    }
}

/// What the customer was told before `turn`.
fn answered<'a>(case: &'a Case, turn: &Turn) -> Option<&'a str> {
    let mut before = case.seen().rev().filter(|t| t.number < turn.number);
    let answer = before.find(|turn| !turn.is_customer())?;
    Some(&answer.text)
}

fn found(turn: &Turn, words: &str, why: String) -> Evidence {
    Evidence {
        turn: Some(turn.number),
        quote: quote(words),
        why,
    }
}

/// Whether a turn begins by denying and goes on; a mere "no" answers a question.
fn denies(turn: &Turn) -> bool {
    let view = Folded::of(cut(&turn.text, MAX_BYTES));
    let mut words = words(view.text());
    let first = words.next();
    first.is_some_and(|first| matches!(first.text, "no" | "not" | "nope" | "wrong" | "stop"))
        && words.nth(1).is_some()
        && !view.text().contains("thank")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::HashedEncoder;
    use crate::Vector;
    use crate::case;

    async fn learned(encoder: impl Encoder) -> Sentiment {
        let encoder = Arc::new(encoder);
        let learned = Sentiment::learned(SentimentConfig::default(), encoder);
        learned.await.unwrap()
    }

    async fn signal(turns: &[(&str, &str)]) -> Signal {
        learned(HashedEncoder).await.signal(&case::of(turns)).await
    }

    fn whys(signal: &Signal) -> String {
        let whys: Vec<&str> = signal.evidence.iter().map(|e| e.why.as_str()).collect();
        whys.join("; ")
    }

    #[tokio::test]
    async fn evidence_names_the_part_that_fired() {
        let sentiment = learned(HashedEncoder).await;
        for (text, part) in [
            ("This is bullshit, you useless idiots.", "profanity"),
            (
                "With all due respect, I find it unacceptable that nobody replied.",
                "polite rage",
            ),
            ("no no no, that is wrong", "repeated negation"),
            ("WHERE IS MY MONEY?!", "shouting"),
        ] {
            let signal = sentiment.signal(&case::of(&[("customer", text)])).await;
            assert!(whys(&signal).contains(part), "{text}: {}", whys(&signal));
        }
    }

    #[tokio::test]
    async fn terse_and_neutral_turns_are_calm() {
        let sentiment = learned(HashedEncoder).await;
        for text in [
            "no",
            "refund",
            "order 123",
            "it does not work",
            "Where is my parcel?",
            "thanks!",
        ] {
            let signal = sentiment.signal(&case::of(&[("customer", text)])).await;
            assert!(signal.score < 0.5, "{text}: {signal:?}");
        }
    }

    #[tokio::test]
    async fn no_score_is_without_a_reason() {
        let sentiment = learned(HashedEncoder).await;
        for text in [
            "Where is my parcel?",
            "This is what you call help, is it",
            "ok",
        ] {
            let signal = sentiment.signal(&case::of(&[("customer", text)])).await;
            assert!(!signal.evidence.is_empty(), "{text}: {signal:?}");
        }
    }

    #[tokio::test]
    async fn a_rise_adds_to_the_score_and_shows_its_course() {
        let last = "I am disappointed, still no answer.";
        let alone = signal(&[("customer", last)]).await;
        let rising = signal(&[
            ("customer", "Where is my parcel?"),
            ("assistant", "On its way."),
            ("customer", "It is late, that is annoying."),
            ("assistant", "Sorry."),
            ("customer", last),
        ])
        .await;
        assert!(rising.score > alone.score);
        assert!(
            whys(&rising).contains("getting worse over 3 turns"),
            "{}",
            whys(&rising)
        );
    }

    #[tokio::test]
    async fn denial_after_denial_is_repeated_negation() {
        let turns = [
            ("customer", "No, not the blue one"),
            ("assistant", "The red one?"),
            ("customer", "No, I said the jacket"),
            ("assistant", "The red jacket?"),
            ("customer", "No, look at the order"),
        ];
        assert!(whys(&signal(&turns).await).contains("3 turns in a row"));
    }

    #[tokio::test]
    async fn what_was_said_before_the_open_turns_is_not_held_against_them() {
        let turns = [
            ("customer", "This is outrageous, you are useless!"),
            ("assistant", "I am sorry."),
            ("customer", "ok thanks"),
        ];
        let signal = signal(&turns).await;
        assert!(signal.score < 0.5, "{signal:?}");
    }

    /// Answers while the detector is built, then never again.
    struct Falling(AtomicBool);

    impl Encoder for Falling {
        fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
            if self.0.swap(true, Ordering::SeqCst) {
                Box::pin(std::future::pending())
            } else {
                HashedEncoder.encode(texts)
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_the_encoder_the_phrasing_decides() {
        let sentiment = learned(Falling(AtomicBool::new(false))).await;
        let angry = case::of(&[("customer", "This is outrageous, your service is useless!")]);
        let calm = case::of(&[("customer", "Where is my parcel?")]);
        assert!(sentiment.signal(&angry).await.score > 0.5);
        assert!(sentiment.signal(&calm).await.score < 0.5);
    }
}
