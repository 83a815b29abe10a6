//! Repeat loop: the customer says the same in other words, or the assistant gives the same answer
//! again.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regex::Regex;
use warmline_core::signal::{Evidence, Findings, Signal, SignalKind};
use warmline_core::turn::{Draft, Turn};

use crate::Error;
use crate::config::LoopConfig;
use crate::detector::{Case, Detector, Stage};
use crate::encoder::{BoxFuture, Vector};
use crate::examples::{encode, meaning};
use crate::learner::Learner;
use crate::text::{Folded, cut, is_small_talk, quote, references};
use crate::understanding::{Reading, Understanding};

/// The latest turns of a speaker that can be part of a loop.
const MAX_TURNS: usize = 12;

/// Bytes of a turn that are read.
const MAX_BYTES: usize = 4_000;

/// Counts how often the same was said.
///
/// Said once is no loop: the score is 0. With each repetition what is missing to 1 shrinks by the
/// same factor, chosen so that the configured number of strikes scores one half:
/// `1 - 0.5^((said - 1) / (strikes - 1))`.
pub(super) struct Repeat {
    config: LoopConfig,
    learner: Arc<Learner>,
}

/// Agreement on what a turn is about, from which two turns are of one intent. Chosen on the
/// validation splits of CLINC150 and HWU64.
const AGREEMENT: f32 = 0.1;

/// Similarity below which turns do not say the same, even if they are of one intent.
const LEAST_SIMILARITY: f32 = 0.25;

/// What a turn says.
struct Meaning<'a> {
    vector: Vector,
    /// What the scope takes it for, where that counts.
    reading: Option<Reading<'a>>,
}

/// A turn of a loop: why it counts.
struct Strike<'a> {
    turn: &'a Turn,
    why: String,
}

impl Repeat {
    /// Compares turns, and where configured by what `learner` takes them for.
    pub(super) fn new(config: LoopConfig, learner: Arc<Learner>) -> Repeat {
        Repeat { config, learner }
    }

    /// The customer's loop. The substantive turns are walked from the oldest: one that complains
    /// of not being heard, or says the same as an earlier one of the loop without anything new,
    /// is a strike; any other begins anew.
    async fn customer(&self, case: &Case) -> Result<Signal, Error> {
        let mut turns: Vec<&Turn> = case
            .customer_turns()
            .rev()
            .filter(|turn| !is_small_talk(Folded::of(cut(&turn.text, MAX_BYTES)).text()))
            .take(MAX_TURNS)
            .collect();
        turns.reverse();
        let open = turns.last().is_some_and(|turn| turn.number > case.settled);
        let vectors = self
            .vectors(turns.iter().map(|turn| turn.text.as_str()))
            .await?;
        let understanding = self.learner.understanding();
        let meanings = turns.iter().zip(vectors);
        let meanings: Vec<Meaning<'_>> = meanings
            .map(|(turn, vector)| self.meaning(&understanding, turn, vector))
            .collect();
        let mut known: Vec<String> = Vec::new();
        let mut told = case.seen().filter(|turn| !turn.is_customer()).peekable();
        let mut members: Vec<&Meaning<'_>> = Vec::new();
        let mut strikes: Vec<Strike<'_>> = Vec::new();
        for (turn, said) in turns.iter().zip(&meanings) {
            while let Some(answer) = told.next_if(|answer| answer.number < turn.number) {
                known.extend(references(cut(&answer.text, MAX_BYTES)));
            }
            let facts = references(cut(&turn.text, MAX_BYTES));
            let news = facts.iter().any(|fact| !known.contains(fact));
            let same = members
                .iter()
                .filter_map(|member| self.same(&understanding, member, said));
            let nearest = same.max_by(|a, b| a.0.total_cmp(&b.0));
            let view = Folded::of(cut(&turn.text, MAX_BYTES));
            let complaint = COMPLAINT.find(view.text());
            if let Some(complaint) = complaint.filter(|_| !strikes.is_empty()) {
                let words = &turn.text[view.origin(complaint.range())];
                let why = format!(
                    "says that it was said before: \u{201c}{}\u{201d}",
                    quote(words)
                );
                strikes.push(Strike { turn, why });
            } else if let Some((_, why)) = nearest.filter(|_| !news) {
                strikes.push(Strike { turn, why });
            } else {
                strikes.clear();
                members.clear();
                let why = "asked here".to_owned();
                strikes.push(Strike { turn, why });
            }
            members.push(said);
            known.extend(facts);
        }
        // A loop whose last turn was answered already is not asked about now.
        Ok(self.signal(if open { strikes } else { Vec::new() }))
    }

