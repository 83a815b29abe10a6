//! What each operation takes of its caller, as its own description says.
//!
//! The handlers' OpenAPI annotations are the permission table: `security(("machine" = ["operate"]),
//! ("session" = ["operate"]))` lets in tokens with the scope `operate` and people with that
//! permission. An operation whose description asks for nothing in particular of a token is for
//! administrators.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::Value;

use super::permission::{Permission, Permissions};

/// What an operation takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Demand {
    /// Nothing.
    Open,
    /// A visitor's token.
    Visitor,
    /// One of these.
    Caller(Vec<Way>),
}

/// One way to be let in: all of these permissions, as that kind of caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Way {
    pub(crate) kind: Kind,
    pub(crate) permissions: Permissions,
}

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Machine,
    Session,
}

/// An operation: its name, and what it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) demand: Demand,
}

/// Every operation, by method and path.
#[derive(Debug, Default)]
pub(crate) struct Operations(HashMap<(String, String), Operation>);

impl Operations {
    /// Reads them out of an OpenAPI document.
    pub(crate) fn of(document: &Value) -> Self {
        let mut operations = HashMap::new();
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, methods) in paths {
            for (method, described) in methods.as_object().into_iter().flatten() {
                let operation = Operation {
                    name: described["operationId"].as_str().unwrap_or(path).to_owned(),
                    demand: demand(described["security"].as_array()),
                };
                operations.insert((method.to_uppercase(), path.clone()), operation);
            }
        }
        Self(operations)
    }

    /// The operation at `path`, which is a pattern; `HEAD` is a `GET` without its body.
    pub(crate) fn at(&self, method: &Method, path: &str) -> Option<&Operation> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        self.0.get(&(method.as_str().to_owned(), path.to_owned()))
    }
}

fn demand(security: Option<&Vec<Value>>) -> Demand {
    let Some(security) = security else {
        return Demand::Open;
    };
    let schemes = security.iter().filter_map(Value::as_object).flatten();
    let mut ways = Vec::new();
    for (scheme, scopes) in schemes {
        let scopes = scopes.as_array().into_iter().flatten();
        let permissions: Permissions = scopes
            .map(|scope| scope.as_str().and_then(Permission::named))
            // A scope that does not exist must not open anything.
            .map(|scope| scope.unwrap_or(Permission::Administer))
            .collect();
        let kind = match scheme.as_str() {
            "visitor" => return Demand::Visitor,
            "session" => Kind::Session,
            _ => Kind::Machine,
        };
        let nothing = permissions == Permissions::default();
        let permissions = match kind == Kind::Machine && nothing {
            true => Permissions::default().with(Permission::Administer),
            false => permissions,
        };
        ways.push(Way { kind, permissions });
    }
    Demand::Caller(ways)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(security: Value) -> Demand {
        let document = json!({ "paths": { "/a": { "get": { "security": security } } } });
        let operations = Operations::of(&document);
        operations.at(&Method::HEAD, "/a").unwrap().demand.clone()
    }

    #[test]
    fn what_is_described_is_demanded() {
        assert_eq!(of(Value::Null), Demand::Open);
        assert_eq!(of(json!([{ "visitor": [] }])), Demand::Visitor);
        let permissions = Permissions::default().with(Permission::Operate);
        let kind = Kind::Session;
        let way = Way { kind, permissions };
        assert_eq!(
            of(json!([{ "session": ["operate"] }])),
            Demand::Caller(vec![way])
        );
    }

    #[test]
    fn what_is_not_described_is_for_administrators() {
        let administer = Permissions::default().with(Permission::Administer);
        for vague in [
            json!([{ "machine": [] }]),
            json!([{ "machine": ["opperate"] }]),
        ] {
            let Demand::Caller(ways) = of(vague) else {
                panic!("it takes a caller");
            };
            assert_eq!(ways[0].permissions, administer);
        }
        assert_eq!(of(json!([])), Demand::Caller(Vec::new()));
    }
}
