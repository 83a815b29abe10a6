//! The kinds of customers, and what they say next.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;

use super::script::Script;

/// A kind of customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Persona {
    /// Asks, asks again in other words, thanks.
    Patient,
    /// Uses few words.
    Terse,
    /// Stays formal while they lose their temper.
    PoliteRage,
    /// Asks the same again and again.
    Looping,
    /// Asks something else when the first question is settled.
    Pivoting,
    /// Reads the answer and is gone.
    Silent,
    /// Insults, and sends what is no language.
    Hostile,
    /// Wants a human from the first word on.
    WantsHuman,
    /// Says what the customer of a recorded dialogue said, whatever the answers are.
    Recorded,
}

const PARCELS: [&str; 4] = [
    "Where is my parcel?",
    "When will my order arrive?",
    "My parcel has not come yet, where is it?",
    "Can you tell me where my delivery is?",
];
const HUMAN: &str = "I want to talk to a human, please.";
const RAGE: [&str; 3] = [
    "I am extremely disappointed with this answer.",
    "This is unacceptable. I expect a written response by tomorrow.",
    "This is my final attempt to settle this, after that I will be taking it further.",
];
const INSULTS: [&str; 3] = [
    "You are useless. Answer me, you idiots!",
    "<script>alert(1)</script> what a damn waste of time",
    "!!!!!! \u{202e}rewsna tahw \u{1f92c}\u{1f92c}\u{1f92c}",
];

impl Persona {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Patient,
        Self::Terse,
        Self::PoliteRage,
        Self::Looping,
        Self::Pivoting,
        Self::Silent,
        Self::Hostile,
        Self::WantsHuman,
        Self::Recorded,
    ];

    /// Its name on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Terse => "terse",
            Self::PoliteRage => "polite_rage",
            Self::Looping => "looping",
            Self::Pivoting => "pivoting",
            Self::Silent => "silent",
            Self::Hostile => "hostile",
            Self::WantsHuman => "wants_human",
            Self::Recorded => "recorded",
        }
    }

    /// Its share of the usual mix, in which nobody is recorded: a guess, to be replaced by one's own.
    pub fn share(self) -> f64 {
        match self {
            Self::Patient => 0.35,
            Self::Terse => 0.2,
            Self::Silent => 0.15,
            Self::Pivoting => 0.1,
            Self::PoliteRage | Self::Looping => 0.06,
            Self::Hostile => 0.03,
            Self::WantsHuman => 0.05,
            Self::Recorded => 0.0,
        }
    }
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Persona {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.map(Self::as_str).into();
            format!(
                "`{name}` is no kind of customer; there are {}",
                names.join(", ")
            )
        })
    }
}

/// A customer of the day.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) persona: Persona,
    /// Which intent they ask about; of the recorded, which dialogue is theirs.
    topic: usize,
    /// How many turns of their dialogue they have said.
    said: usize,
    /// How often they were not helped.
    misses: usize,
    /// Whether they are gone: they neither read nor write any more.
    pub(super) left: bool,
    pivoted: bool,
}

/// What a customer does after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Says something.
    Says(String),
    /// Leaves.
    Leaves,
}

impl Customer {
    pub(super) fn new(persona: Persona, script: &Script, rng: &mut Rng) -> Self {
        let topics = match persona {
            Persona::Recorded => script.dialogues.len(),
            _ => script.questions.len(),
        };
        Self {
            persona,
            topic: rng.usize(..topics.max(1)),
            said: 0,
            misses: 0,
            left: false,
            pivoted: false,
        }
    }

    /// The first thing they say.
    pub(super) fn opens(&mut self, script: &Script, rng: &mut Rng) -> String {
        match self.persona {
            Persona::WantsHuman => HUMAN.to_owned(),
            Persona::Recorded => self.recorded(script).unwrap_or_default(),
            _ => self.asks(script, rng),
        }
    }

    /// The next turn of their dialogue.
    fn recorded(&mut self, script: &Script) -> Option<String> {
        self.said += 1;
        script
            .dialogues
            .get(self.topic)?
            .get(self.said - 1)
            .cloned()
    }

    fn asks(&self, script: &Script, rng: &mut Rng) -> String {
        let asked = match script
            .questions
            .get(self.topic)
            .filter(|known| !known.is_empty())
        {
            Some(known) => known[rng.usize(..known.len())].clone(),
            None => PARCELS[rng.usize(..PARCELS.len())].to_owned(),
        };
        match self.persona {
            Persona::Terse => {
                let words: Vec<&str> = asked.split_whitespace().collect();
                let few = words[words.len().saturating_sub(4)..].join(" ");
                few.trim_end_matches(['?', '.', '!']).to_lowercase()
            }
            _ => asked,
        }
    }

    /// What they do after the assistant answered, helpfully or not.
    pub(super) fn after_answer(&mut self, helped: bool, script: &Script, rng: &mut Rng) -> Next {
        if self.persona == Persona::Recorded {
            return self.recorded(script).map_or(Next::Leaves, Next::Says);
        }
        if helped && self.persona != Persona::Looping {
            return self.content(script, rng);
        }
        self.misses += 1;
        let line = |lines: &[&str], at: usize| lines[at.min(lines.len() - 1)].to_owned();
        match (self.persona, self.misses) {
            (Persona::Silent, _) | (_, 5..) => Next::Leaves,
            (Persona::Patient | Persona::Pivoting, 3..) => Next::Says(HUMAN.to_owned()),
            (Persona::Patient | Persona::Pivoting | Persona::Looping, _) => {
                Next::Says(self.asks(script, rng))
            }
            (Persona::Terse, 2..) => Next::Leaves,
            (Persona::Terse, _) => Next::Says(self.asks(script, rng)),
            (Persona::PoliteRage, misses) => Next::Says(line(&RAGE, misses - 1)),
            (Persona::Hostile, misses) => Next::Says(line(&INSULTS, misses - 1)),
            (Persona::WantsHuman, _) => Next::Says(HUMAN.to_owned()),
            (Persona::Recorded, _) => Next::Leaves,
        }
    }

    fn content(&mut self, script: &Script, rng: &mut Rng) -> Next {
        match self.persona {
            Persona::Pivoting if !self.pivoted => {
                self.pivoted = true;
                self.misses = 0;
                self.topic = rng.usize(..script.questions.len().max(1));
                Next::Says(self.asks(script, rng))
            }
            Persona::Patient | Persona::Pivoting if self.misses < 5 => {
                self.misses = 5;
                Next::Says("Thank you, that helps.".to_owned())
            }
            _ => Next::Leaves,
        }
    }

    /// How long they take to write: half a minute on average, never less than two seconds.
    pub(super) fn writing(&self, rng: &mut Rng) -> Duration {
        Duration::from_secs(2) + exponential(Duration::from_secs(28), rng)
    }
}

/// A time by chance, exponential around `mean`.
pub(super) fn exponential(mean: Duration, rng: &mut Rng) -> Duration {
    // One minus a number below one is never zero.
    mean.mul_f64(-(1.0 - rng.f64()).ln())
}
