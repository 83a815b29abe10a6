//! An answer that is released sentence by sentence, each once it has been checked.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use warmline::StateName;

use super::asked::Asked;
use super::named::Named;
use super::written::{chunk, first_chunk, head, unique};
use super::{Open, Sent, ahead, exchange, written};
use crate::app::App;
use crate::problem::Problem;

/// A stream that begins at once, in the `state` before the turn, and tells the decision at its end.
pub(super) fn response(
    app: &App,
    asked: Asked,
    named: Named,
    open: Open,
    state: Option<StateName>,
) -> Response {
    let (chunks, received) = mpsc::unbounded_channel();
    let heartbeat = KeepAlive::new().interval(app.config().heartbeat);
    let events = stream::unfold(received, |mut received| async move {
        let data: String = received.recv().await?;
        Some((Ok::<_, Infallible>(Event::default().data(data)), received))
    });
    let mut response = Sse::new(events).keep_alive(heartbeat).into_response();
    head(&mut response, &named, state.map(|s| s.to_string()), None);
    let live = Live {
        app: app.clone(),
        asked,
        named,
        open,
        id: format!("chatcmpl-{}", unique()),
        chunks,
    };
    tokio::spawn(async move {
        if let Err(problem) = live.run().await {
            // The head has gone out already.
            let error = json!({"error": {"message": problem.detail, "type": problem.kind}});
            live.send(error.to_string());
        }
    });
    response
}

struct Live {
    app: App,
    asked: Asked,
    named: Named,
    open: Open,
    id: String,
    chunks: mpsc::UnboundedSender<String>,
}

impl Live {
    async fn run(&self) -> Result<(), Problem> {
        let (id, model) = (json!(self.id), &self.asked.body["model"]);
        self.send(first_chunk(&id, model).to_string());
        let (release, mut released) = mpsc::unbounded_channel();
        let outcome = exchange(&self.open, &self.asked, Some(release));
        tokio::pin!(outcome);
        let mut sent = Sent::default();
        let outcome = loop {
            tokio::select! {
                biased;
                Some(words) = released.recv() => self.release(&words, &mut sent).await?,
                outcome = &mut outcome => break outcome?,
            }
        };
        while let Ok(words) = released.try_recv() {
            self.release(&words, &mut sent).await?;
        }
        let Self {
            app,
            asked,
            named,
            open,
            ..
        } = self;
        let written = written(app, asked, named, open, outcome, &sent).await?;
        for data in written.rest(asked, &self.id) {
            self.send(data);
        }
        Ok(())
    }

    /// Sends words of the bot; in front of the first of them what others said before the answer.
    async fn release(&self, words: &str, sent: &mut Sent) -> Result<(), Problem> {
        if sent.words.is_empty() {
            for turn in ahead(&self.app, &self.asked, &self.named, &self.open).await? {
                self.say(&format!("{}\n\n", turn.text));
                sent.ahead = turn.number;
            }
        }
        self.say(words);
        sent.words.push_str(words);
        Ok(())
    }

    fn say(&self, words: &str) {
        let (id, model) = (json!(self.id), &self.asked.body["model"]);
        let delta = json!({"content": words});
        self.send(chunk(&id, model, delta, &Value::Null).to_string());
    }

    /// Sends a chunk; a client that has gone misses it.
    fn send(&self, data: String) {
        let _ = self.chunks.send(data);
    }
}
