//! The drop-in proxy: a bot swaps its `base_url`, and every answer passes the handoff layer.
//!
//! - `asked`: what a request says, in either interface.
//! - `named`: which conversation it belongs to.
//! - `next`: which of its words are new.
//! - `passages`: what the bot was given to answer from.
//! - `live`: an answer that is released sentence by sentence.
//! - `relay`: the bot behind the proxy, as the runtime's assistant.
//! - `written`: answers, as the client's library expects them.
//!
//! A turn may take several requests: a call of a tool goes to the client, who comes back with the
//! result. The turn stays open meanwhile, and is one turn of the conversation.

mod asked;
mod live;
mod named;
mod next;
mod passages;
mod relay;
mod written;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::response::Response;
use lru::LruCache;
use tokio::sync::{mpsc, oneshot, watch};
use warmline::llm::{Chat, Dialect, Release};
use warmline::{Answer, ConversationId, CustomerContext, Inbound, Turn, TurnNumber, View};

use crate::app::App;
use crate::problem::Problem;
use asked::Asked;
use named::Named;
use next::Next;
use relay::{Came, Exchange, Last, Relay};
use written::Written;

/// Requests of one turn that may wait for each other: a client's retries.
const WAITING: usize = 4;

/// Conversations of which it is remembered what their clients have shown.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(65_536).expect("it is not zero");

/// The turns that are open, and the last turn that each conversation's client was given.
pub(crate) struct OpenTurns {
    open: Mutex<HashMap<ConversationId, Open>>,
    given: Mutex<LruCache<ConversationId, Given>>,
}

/// What a client was given.
#[derive(Clone, Copy)]
struct Given {
    /// With the answer to which of the customer's turns.
    number: u32,
    /// The last turn that it was given before that answer, and with it.
    before: TurnNumber,
    with: TurnNumber,
    /// The last turn that it was told in front of the answer's first sentence.
    ahead: Until,
    /// The last turn when it was given calls of tools: what the bot said until then came with them.
    called: Until,
}

/// A turn up to which a client was given everything when it knew so many calls of tools; one that
/// comes with more has received that.
#[derive(Clone, Copy, Default)]
struct Until {
    turn: TurnNumber,
    calls: usize,
}

/// What a client was sent of an answer that is on its way.
#[derive(Default)]
struct Sent {
    /// The bot's words.
    words: String,
    /// The last turn that it was told in front of them.
    ahead: TurnNumber,
}

/// A customer's turn that the bot is at work on.
#[derive(Clone)]
struct Open {
    /// Which of the customer's turns it is, from 1.
    number: u32,
    exchanges: mpsc::Sender<Exchange>,
    last: Last,
    decided: watch::Receiver<Option<Result<Answer, Problem>>>,
}

/// What an exchange came to.
enum Outcome {
    /// The bot calls tools.
    Calls(Came),
    /// The turn was decided upon.
    Decided(Box<Answer>),
}

/// Answers a request of a client library.
pub(crate) async fn answer(
    app: &App,
    dialect: Dialect,
    headers: &HeaderMap,
    body: serde_json::Value,
) -> Result<Response, Problem> {
    let upstream = app.warmline().upstream().ok_or_else(|| {
        Problem::unavailable(
            "nothing is configured to pass requests on to: name an endpoint in \
             `[[models.upstream.endpoints]]`, or set WARMLINE_LLM_BASE_URL",
        )
    })?;
    let asked = Asked::read(dialect, body)?;
    let named = named::conversation(app, headers, &asked).await?;
    let before = view(app, &named.id).await?;
    let next = next::of(&asked, before.as_ref())?;
    let turns = app.open_turns();
    let begin = || begin(app, &named.id, upstream, &asked, &next);
    let open = turns.join(&named.id, next.number, begin);
    let release = asked
        .extension
        .release
        .unwrap_or(app.config().proxy.release);
    if asked.stream && asked.dialect == Dialect::Chat && release == Release::Sentences {
        let state = before.map(|view| view.state.name);
        return Ok(live::response(app, asked, named, open, state));
    }
    let outcome = exchange(&open, &asked, None).await?;
    let written = written(app, &asked, &named, &open, outcome, &Sent::default()).await?;
    Ok(written.response(&asked, &named))
}