    fn meaning<'a>(
        &self,
        understanding: &'a Understanding,
        turn: &Turn,
        vector: Vector,
    ) -> Meaning<'a> {
        let reads = self.config.same_intent && !understanding.is_empty();
        let text = cut(&turn.text, MAX_BYTES);
        Meaning {
            reading: reads.then(|| understanding.reading(text, &vector)),
            vector,
        }
    }

    /// How similar two turns are that say the same, and why they do; none where they do not.
    fn same(
        &self,
        understanding: &Understanding,
        one: &Meaning<'_>,
        other: &Meaning<'_>,
    ) -> Option<(f32, String)> {
        let similarity = one.vector.cosine(&other.vector);
        let agreed = match (&one.reading, &other.reading) {
            (Some(one), Some(other)) => understanding.agreement(one, other),
            _ => None,
        };
        match agreed {
            Some((intent, agreement))
                if agreement >= AGREEMENT && similarity >= LEAST_SIMILARITY =>
            {
                let why = format!(
                    "asked again, as both are about `{intent}` (similarity {similarity:.2})"
                );
                Some((similarity, why))
            }
            _ if similarity >= self.config.similarity => Some((
                similarity,
                format!("asked again (similarity {similarity:.2})"),
            )),
            _ => None,
        }
    }

    /// The assistant's loop: its earlier answers that the draft repeats.
    async fn assistant(&self, case: &Case, draft: &Draft) -> Result<Signal, Error> {
        let mut answers: Vec<&Turn> = case
            .seen()
            .rev()
            .filter(|turn| turn.is_assistant())
            .take(MAX_TURNS)
            .collect();
        answers.reverse();
        if is_small_talk(Folded::of(cut(&draft.text, MAX_BYTES)).text()) {
            answers.clear();
        }
        let texts = answers.iter().map(|turn| turn.text.as_str());
        let vectors = self.vectors(texts.chain([draft.text.as_str()])).await?;
        let mut signal = self.signal(Vec::new());
        if let Some((proposed, earlier)) = vectors.split_last() {
            let repeated = answers.iter().zip(earlier).filter_map(|(turn, vector)| {
                let similarity = proposed.cosine(vector);
                let why = format!("the draft repeats this answer (similarity {similarity:.2})");
                (similarity >= self.config.answer_similarity).then_some(Strike { turn, why })
            });
            let repeated: Vec<Strike<'_>> = repeated.collect();
            signal = self.signal_of(repeated.len() + 1, repeated);
        }
        Ok(signal)
    }

    async fn vectors<'t>(
        &self,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Vec<Vector>, Error> {
        encode(&**self.learner.encoder(), texts.map(meaning).collect()).await
    }

    fn signal(&self, strikes: Vec<Strike<'_>>) -> Signal {
        self.signal_of(strikes.len(), strikes)
    }

    fn signal_of(&self, said: usize, strikes: Vec<Strike<'_>>) -> Signal {
        let needed = f32::from(self.config.strikes.get()) - 1.0;
        let repetitions = said.saturating_sub(1) as f32;
        let evidence = strikes.into_iter().map(|strike| Evidence {
            turn: Some(strike.turn.number),
            quote: quote(&strike.turn.text),
            why: strike.why,
        });
        Signal {
            kind: SignalKind::RepeatLoop,
            score: 1.0 - 0.5_f32.powf(repetitions / needed.max(1.0)),
            evidence: evidence.filter(|_| repetitions > 0.0).collect(),
        }
    }
}

impl Detector for Repeat {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn stage(&self) -> Stage {
        Stage::Both
    }

    fn budget(&self) -> Duration {
        self.config.budget
    }

    fn examine<'a>(&'a self, case: &'a Case) -> BoxFuture<'a, Result<Findings, Error>> {
        Box::pin(async move {
            let signal = match &case.draft {
                Some(draft) => self.assistant(case, draft).await?,
                None => self.customer(case).await?,
            };
            Ok(Findings {
                signals: vec![signal],
                ..Findings::default()
            })
        })
    }
}

