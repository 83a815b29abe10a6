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
use super::{Open, exchange, written};
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
        id: format!("chatcmpl-{}", unique()),
        chunks,
    };
    tokio::spawn(async move {
        if let Err(problem) = live.run(asked, named, open).await {
            // The head has gone out already.
            let error = json!({"error": {"message": problem.detail, "type": problem.kind}});
            live.send(error.to_string());
        }
    });
    response
}

struct Live {
    app: App,
    id: String,
    chunks: mpsc::UnboundedSender<String>,
}

impl Live {
    async fn run(&self, asked: Asked, named: Named, open: Open) -> Result<(), Problem> {
        let (id, model) = (json!(self.id), asked.body["model"].clone());
        self.send(first_chunk(&id, &model).to_string());
        let (release, mut released) = mpsc::unbounded_channel();
        let outcome = exchange(&open, &asked, Some(release));
        tokio::pin!(outcome);
        let mut sent = String::new();
        let mut send = |words: String| {
            let delta = json!({"content": words});
            self.send(chunk(&id, &model, delta, &Value::Null).to_string());
            sent.push_str(&words);
        };
        let outcome = loop {
            tokio::select! {
                biased;
                Some(words) = released.recv() => send(words),
                outcome = &mut outcome => break outcome?,
            }
        };
        while let Ok(words) = released.try_recv() {
            send(words);
        }
        let got = format!("{}{sent}", asked.begun);
        let written = written(&self.app, &asked, &named, &open, outcome, &got).await?;
        for data in written.rest(&asked, &self.id, &sent) {
            self.send(data);
        }
        Ok(())
    }

    /// Sends a chunk; a client that has gone misses it.
    fn send(&self, data: String) {
        let _ = self.chunks.send(data);
    }
}
