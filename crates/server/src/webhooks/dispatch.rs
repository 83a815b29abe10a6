//! The service that sends what is written down. It keeps nothing of its own: whatever is pending is
//! read from the records.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use warmline::core::privacy::Kinds;
use warmline::journal::RecordChange;
use warmline::{Error, Records, Timestamp, Warmline};

use super::Webhooks;
use super::config::Endpoint;
use super::delivery::{Delivery, Status, WEBHOOK};

/// Deliveries read at once, and under way to one endpoint at the same time.
const PAGE: usize = 128;
const AT_ONCE: usize = 8;
/// How long a receiver may take.
const BUDGET: Duration = Duration::from_secs(15);
/// The pauses between attempts, after the schedule that Standard Webhooks recommends; after the
/// last the event is a dead letter.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(3 * 3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(12 * 3600),
    Duration::from_secs(24 * 3600),
];
/// The longest sleep between two looks, and the shortest.
const LOOKS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_millis(100));
/// How many deliveries are kept after they are done, and how often the rest is taken away.
const KEPT: usize = 10_000;
const TIDY: Duration = Duration::from_secs(600);

/// The state of the service: what is under way, and nothing else.
struct Dispatch {
    warmline: Warmline,
    webhooks: Webhooks,
    records: Records,
    client: reqwest::Client,
    under_way: JoinSet<String>,
    keys: HashSet<String>,
    busy: HashMap<String, usize>,
}

/// Sends until `over`.
pub(crate) async fn run(warmline: Warmline, webhooks: Webhooks, mut over: watch::Receiver<bool>) {
    // A receiver that moved is told to its operator, not followed: who knows where it leads.
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(BUDGET)
        .user_agent(concat!("warmline/", env!("CARGO_PKG_VERSION")))
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent");
            return;
        }
    };
    let mut dispatch = Dispatch {
        records: warmline.records(),
        warmline: warmline.clone(),
        webhooks,
        client,
        under_way: JoinSet::new(),
        keys: HashSet::new(),
        busy: HashMap::new(),
    };
    let changed = dispatch.webhooks.changed.clone();
    let mut feed = warmline.subscribe();
    let mut tidied = Instant::now();
    loop {
        let next = match dispatch.look() {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "webhooks cannot be read");
                LOOKS.0
            }
        };
        if tidied.elapsed() >= TIDY {
            tidied = Instant::now();
            if let Err(error) = dispatch.tidy().await {
                tracing::warn!(%error, "old webhooks stay");
            }
        }
        // So many steps bring no webhook that looking at each would be waste.
        tokio::time::sleep(LOOKS.1).await;
        let looks_again = Instant::now() + next.clamp(LOOKS.1, LOOKS.0);
        let mut woken = false;
        tokio::select! {
            // Who falls behind finds everything in the records.
            _ = feed.recv() => feed = feed.resubscribe(),
            () = changed.notified() => woken = true,
            Some(done) = dispatch.under_way.join_next() => dispatch.done(done.ok()),
            () = tokio::time::sleep_until(looks_again) => {}
            _ = over.wait_for(|over| *over) => return,
        }
        if woken {
            // What a restatement brings is on its way to the disk.
            tokio::time::sleep(LOOKS.1).await;
        }
        while let Some(done) = dispatch.under_way.try_join_next() {
            dispatch.done(done.ok());
        }
    }
}