/// What customers say who were not heard the first time.
static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:that|this)(?:'s| is|s| was| wasn't| isn't)(?: not|n't)? what i (?:asked|meant|said|want|wanted|was asking)\b",
        r"|\bnot what i(?:'m| am| was|'ve| have)? (?:ask(?:ed|ing)|meant?|said|saying)\b",
        r"|\bi(?:'ve| have| just)? (?:already|just) (?:told|said|asked|explained|gave|given|answered|mentioned|sent|wrote)\b",
        r"|\b(?:already|just) told you\b|\btold you (?:already|before|that)\b|\bas i (?:already |just |have )*(?:said|told|mentioned|explained|wrote)\b",
        r"|\b(?:didn't|did not|doesn't|does not|don't|not|haven't|have not|never|isn't|aren't) (?:really )?(?:answer|answered|answering) (?:my|the|that|a single)\b",
        r"|\byou(?:'re| are)? (?:keep|still) (?:giving|telling|saying|sending|repeating|asking|not)\b|\byou keep\b|\bsame (?:answer|question|reply|thing) (?:again|as before|over)\b",
        r"|\b(?:i'm|i am) (?:asking|repeating)(?: \w+){0,2} again\b|\bask(?:ed|ing)? (?:you )?(?:this |that |for this )?(?:again|twice|before|three times|several times|multiple times)\b",
        r"|\bread (?:my|what i) (?:message|question|wrote|said)\b|\bagain[:,] |\bi repeat\b|\byou (?:misunderstood|misunderstand|don't understand|did not understand|didn't understand)\b",
    ))
    .expect("the built-in pattern is a regular expression")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;
    use crate::{HashedEncoder, Scope};

    async fn repeat() -> Repeat {
        let learner = Learner::new(&Scope::default(), Arc::new(HashedEncoder)).await;
        Repeat::new(LoopConfig::default(), Arc::new(learner.unwrap()))
    }

    async fn customer(turns: &[(&str, &str)]) -> Signal {
        repeat().await.customer(&case::of(turns)).await.unwrap()
    }

    const ASKED: [(&str, &str); 2] = [
        ("customer", "Where is my refund?"),
        ("assistant", "Refunds take five days."),
    ];

    #[tokio::test]
    async fn the_third_time_scores_one_half() {
        let again = ("customer", "where is my refund");
        let twice = [&ASKED[..], &[again]].concat();
        let thrice = [&ASKED[..], &ASKED[..], &[again]].concat();
        let often = [&ASKED[..], &ASKED[..], &ASKED[..], &ASKED[..], &[again]].concat();
        assert_eq!(customer(&ASKED[..1]).await.score, 0.0);
        assert!((customer(&twice).await.score - 0.293).abs() < 1e-3);
        let signal = customer(&thrice).await;
        assert_eq!(signal.score, 0.5);
        let turns: Vec<u32> = signal.evidence.iter().map(|e| e.turn.unwrap().0).collect();
        assert_eq!(turns, [1, 3, 5]);
        assert_eq!(customer(&often).await.score, 0.75);
    }

    #[tokio::test]
    async fn a_complaint_of_not_being_heard_is_a_strike() {
        let turns = [
            &ASKED[..],
            &[
                ("customer", "That's not what I asked"),
                ("assistant", "I see."),
                ("customer", "I already told you!"),
            ],
        ]
        .concat();
        let signal = customer(&turns).await;
        assert_eq!(signal.score, 0.5);
        assert!(signal.evidence[1].why.contains("That's not what I asked"));
        assert_eq!(
            customer(&[("customer", "I already told you!")]).await.score,
            0.0
        );
    }

    #[tokio::test]
    async fn something_new_breaks_the_loop() {
        for new in [
            "where is my refund for order 5521?",
            "How do I pack a tent for the return?",
        ] {
            let turns = [&ASKED[..], &ASKED[..], &[("customer", new)]].concat();
            assert_eq!(customer(&turns).await.score, 0.0, "{new}");
        }
        // A number that the assistant named is nothing new, nor is how often it was asked.
        let told = [
            ("customer", "where is my refund"),
            ("assistant", "Order 5521 was refunded."),
            ("customer", "where is my refund 5521"),
        ];
        assert!(customer(&told).await.score > 0.0);
    }

    #[tokio::test]
    async fn politeness_neither_repeats_nor_breaks() {
        let thanks = [("customer", "ok thanks"), ("assistant", "You're welcome.")];
        assert_eq!(
            customer(&[&thanks[..], &thanks[..], &thanks[..1]].concat())
                .await
                .score,
            0.0
        );
        let turns = [
            &ASKED[..],
            &thanks[..],
            &ASKED[..],
            &thanks[..],
            &ASKED[..1],
        ]
        .concat();
        assert_eq!(customer(&turns).await.score, 0.5);
    }

    #[tokio::test]
    async fn a_draft_that_repeats_earlier_answers_is_a_loop() {
        let case = case::of(&[&ASKED[..], &ASKED[..], &[("customer", "and now?")]].concat());
        let draft = |text: &str| Draft {
            text: text.to_owned(),
            ..Draft::default()
        };
        let signal = repeat()
            .await
            .assistant(&case, &draft("Refunds take five days."))
            .await
            .unwrap();
        assert_eq!(signal.score, 0.5);
        assert_eq!(signal.evidence.len(), 2);
        let other = repeat()
            .await
            .assistant(&case, &draft("Your bank has it since Monday."))
            .await
            .unwrap();
        assert_eq!((other.score, other.evidence.len()), (0.0, 0));
    }
}
