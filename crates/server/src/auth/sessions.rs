//! Sessions: a cookie that stands for somebody who signed in, for a while.
//!
//! The cookie is random; what is kept is its hash. A request that changes something shows a second
//! secret besides, which the page learned from `GET /v1/session` and another site cannot know.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use warmline::journal::{Collection, RecordChange};
use warmline::{OperatorId, Timestamp};

use super::person::{self, Person};
use super::secret::{digest, fresh};
use crate::app::App;
use crate::problem::Problem;

/// Where sessions are kept, by the hashes of their cookies.
const SESSIONS: Collection = Collection::new("session");
/// The cookie.
const COOKIE: &str = "warmline_session";
/// The header that proves that the page itself asks.
pub const CSRF_HEADER: &str = "x-warmline-csrf";
/// How often the use of a session is noted: a record for every request would be many.
const NOTED: Duration = Duration::from_secs(60);

/// What is kept of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    person: OperatorId,
    /// The person's generation at the time; another one ended it.
    generation: u64,
    began: Timestamp,
    used: Timestamp,
}

/// A session that is good.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The hash of its cookie.
    pub(crate) key: String,
    /// What requests that change something must show.
    pub(crate) csrf: String,
    /// Who signed in.
    pub(crate) name: OperatorId,
    /// What is known of them now.
    pub(crate) person: Person,
}

/// Begins a session; gives it and the header that sets its cookie.
pub(crate) async fn begin(
    app: &App,
    name: &OperatorId,
    person: Person,
    secure: bool,
) -> Result<(Session, HeaderValue), Problem> {
    let secret = fresh().map_err(|error| Problem::internal(&error))?;
    let now = app.now();
    let kept = Kept {
        person: name.clone(),
        generation: person.generation,
        began: now,
        used: now,
    };
    let key = digest(&secret);
    app.records().keep(SESSIONS, &key, None, &kept).await?;
    let session = Session {
        key,
        csrf: csrf(&secret),
        name: name.clone(),
        person,
    };
    let age = app.config().sessions.absolute.as_secs();
    Ok((session, cookie(app, &secret, age, secure)))
}

/// The session whose cookie came with a request, if it is good. Its use is noted.
pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    for secret in cookies(headers) {
        let key = digest(secret);
        let Some((kept, person)) = good(app, &key)? else {
            continue;
        };
        let now = app.now();
        if now.since(kept.used) >= NOTED {
            let noted = Kept {
                used: now,
                ..kept.clone()
            };
            app.records().keep(SESSIONS, &key, None, &noted).await?;
        }
        return Ok(Some(Session {
            key,
            csrf: csrf(secret),
            name: kept.person,
            person,
        }));
    }
    Ok(None)
}

/// Whether the session under `key` is still good.
pub(crate) fn is_good(app: &App, key: &str) -> bool {
    matches!(good(app, key), Ok(Some(_)))
}

fn good(app: &App, key: &str) -> Result<Option<(Kept, Person)>, Problem> {
    let records = app.records();
    let Some(kept) = records.get::<Kept>(SESSIONS, key)? else {
        return Ok(None);
    };
    if is_over(app, &kept) {
        return Ok(None);
    }
    let person = person::find(&records, &kept.person)?;
    let person = person.filter(|it| !it.disabled && it.generation == kept.generation);
    Ok(person.map(|person| (kept, person)))
}

fn is_over(app: &App, kept: &Kept) -> bool {
    let limits = &app.config().sessions;
    let now = app.now();
    now.since(kept.used) >= limits.idle || now.since(kept.began) >= limits.absolute
}

/// Ends one session; gives the header that takes its cookie away.
pub(crate) async fn end(
    app: &App,
    session: &Session,
    secure: bool,
) -> Result<HeaderValue, Problem> {
    app.records().drop(SESSIONS, &session.key, None).await?;
    ended(app);
    Ok(cookie(app, "", 0, secure))
}

/// Lets streams look whether their session is still good.
pub(crate) fn ended(app: &App) {
    app.sessions_ended().send_modify(|count| *count += 1);
}

/// Forgets the sessions that are over.
pub(crate) async fn sweep(app: &App) -> Result<(), Problem> {
    let sessions: Vec<(String, Kept)> = app.records().all(SESSIONS, "")?;
    let over = sessions.into_iter().filter(|(_, kept)| is_over(app, kept));
    let drops: Vec<RecordChange> = over
        .map(|(key, _)| RecordChange::Drop {
            collection: SESSIONS,
            key,
            conversation: None,
        })
        .collect();
    for some in drops.chunks(256) {
        app.records().change(some.to_vec()).await?;
    }
    Ok(())
}

/// The secret that proves that the page itself asks, bound to its session.
fn csrf(secret: &str) -> String {
    digest(&format!("warmline csrf {secret}"))
}

/// Every cookie of that name: one of another tenant's may come along.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .filter(|secret| secret.len() == 64)
        .take(4)
}

fn cookie(app: &App, secret: &str, age: u64, secure: bool) -> HeaderValue {
    let path = app.base();
    let secure = if secure { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={secret}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("hexadecimal digits and a plain path are a header")
}
