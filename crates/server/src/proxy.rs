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
use relay::{Called, Exchange, Last, Relay};
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
    Calls(Called),
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
    let written = written(app, &asked, &named, &open, outcome, &asked.begun).await?;
    Ok(written.response(&asked, &named))
}

/// What an exchange came to, in words that the client has not `got`.
async fn written(
    app: &App,
    asked: &Asked,
    named: &Named,
    open: &Open,
    outcome: Outcome,
    got: &str,
) -> Result<Written, Problem> {
    let after = view(app, &named.id).await?;
    let after = after.ok_or_else(|| Problem::unavailable("the conversation was erased"))?;
    let last = after.state.last_turn;
    let given = app.open_turns().give(&named.id, open.number, last);
    Ok(match outcome {
        Outcome::Calls(called) => Written::calls(called, &after),
        Outcome::Decided(answer) => {
            let proxy = &app.config().proxy;
            let said = undelivered(asked, &after, &answer, given, proxy.deliver);
            let language = after.state.context.language.as_deref();
            let acknowledgement = proxy.acknowledgement(language);
            Written::decided(&answer, said, open.last.get(), acknowledgement, got)
        }
    })
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
/// was not given before, nor does it stand in the answers that the client sends.
fn undelivered(
    asked: &Asked,
    after: &View,
    answer: &Answer,
    given: TurnNumber,
    deliver: bool,
) -> Vec<Turn> {
    let window: Vec<&Turn> = after.state.window.iter().map(AsRef::as_ref).collect();
    let earlier = window
        .iter()
        .rfind(|turn| turn.is_customer() && turn.number < answer.turn);
    let from = earlier.map_or(answer.turn, |turn| turn.number);
    let shown = |turn: &Turn| {
        turn.number <= given || asked.answers.iter().any(|text| text.contains(&turn.text))
    };
    let unseen = window.into_iter().filter(|turn| {
        let ours = turn.number > answer.turn;
        !turn.is_customer()
            && !turn.is_assistant()
            && turn.number > from
            && (ours || deliver && !shown(turn))
    });
    unseen.cloned().collect()
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

impl OpenTurns {
    /// Remembers that the client is given everything up to `last` with the answer to the customer's
    /// turn `number`; gives the last turn that it was given before, as far as that is remembered. An
    /// answer that is given again says the same again.
    fn give(&self, id: &ConversationId, number: u32, last: TurnNumber) -> TurnNumber {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match given.get(id) {
            None => TurnNumber(0),
            Some(known) if known.number == number => known.before,
            Some(known) => known.with,
        };
        let now = Given {
            number,
            before,
            with: last,
        };
        given.put(id.clone(), now);
        before
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