/// What an exchange came to, in words that the client was not `sent`.
async fn written(
    app: &App,
    asked: &Asked,
    named: &Named,
    open: &Open,
    outcome: Outcome,
    sent: &Sent,
) -> Result<Written, Problem> {
    let after = present(app, &named.id).await?;
    let (turns, last) = (app.open_turns(), after.state.last_turn);
    Ok(match outcome {
        Outcome::Calls(came) => {
            let called = Until::now(last, asked);
            turns.give(&named.id, open.number, |given| given.called = called);
            Written::calls(came, &after, &sent.words)
        }
        Outcome::Decided(mut answer) => {
            let proxy = &app.config().proxy;
            let given = turns.give(&named.id, open.number, |given| given.with = last);
            let called = given.called.received(asked);
            answer.parts.retain(|part| part.number > called);
            let others = undelivered(asked, &after, answer.turn, given, proxy.deliver);
            let others = others.filter(|turn| turn.number > sent.ahead).cloned();
            let language = after.state.context.language.as_deref();
            let acknowledgement = proxy.acknowledgement(language);
            Written::decided(
                &answer,
                others.collect(),
                open.last.get(),
                acknowledgement,
                &asked.begun,
                &sent.words,
            )
        }
    })
}

/// What humans and notices told the customer before the bot began to answer and this client has not
/// shown yet: now it is given that.
async fn ahead(app: &App, asked: &Asked, named: &Named, open: &Open) -> Result<Vec<Turn>, Problem> {
    let view = present(app, &named.id).await?;
    let later = view.state.customer_turns.saturating_sub(open.number);
    let mut heard = view.state.window.iter().rev().filter(|t| t.is_customer());
    let Some(turn) = heard.nth(later as usize).map(|turn| turn.number) else {
        return Ok(Vec::new());
    };
    let turns = app.open_turns();
    let given = turns.give(&named.id, open.number, |_| {});
    let mut behind = view
        .state
        .turns_since(turn.max(given.called.received(asked)));
    let first = behind.find(|turn| turn.is_assistant());
    let others = undelivered(asked, &view, turn, given, app.config().proxy.deliver);
    let others = others.filter(|turn| first.is_none_or(|first| turn.number < first.number));
    let others: Vec<Turn> = others.cloned().collect();
    if let Some(last) = others.last().map(|turn| turn.number) {
        turns.give(&named.id, open.number, |given| {
            given.ahead = Until::now(last, asked);
            given.with = given.with.max(last);
        });
    }
    Ok(others)
}

/// Opens a turn: the customer is heard, and the bot is asked for an answer when it may give one.
fn begin(app: &App, id: &ConversationId, upstream: Arc<Chat>, asked: &Asked, next: &Next) -> Open {
    let (exchanges, received) = mpsc::channel(WAITING);
    let (decide, decided) = watch::channel(None);
    let last = Last::default();
    let budget = app.config().proxy.turn_budget;
    let relay = Relay::new(upstream, asked.dialect, received, last.clone(), budget);
    let open = Open {
        number: next.number,
        exchanges,
        last,
        decided,
    };
    let inbound = Inbound {
        text: next.words.clone(),
        message: Some(next.message()),
        context: CustomerContext {
            customer: asked.extension.customer.clone(),
            channel: asked.extension.channel.clone(),
            segment: asked.extension.segment.clone(),
            language: asked.extension.language.clone(),
        },
    };
    let (app, id, number) = (app.clone(), id.clone(), next.number);
    tokio::spawn(async move {
        // The turn goes on when its client has gone: it was heard.
        let answer = app
            .warmline()
            .customer_says_to(&id, inbound, Some(Arc::new(relay)))
            .await;
        app.open_turns().remove(&id, number);
        decide.send_replace(Some(answer.map_err(Problem::from)));
    });
    open
}

