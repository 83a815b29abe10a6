//! `/metrics`, and what the server itself measures.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::Error;

/// Upper bounds of the histograms that end in `_seconds`: from a cached decision to a slow model.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0,
];

/// How often samples are sorted into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// What was measured so far.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Records from here on what any part of this process measures. Call it once, before the
    /// runtime is started.
    pub fn install() -> Result<Self, Error> {
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| Error::Metrics)?;
        describe();
        Ok(Self(handle))
    }

    /// Measures that nothing is recorded into, for a server inside another program.
    pub fn none() -> Result<Self, Error> {
        Ok(Self(builder()?.build_recorder().handle()))
    }

    /// Everything in the Prometheus text format.
    pub(crate) fn render(&self) -> String {
        self.0.render()
    }

    /// Sorts the samples of histograms into their buckets now and then, until `over`. Without it
    /// each sample would be kept until somebody reads the metrics, which nobody may.
    pub(crate) async fn tidy(self, mut over: watch::Receiver<bool>) {
        let mut pauses = tokio::time::interval(UPKEEP);
        loop {
            tokio::select! {
                _ = pauses.tick() => self.0.run_upkeep(),
                _ = over.wait_for(|over| *over) => return,
            }
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(..)")
    }
}

fn builder() -> Result<PrometheusBuilder, Error> {
    let seconds = metrics_exporter_prometheus::Matcher::Suffix("_seconds".to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &SECONDS)
        .map_err(|_| Error::Metrics)
}

fn describe() {
    metrics::describe_counter!(
        "warmline_http_requests_total",
        "Requests answered, by route, method and status."
    );
    metrics::describe_histogram!(
        "warmline_http_request_seconds",
        metrics::Unit::Seconds,
        "Time until the head of the answer, by route and method."
    );
    metrics::describe_gauge!("warmline_http_streams", "Streams of events that are open.");
}

/// Counts and times requests. The route is labelled by its pattern, never by what was filled in.
pub(crate) async fn measured(request: Request, next: Next) -> Response {
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => "none".to_owned(),
    };
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "DELETE" | "HEAD" | "OPTIONS" | "PUT" | "PATCH") => {
            known.to_owned()
        }
        _ => "other".to_owned(),
    };
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    let labels = [("route", route), ("method", method)];
    metrics::histogram!("warmline_http_request_seconds", &labels).record(began.elapsed());
    let [route, method] = labels;
    metrics::counter!(
        "warmline_http_requests_total",
        &[route, method, ("status", status)]
    )
    .increment(1);
    response
}
