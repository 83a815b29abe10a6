//! Who calls, and in whose name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use warmline::core::event::Requester;
use warmline::{ConversationId, OperatorId};

use super::OPERATOR_HEADER;
use super::demand::{Demand, Kind, Way};
use super::permission::{Permission, Permissions};
use super::sessions::Session;
use crate::problem::Problem;

/// As what a caller was let in.
#[derive(Debug, Clone)]
pub(crate) enum Pass {
    /// By the machine token of the configuration.
    Master,
    /// By a token that an administrator made: the key it is kept under, and its name.
    Token {
        /// The key.
        key: String,
        /// What it is for.
        name: String,
    },
    /// By a session.
    Session(Box<Session>),
    /// Because they call from this very machine, in a demonstration.
    Demo,
}

/// A caller that was let in.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// As what.
    pub(crate) pass: Pass,
    /// What they may do.
    pub(crate) permissions: Permissions,
    /// The operator they act as.
    pub(crate) operator: Option<OperatorId>,
}

impl Caller {
    /// In whose name they ask: an operator's, where there is one, else the bot's own.
    pub(crate) fn requester(&self) -> Requester {
        match self.operator.clone() {
            Some(operator) => Requester::Operator { operator },
            None => Requester::Bot,
        }
    }

    /// The session they were let in by.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.pass {
            Pass::Session(session) => Some(session),
            _ => None,
        }
    }

    /// What the trail calls it.
    pub(crate) fn by(&self) -> String {
        match &self.pass {
            Pass::Master => "machine".to_owned(),
            Pass::Token { name, .. } => format!("token:{name}"),
            Pass::Session(_) => "session".to_owned(),
            Pass::Demo => "demo".to_owned(),
        }
    }

    /// Whether `demand` lets them in; 403 with what it takes if not.
    pub(crate) fn check(&self, demand: &Demand) -> Result<(), Problem> {
        let Demand::Caller(ways) = demand else {
            return Ok(());
        };
        let kind = match &self.pass {
            Pass::Session(_) => Some(Kind::Session),
            Pass::Master | Pass::Token { .. } => Some(Kind::Machine),
            // Both at once: the owner of the machine tries everything.
            Pass::Demo => None,
        };
        let mine = |way: &&Way| kind.is_none_or(|kind| kind == way.kind);
        let has = |way: &Way| way.permissions.iter().all(|it| self.permissions.has(it));
        if ways.iter().filter(mine).any(has) {
            return Ok(());
        }
        let mut names: Vec<&str> = ways
            .iter()
            .filter(mine)
            .flat_map(|way| way.permissions.iter())
            .map(Permission::name)
            .collect();
        names.dedup();
        Err(Problem::forbidden(match (names.as_slice(), kind) {
            ([], Some(Kind::Session)) => "this is for machines: send a token".to_owned(),
            ([], _) => "this is for people who signed in".to_owned(),
            (names, _) => format!("this takes the permission `{}`", names.join("` or `")),
        }))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.ok_or_else(|| Problem::unauthenticated("this is for machines and operators"))
    }
}

/// The operator that a caller acts as; a machine that names none is refused.
pub(crate) struct Operator(pub(crate) OperatorId);

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.operator.map(Self).ok_or_else(|| {
            Problem::malformed(format!(
                "name the operator who acts: `{OPERATOR_HEADER}: dana`"
            ))
        })
    }
}

/// A chat visitor, and the one conversation that is theirs.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) ConversationId);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        visitor.ok_or_else(|| Problem::unauthenticated("this is for chat visitors"))
    }
}
