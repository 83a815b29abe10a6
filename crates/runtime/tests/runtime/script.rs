//! Scripted parts: an assistant, a detector and a channel that do what the words ask of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use warmline::core::signal::{Evidence, Findings};
use warmline::core::state::WINDOW;
use warmline::detect::encoder::BoxFuture;
use warmline::detect::{Case, Detector, Stage};
use warmline::journal::{DeliveryKey, Outbound};
use warmline::{Ask, Assistant, AssistantError, Channel, ChannelError, Draft, Signal, SignalKind};

/// An assistant that echoes, unless the question names another behaviour: `hang` never answers,
/// `hold` waits for a permit, `begin` says a first part and waits for a permit to go on, `count` says
/// as many parts as a conversation keeps turns, `fail` and `crash` do as they say.
#[derive(Clone)]
pub(crate) struct Echo {
    asked: Arc<Mutex<Vec<Ask>>>,
    given_up: Arc<AtomicUsize>,
    pub(crate) permits: Arc<Semaphore>,
}

impl Default for Echo {
    fn default() -> Self {
        Self {
            asked: Arc::default(),
            given_up: Arc::default(),
            permits: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Echo {
    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Ask> {
        self.asked.lock().unwrap().clone()
    }

    /// How many of its drafts were given up before they were done.
    pub(crate) fn given_up(&self) -> usize {
        self.given_up.load(Ordering::SeqCst)
    }
}

struct UnlessDone<'a>(&'a AtomicUsize, bool);

impl Drop for UnlessDone<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Assistant for Echo {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        self.asked.lock().unwrap().push(ask.clone());
        let mut work = UnlessDone(&self.given_up, false);
        let question = ask.question();
        if question.contains("hang") {
            std::future::pending::<()>().await;
        }
        if question.contains("hold") {
            self.permits.acquire().await.unwrap().forget();
        }
        if question.contains("begin") {
            let part = Draft {
                text: "Let me see.".to_owned(),
                ..Draft::default()
            };
            ask.permission.to_say(part).await?;
            self.permits.acquire().await.unwrap().forget();
        }
        if question.contains("count") {
            for number in 1..=WINDOW {
                let part = Draft {
                    text: format!("{number},"),
                    ..Draft::default()
                };
                ask.permission.to_say(part).await?;
            }
        }
        work.1 = true;
        assert!(!question.contains("crash"), "as the script says");
        if question.contains("fail") {
            return Err(AssistantError::failed("as the script says"));
        }
        let text = format!("You said: {}", question.replace('\n', " / "));
        Ok(Draft {
            text,
            ..Draft::default()
        })
    }
}

/// A detector that finds in the open turns, or in the draft, the words that it is made for:
/// `furious` is a sentiment of 0.9, `promise` a commitment. Behaviours are words as well: `slow`
/// never answers, `broken` fails, `boom` panics, `nonsense` finds a score that is no number.
pub(crate) struct Words {
    name: &'static str,
    stage: Stage,
}

impl Words {
    pub(crate) fn of_turns() -> Self {
        Self {
            name: "words",
            stage: Stage::Turn,
        }
    }

    pub(crate) fn of_drafts() -> Self {
        Self {
            name: "promises",
            stage: Stage::Draft,
        }
    }

    /// Another one, which listens to behaviours that stand behind its name, such as `moody:boom`.
    pub(crate) fn called(name: &'static str) -> Self {
        Self {
            name,
            stage: Stage::Turn,
        }
    }

    fn text(&self, case: &Case) -> String {
        match &case.draft {
            Some(draft) => draft.text.clone(),
            None => {
                let open: Vec<&str> = case.open_turns().map(|turn| turn.text.as_str()).collect();
                open.join(" ")
            }
        }
    }

    fn does(&self, text: &str, what: &str) -> bool {
        match self.name {
            "words" | "promises" => text.split(' ').any(|word| word == what),
            name => text.contains(&format!("{name}:{what}")),
        }
    }
}

impl Detector for Words {
    fn name(&self) -> &'static str {
        self.name
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    fn budget(&self) -> Duration {
        Duration::from_millis(300)
    }

    fn examine<'a>(
        &'a self,
        case: &'a Case,
    ) -> BoxFuture<'a, Result<Findings, warmline::detect::Error>> {
        Box::pin(async move {
            let text = self.text(case);
            if self.does(&text, "slow") {
                std::future::pending::<()>().await;
            }
            assert!(!self.does(&text, "boom"), "as the script says");
            if self.does(&text, "broken") {
                return Err(warmline::detect::Error::Stopped);
            }
            let mut findings = Findings::default();
            let mut find = |kind, word: &str, score| {
                if text.contains(word) {
                    let turn = case.open_turns().next_back().map(|turn| turn.number);
                    let evidence = Evidence {
                        turn: turn.filter(|_| case.draft.is_none()),
                        quote: word.to_owned(),
                        why: "a word of the script".to_owned(),
                    };
                    findings.signals.push(Signal {
                        kind,
                        score,
                        evidence: vec![evidence],
                    });
                }
            };
            match self.stage {
                Stage::Draft => find(SignalKind::Commitment, "promise", 0.8),
                _ => find(SignalKind::Sentiment, "furious", 0.9),
            }
            if self.does(&text, "nonsense") {
                find(SignalKind::RepeatLoop, "nonsense", f32::NAN);
            }
            Ok(findings)
        })
    }
}

/// What a channel does with a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Delivery {
    Fail,
    Hang,
    Crash,
}

/// A push channel that remembers what it was told, and fails as long as it is told to.
#[derive(Clone, Default)]
pub(crate) struct Post {
    delivered: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<Delivery>>>,
    pub(crate) told: Arc<tokio::sync::Notify>,
}

impl Post {
    pub(crate) fn failing(script: impl IntoIterator<Item = Delivery>) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            ..Self::default()
        }
    }

    /// What it delivered: keys and words.
    pub(crate) fn delivered(&self) -> Vec<String> {
        self.delivered.lock().unwrap().clone()
    }

    /// Waits until it has delivered `count` turns.
    pub(crate) async fn until(&self, count: usize) -> Vec<String> {
        loop {
            let told = self.told.notified();
            let delivered = self.delivered();
            if delivered.len() >= count {
                return delivered;
            }
            told.await;
        }
    }
}

impl Channel for Post {
    fn name(&self) -> &str {
        "post"
    }

    async fn deliver(&self, key: DeliveryKey, outbound: Outbound) -> Result<(), ChannelError> {
        let next = self.script.lock().unwrap().pop_front();
        match next {
            Some(Delivery::Fail) => return Err(ChannelError("no connection".to_owned())),
            Some(Delivery::Hang) => std::future::pending().await,
            Some(Delivery::Crash) => panic!("as the script says"),
            None => {}
        }
        let line = format!("{key} {}", outbound.turn.text);
        self.delivered.lock().unwrap().push(line);
        self.told.notify_waiters();
        Ok(())
    }
}