impl Dispatch {
    /// Begins every delivery that is due and has a place; says when the next one is due.
    fn look(&mut self) -> Result<Duration, Error> {
        let now = now();
        let mut next = LOOKS.0;
        let told = self.webhooks.current();
        for endpoint in &told.endpoints {
            let prefix = format!("{}{}/", Status::Pending.prefix(), endpoint.name);
            let mut after = None;
            'endpoint: loop {
                let page =
                    self.records
                        .list::<Delivery>(WEBHOOK, &prefix, after.as_deref(), PAGE)?;
                for (key, delivery) in page.rows {
                    if delivery.next > now {
                        next = next.min(delivery.next.since(now));
                        break 'endpoint;
                    }
                    if !self.has_place(&endpoint.name) {
                        break 'endpoint;
                    }
                    self.begin(key, delivery, endpoint);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        metrics::gauge!("warmline_webhooks_under_way").set(self.keys.len() as f64);
        Ok(next)
    }

    fn has_place(&self, endpoint: &str) -> bool {
        self.busy.get(endpoint).copied().unwrap_or_default() < AT_ONCE
    }

    fn begin(&mut self, key: String, delivery: Delivery, endpoint: &Endpoint) {
        if !self.keys.insert(key.clone()) {
            return;
        }
        *self.busy.entry(endpoint.name.clone()).or_default() += 1;
        let (client, records) = (self.client.clone(), self.records.clone());
        let endpoint = endpoint.clone();
        let masked = self.warmline.privacy().webhooks;
        self.under_way.spawn(async move {
            let after = attempt(&client, &endpoint, &delivery, masked).await;
            if let Err(error) = records.change(delivery.moved(&after)).await {
                tracing::error!(%error, "a webhook could not be noted; it is repeated");
            }
            key
        });
    }

    /// Frees the place of a delivery. One that crashed has its place kept until a restart, which
    /// sends it again.
    fn done(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        self.keys.remove(&key);
        let endpoint = key.split('/').nth(1).unwrap_or_default();
        if let Some(busy) = self.busy.get_mut(endpoint) {
            *busy = busy.saturating_sub(1);
        }
    }

    /// Takes away what was done long ago.
    async fn tidy(&self) -> Result<(), Error> {
        for status in [Status::Delivered, Status::Dead] {
            let kept = self.records.all::<Delivery>(WEBHOOK, status.prefix())?;
            let old = kept.into_iter().skip(KEPT);
            let old = old.map(|(key, delivery)| RecordChange::Drop {
                collection: WEBHOOK,
                key,
                conversation: Some(delivery.conversation),
            });
            let old: Vec<RecordChange> = old.collect();
            if !old.is_empty() {
                self.records.change(old).await?;
            }
        }
        Ok(())
    }
}

/// Sends a delivery once, and says how it stands after that.
async fn attempt(
    client: &reqwest::Client,
    endpoint: &Endpoint,
    delivery: &Delivery,
    masked: Kinds,
) -> Delivery {
    let body = delivery.body(endpoint.format, masked).to_string();
    let seconds = now().0 / 1000;
    let kind = match endpoint.format {
        super::config::Format::CloudEvents => "application/cloudevents+json; charset=utf-8",
        _ => "application/json",
    };
    let mut request = client
        .post(&endpoint.url)
        .header(CONTENT_TYPE, kind)
        .header("webhook-id", &delivery.event_id)
        .header("webhook-timestamp", seconds);
    if let Some(secret) = &endpoint.secret {
        let signature = secret.sign(&delivery.event_id, seconds, body.as_bytes());
        request = request.header("webhook-signature", signature);
    }
    let sent = request.body(body).send().await;
    let mut after = Delivery {
        attempts: delivery.attempts + 1,
        next: now(),
        answer: None,
        error: None,
        ..delivery.clone()
    };
    let mut least = Duration::ZERO;
    match &sent {
        Ok(response) if response.status().is_success() => after.status = Status::Delivered,
        Ok(response) => {
            let seconds = response.headers().get(RETRY_AFTER);
            let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
            least = Duration::from_secs(seconds.unwrap_or(0)).min(PAUSES[PAUSES.len() - 1]);
            after.error = Some(format!("the receiver answered {}", response.status()));
        }
        // The address may be a secret.
        Err(error) => after.error = Some(reason(error)),
    }
    after.answer = sent.ok().map(|response| response.status().as_u16());
    if after.status == Status::Pending {
        match PAUSES.get(delivery.attempts as usize) {
            // 410 says that nobody will ever take it.
            Some(pause) if after.answer != Some(410) => {
                after.next = after.next.after(jittered(*pause, delivery).max(least));
            }
            _ => after.status = Status::Dead,
        }
    }
    let result = match after.status {
        Status::Delivered => "delivered",
        Status::Pending => "failed",
        Status::Dead => "dead",
    };
    let labels = [
        ("endpoint", endpoint.name.clone()),
        ("result", result.to_owned()),
    ];
    metrics::counter!("warmline_webhook_attempts_total", &labels).increment(1);
    if let Some(error) = &after.error {
        let (endpoint, id) = (&endpoint.name, &delivery.event_id);
        tracing::warn!(
            endpoint,
            id,
            attempt = after.attempts,
            error,
            "a webhook was not taken"
        );
    }
    after
}

fn reason(error: &reqwest::Error) -> String {
    let what = match () {
        () if error.is_timeout() => "the receiver took too long",
        () if error.is_connect() => "the receiver cannot be reached",
        () => "the request failed",
    };
    what.to_owned()
}

/// The pause, longer by up to a fifth: receivers that were down do not get everything at once. The
/// share comes from the id, so that two servers need no dice.
fn jittered(pause: Duration, delivery: &Delivery) -> Duration {
    let id = delivery.event_id.as_bytes();
    let seed = id.iter().fold(delivery.attempts, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    pause + pause.mul_f64(f64::from(seed % 1000) / 5000.0)
}

/// The time of the operating system: receivers compare it with theirs.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let milliseconds = since.map_or(0, |since| since.as_millis());
    Timestamp(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}
