//! A system under test: scripted parts on a journal, with the clock of the paused runtime.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use warmline::core::source::Source;
use warmline::detect::HashedEncoder;
use warmline::journal::{Journal, MemoryJournal};
use warmline::{
    Answer, Builder, Clock, Config, ConversationId, CustomerContext, Disk, Entry, Error,
    HandbackNote, Inbound, MessageId, OperatorId, Speaker, Timestamp, View, Warmline,
};

use crate::script::{Echo, Words};

/// A clock that goes with the runtime's: paused when it is paused.
#[derive(Clone, Copy)]
pub(crate) struct TestClock(Instant);

impl Default for TestClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000).after(self.0.elapsed())
    }
}

/// A configuration with `text`, and without any detector of its own that it does not name.
pub(crate) fn config(text: &str) -> Config {
    let off = warmline::detect::NAMES.iter();
    let off = off.filter(|name| !text.contains(&format!("detectors.{name}.")));
    let off: String = off
        .map(|name| format!("detectors.{name}.enabled = false\n"))
        .collect();
    let source = Source::new("test.toml", format!("{off}{text}"));
    Config::parse(&source, std::path::Path::new(""), &Disk).unwrap()
}

/// The running system and its parts.
pub(crate) struct Desk {
    pub(crate) warmline: Warmline,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) assistant: Echo,
    clock: TestClock,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with("").await
    }

    /// One with a configuration of its own.
    pub(crate) async fn with(text: &str) -> Self {
        Self::on(Arc::new(MemoryJournal::new()), text).await
    }

    /// One on a given journal.
    pub(crate) async fn on(journal: Arc<dyn Journal>, text: &str) -> Self {
        Self::built(journal, text, |builder| builder).await
    }

    /// One with more parts.
    pub(crate) async fn built(
        journal: Arc<dyn Journal>,
        text: &str,
        more: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        Self::start(journal, text, TestClock::default(), more).await
    }

    async fn start(
        journal: Arc<dyn Journal>,
        text: &str,
        clock: TestClock,
        more: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let assistant = Echo::default();
        let builder = Warmline::builder()
            .config(config(text))
            .journal(journal.clone())
            .assistant(assistant.clone())
            .encoder(Arc::new(HashedEncoder))
            .detector(Words::of_turns())
            .detector(Words::of_drafts())
            .clock(clock);
        Self {
            warmline: more(builder).start().await.unwrap(),
            journal,
            assistant,
            clock,
        }
    }

    /// Stops everything as a crash would, and starts again on the same journal.
    pub(crate) async fn crash(self, text: &str) -> Self {
        self.crash_for(Duration::ZERO, text, |builder| builder)
            .await
    }

    /// Stops everything as a crash would, and starts again on the same journal after a while.
    pub(crate) async fn crash_for(
        self,
        away: Duration,
        text: &str,
        more: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let Self {
            warmline,
            journal,
            clock,
            ..
        } = self;
        drop(warmline);
        tokio::time::advance(away).await;
        Self::start(journal, text, clock, more).await
    }

    pub(crate) async fn says(&self, id: &str, text: &str) -> Answer {
        self.try_says(id, text).await.unwrap()
    }

    pub(crate) async fn try_says(&self, id: &str, text: &str) -> Result<Answer, Error> {
        let inbound = Inbound::text(text);
        self.warmline
            .customer_says(&conversation(id), inbound)
            .await
    }

    /// A customer's message with an id.
    pub(crate) async fn sends(&self, id: &str, message: &str, text: &str) -> Result<Answer, Error> {
        let inbound = with_id(message, text);
        self.warmline
            .customer_says(&conversation(id), inbound)
            .await
    }

    /// Begins to say something, and goes on while it is under way.
    pub(crate) fn begins_to_say(&self, id: &str, text: &str) -> Pending {
        self.begins(id, Inbound::text(text))
    }

    /// The same with the id of a message.
    pub(crate) fn begins_to_send(&self, id: &str, message: &str, text: &str) -> Pending {
        self.begins(id, with_id(message, text))
    }

    fn begins(&self, id: &str, inbound: Inbound) -> Pending {
        let (warmline, id) = (self.warmline.clone(), conversation(id));
        tokio::spawn(async move { warmline.customer_says(&id, inbound).await })
    }

    pub(crate) async fn claim(&self, id: &str, name: &str) -> View {
        let (id, operator) = (conversation(id), operator(name));
        self.warmline.claim(&id, &operator).await.unwrap()
    }

    pub(crate) async fn reply(&self, id: &str, name: &str, text: &str) {
        let (id, operator) = (conversation(id), operator(name));
        let replied = self.warmline.reply(&id, &operator, text, None);
        replied.await.unwrap();
    }

    pub(crate) async fn hand_back(
        &self,
        id: &str,
        name: &str,
        remaining: &str,
    ) -> Result<View, Error> {
        let note = HandbackNote {
            remaining: vec![remaining.to_owned()],
            ..HandbackNote::default()
        };
        let (id, operator) = (conversation(id), operator(name));
        self.warmline.hand_back(&id, &operator, note).await
    }

    pub(crate) async fn view(&self, id: &str) -> View {
        self.warmline.view(&conversation(id)).await.unwrap()
    }

    pub(crate) fn entries(&self, id: &str) -> Vec<Entry> {
        let entries = self.warmline.entries(&conversation(id), 0, usize::MAX);
        entries.unwrap()
    }

    /// What was recorded, for people.
    pub(crate) fn transcript(&self, id: &str) -> String {
        transcript(&self.entries(id))
    }

    /// What the customer heard and said, for people.
    pub(crate) fn said(&self, id: &str) -> Vec<String> {
        let entries = self.entries(id);
        let turns = entries.iter().flat_map(|entry| &entry.decided.turns);
        turns.map(line).collect()
    }

    /// Waits for a step that `wanted` describes by the name of its event, and the one before it.
    pub(crate) async fn until(&self, id: &str, event: &str) {
        let mut steps = self.warmline.subscribe();
        let happened = |entry: &Entry| entry.event.name() == event;
        if self.entries(id).iter().any(happened) {
            return;
        }
        while let Ok(step) = steps.recv().await {
            if step.conversation == conversation(id) && happened(&step.entry) {
                return;
            }
        }
    }
}