/// Passes a request on to the open turn, and waits for what it comes to. What is `released` before
/// that goes there.
async fn exchange(
    open: &Open,
    asked: &Asked,
    released: Option<mpsc::UnboundedSender<String>>,
) -> Result<Outcome, Problem> {
    let (reply, called) = oneshot::channel();
    let exchange = Exchange {
        asked: asked.clone(),
        reply,
        released,
    };
    // A turn that is decided takes no more of them, and one with a full queue is busy with others:
    // either way the decision is what there is to wait for.
    let _ = open.exchanges.try_send(exchange);
    let mut decided = open.decided.clone();
    let decision = async {
        match decided.wait_for(Option::is_some).await {
            Ok(decision) => decision.clone(),
            Err(_) => None,
        }
    };
    let interrupted = || Problem::unavailable("the turn was interrupted; send it again");
    tokio::pin!(decision);
    tokio::select! {
        biased;
        Ok(called) = called => Ok(Outcome::Calls(called)),
        decision = &mut decision => {
            let answer = decision.ok_or_else(interrupted)??;
            Ok(Outcome::Decided(Box::new(answer)))
        }
    }
}

/// What humans and notices told the customer and this client has not shown yet, oldest first: it
/// was not `given` before, nor does it stand in the answers that the client sends. What was said
/// behind the customer's `turn` belongs to the answer.
fn undelivered<'v>(
    asked: &Asked,
    view: &'v View,
    turn: TurnNumber,
    given: Given,
    deliver: bool,
) -> impl Iterator<Item = &'v Turn> {
    let window = view.state.window.iter().map(AsRef::as_ref);
    let mut earlier = window
        .clone()
        .rev()
        .filter(move |known: &&Turn| known.is_customer() && known.number < turn);
    let from = earlier.next().map(|known| known.number);
    let ahead = given.ahead.received(asked);
    let shown = move |turn: &Turn| {
        turn.number <= given.before || asked.answers.iter().any(|text| text.contains(&turn.text))
    };
    window.filter(move |told| {
        let ours = told.number > turn;
        !told.is_customer()
            && !told.is_assistant()
            && Some(told.number) > from
            && told.number > ahead
            && (ours || deliver && !shown(told))
    })
}

async fn present(app: &App, id: &ConversationId) -> Result<View, Problem> {
    let view = view(app, id).await?;
    view.ok_or_else(|| Problem::unavailable("the conversation was erased"))
}

async fn view(app: &App, id: &ConversationId) -> Result<Option<View>, Problem> {
    match app.warmline().view(id).await {
        Ok(view) => Ok(Some(view)),
        Err(warmline::Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Default for OpenTurns {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            given: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }
}

impl Until {
    fn now(turn: TurnNumber, asked: &Asked) -> Self {
        let calls = asked.actions.len();
        Self { turn, calls }
    }

    /// As far as the client has received it that has `asked`.
    fn received(self, asked: &Asked) -> TurnNumber {
        match asked.actions.len() > self.calls {
            true => self.turn,
            false => TurnNumber(0),
        }
    }
}

impl OpenTurns {
    /// Remembers what the client is `now` given with the answer to the customer's turn `number`, and
    /// tells what it was given before, as far as that is remembered. An answer that is given again
    /// says the same again.
    fn give(&self, id: &ConversationId, number: u32, now: impl FnOnce(&mut Given)) -> Given {
        let mut all = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(id).copied();
        let mut given = known.filter(|known| known.number == number);
        let given = given.get_or_insert_with(|| {
            let before = known.map_or(TurnNumber(0), |known| known.with);
            Given {
                number,
                before,
                with: before,
                ahead: Until::default(),
                called: Until::default(),
            }
        });
        now(given);
        all.put(id.clone(), *given);
        *given
    }

    /// The customer's turn `number`: the open one where it is that, else one that `begin` opens. Of
    /// requests that come at once, one opens it.
    fn join(&self, id: &ConversationId, number: u32, begin: impl FnOnce() -> Open) -> Open {
        let mut open = self.open();
        match open.get(id) {
            Some(known) if known.number == number => known.clone(),
            _ => {
                let begun = begin();
                open.insert(id.clone(), begun.clone());
                begun
            }
        }
    }

    /// Forgets a turn, unless a later one has taken its place.
    fn remove(&self, id: &ConversationId, number: u32) {
        let mut open = self.open();
        if open.get(id).is_some_and(|open| open.number == number) {
            open.remove(id);
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<ConversationId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
