//! `/metrics`, and what the server itself measures.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::sync::watch;

use crate::Error;
use crate::tenants::TenantName;

/// Upper bounds of the histograms that end in `_seconds`: from a cached decision to a slow model.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0,
];

/// For what humans do: from at once to a day.
const HUMAN_SECONDS: [f64; 14] = [
    5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0,
    28_800.0, 86_400.0,
];

/// For models: from a short answer to one that is given up.
const MODEL_SECONDS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0,
];

/// Tokens of one answer.
const TOKENS: [f64; 11] = [
    10.0, 30.0, 100.0, 300.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0, 32_000.0, 128_000.0,
];

/// What one answer costs, in units of the currency.
const COST: [f64; 10] = [
    0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0,
];

/// Scores and thresholds are from 0 to 1.
const SCORES: [f64; 20] = [
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
    0.9, 0.95, 1.0,
];

const RATINGS: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0];

/// Histograms with buckets of their own.
const OWN: [(&str, &[f64]); 9] = [
    ("warmline_waiting_seconds", &HUMAN_SECONDS),
    ("warmline_handling_seconds", &HUMAN_SECONDS),
    ("warmline_first_human_seconds", &HUMAN_SECONDS),
    ("warmline_model_seconds", &MODEL_SECONDS),
    ("warmline_assistant_seconds", &MODEL_SECONDS),
    ("warmline_model_request_tokens", &TOKENS),
    ("warmline_model_request_cost", &COST),
    ("warmline_signal_score", &SCORES),
    ("warmline_rating", &RATINGS),
];

/// How often samples are sorted into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// What was measured so far.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Records from here on what any part of this process measures, but for tenants with threads of
    /// their own. Call it once, before the runtime is started.
    pub fn install() -> Result<Self, Error> {
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| Error::Metrics)?;
        describe();
        Ok(Self(handle))
    }

    /// Those of a tenant, each labelled with its name, and what records into them. Call it once for
    /// a tenant.
    pub(crate) fn of_tenant(name: &TenantName) -> Result<(Self, Recording), Error> {
        let builder = builder()?.add_global_label("tenant", name.as_str());
        let recorder: &'static _ = Box::leak(Box::new(builder.build_recorder()));
        metrics::with_local_recorder(recorder, || {
            warmline::describe_metrics();
            describe();
        });
        Ok((Self(recorder.handle()), Recording(recorder)))
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

/// What records the measures of one tenant. There are as many as tenants, for as long as the process
/// runs.
#[derive(Clone, Copy)]
pub(crate) struct Recording(&'static PrometheusRecorder);

impl Recording {
    /// Records from here on what this very thread measures, and no other.
    pub(crate) fn begin(self) {
        // It is taken back by nobody: the thread is the tenant's.
        std::mem::forget(metrics::set_default_local_recorder(self.0));
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(..)")
    }
}

fn builder() -> Result<PrometheusBuilder, Error> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS);
    let with = |builder: PrometheusBuilder, (name, buckets): (&str, &[f64])| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
    };
    OWN.into_iter()
        .try_fold(builder.map_err(|_| Error::Metrics)?, |builder, own| {
            with(builder, own).map_err(|_| Error::Metrics)
        })
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
    metrics::describe_counter!(
        "warmline_webhook_attempts_total",
        "Webhooks sent, by endpoint and result."
    );
    metrics::describe_counter!(
        "warmline_proposals_total",
        "Thresholds that were calibrated, by whether they are fit to be promoted by themselves."
    );
    metrics::describe_counter!(
        "warmline_promotions_total",
        "Thresholds that were promoted over the configuration file."
    );
    metrics::describe_counter!(
        "warmline_rollbacks_total",
        "Promoted thresholds that were taken back."
    );
    metrics::describe_gauge!(
        "warmline_score_drift",
        "Population stability index of scores against the reference, 0 while chance will do, by \
         signal, stage and window."
    );
    metrics::describe_gauge!(
        "warmline_shadow_conversations",
        "Conversations that the candidate in the shadow decided, by what it would change."
    );
    metrics::describe_counter!(
        "warmline_shadow_dropped_total",
        "Steps that did not fit into the queue of the shadow."
    );
    metrics::describe_counter!(
        "warmline_shadow_failures_total",
        "Conversations that the candidate in the shadow could not decide."
    );
    metrics::describe_gauge!(
        "warmline_webhooks_under_way",
        "Webhooks that are being sent."
    );
}

#[cfg(test)]
mod tests;

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