/// A customer who waits for an answer.
pub(crate) type Pending = tokio::task::JoinHandle<Result<Answer, Error>>;

pub(crate) fn conversation(id: &str) -> ConversationId {
    ConversationId::new(id).unwrap()
}

pub(crate) fn operator(name: &str) -> OperatorId {
    OperatorId::new(name).unwrap()
}

/// Lets everything run that can, without letting time pass.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn with_id(message: &str, text: &str) -> Inbound {
    Inbound {
        message: Some(MessageId::new(message).unwrap()),
        ..Inbound::text(text)
    }
}

pub(crate) fn by_post(text: &str) -> Inbound {
    Inbound {
        context: CustomerContext {
            channel: Some("post".to_owned()),
            ..CustomerContext::default()
        },
        ..Inbound::text(text)
    }
}

/// The words of an answer, or what stands for them.
pub(crate) fn words(answer: &Answer) -> &str {
    answer.reply.as_ref().map_or("-", |turn| turn.text.as_str())
}

fn transcript(entries: &[Entry]) -> String {
    let mut lines = Vec::new();
    let mut before = "start".to_owned();
    for entry in entries {
        let decided = &entry.decided;
        let effects = decided.effects.join(", ");
        let (event, after) = (entry.event.name(), decided.state.to_string());
        lines.push(format!("{before} + {event} -> {after} [{effects}]"));
        lines.extend(
            decided
                .turns
                .iter()
                .map(|turn| format!("    {}", line(turn))),
        );
        before = after;
    }
    lines.join("\n")
}

fn line(turn: &warmline::Turn) -> String {
    let who = match &turn.speaker {
        Speaker::Customer => "customer",
        Speaker::Assistant => "assistant",
        Speaker::Operator { operator } => operator.as_str(),
        Speaker::Notice => "notice",
    };
    format!("{} {who}: {}", turn.number, turn.text)
}
