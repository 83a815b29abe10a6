//! Tokens of machines that administrators made.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use warmline::journal::Collection;
use warmline::{OperatorId, Timestamp};

use super::permission::{Permission, Permissions};
use super::secret::{digest, fresh};
use super::sessions;
use crate::app::App;
use crate::problem::Problem;

/// Where tokens are kept, by their hashes.
const TOKENS: Collection = Collection::new("token");
/// What every token begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "wl_";
/// How much of the hash names a token.
const NAME: usize = 16;
/// How often the use of a token is noted.
const NOTED: Duration = Duration::from_secs(60);
/// Most tokens.
const MOST: usize = 1000;
/// Longest name of one, in bytes.
const LONGEST: usize = 128;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineToken {
    /// What it is for.
    pub(crate) name: String,
    /// What its bearer may do.
    pub(crate) scopes: Vec<Permission>,
    /// Who made it.
    pub(crate) by: OperatorId,
    /// When.
    pub(crate) made: Timestamp,
    /// When it was last used, to a minute.
    #[serde(default)]
    pub(crate) used: Option<Timestamp>,
}

impl MachineToken {
    /// What its bearer may do. Machines see what customers wrote.
    pub(crate) fn permissions(&self) -> Permissions {
        let scopes: Permissions = self.scopes.iter().copied().collect();
        scopes.with(Permission::PersonalData)
    }
}

/// What names a token, to people.
pub(crate) fn id(key: &str) -> &str {
    key.get(..NAME).unwrap_or(key)
}

/// Makes a token; gives what names it, its text, which is kept nowhere, and what is kept.
pub(crate) async fn make(
    app: &App,
    name: String,
    scopes: Vec<Permission>,
    by: OperatorId,
) -> Result<(String, String, MachineToken), Problem> {
    if name.trim().is_empty() || name.len() > LONGEST {
        return Err(Problem::unusable(format!(
            "`name` has 1 to {LONGEST} bytes"
        )));
    }
    let allowed = |scope: &Permission| *scope != Permission::PersonalData;
    let scopes: Vec<Permission> = scopes.into_iter().collect::<Permissions>().iter().collect();
    if scopes.is_empty() || !scopes.iter().all(allowed) {
        return Err(Problem::unusable(
            "`scopes` are some of `converse`, `operate`, `supervise`, `administer`, `observe`",
        ));
    }
    let _alone = app.people().lock().await;
    if all(app)?.len() >= MOST {
        return Err(Problem::conflict(format!(
            "there are {MOST} tokens; revoke some first"
        )));
    }
    let secret = fresh().map_err(|error| Problem::internal(&error))?;
    let text = format!("{PREFIX}{secret}");
    let key = digest(&text);
    let token = MachineToken {
        name,
        scopes,
        by,
        made: app.now(),
        used: None,
    };
    app.records().keep(TOKENS, &key, None, &token).await?;
    Ok((id(&key).to_owned(), text, token))
}

/// The token that was presented, with the key it is kept under; its use is noted.
pub(crate) async fn of(
    app: &App,
    presented: &str,
) -> Result<Option<(String, MachineToken)>, Problem> {
    if !presented.starts_with(PREFIX) {
        return Ok(None);
    }
    let key = digest(presented);
    let Some(token) = app.records().get::<MachineToken>(TOKENS, &key)? else {
        return Ok(None);
    };
    let now = app.now();
    if token.used.is_none_or(|used| now.since(used) >= NOTED) {
        // Held against a revocation: a token that is gone does not come back.
        let _alone = app.people().lock().await;
        if !is_good(app, &key) {
            return Ok(None);
        }
        let noted = MachineToken {
            used: Some(now),
            ..token.clone()
        };
        app.records().keep(TOKENS, &key, None, &noted).await?;
    }
    Ok(Some((key, token)))
}

/// Whether the token under `key` is still good.
pub(crate) fn is_good(app: &App, key: &str) -> bool {
    matches!(app.records().get::<MachineToken>(TOKENS, key), Ok(Some(_)))
}

/// Every token with the key it is kept under.
pub(crate) fn all(app: &App) -> Result<Vec<(String, MachineToken)>, Problem> {
    Ok(app.records().all(TOKENS, "")?)
}

/// Revokes the token that `name` names; 404 if there is none.
pub(crate) async fn revoke(app: &App, name: &str) -> Result<(), Problem> {
    let _alone = app.people().lock().await;
    let key = all(app)?
        .into_iter()
        .find_map(|(key, _)| (id(&key) == name).then_some(key))
        .ok_or_else(|| Problem::not_found(format!("there is no token `{name}`")))?;
    app.records().drop(TOKENS, &key, None).await?;
    sessions::ended(app);
    Ok(())
}
