//! What a provider says of somebody, and what follows.

use serde_json::{Map, Value};
use warmline::OperatorId;

use super::config::{ADDRESS, OidcConfig, VERIFIED};
use crate::auth::Role;
use crate::problem::Problem;

/// Longest text that is taken from a claim, in bytes.
const LONGEST: usize = 128;

/// Whom a provider means.
#[derive(Debug, PartialEq)]
pub(super) struct Identity {
    /// Issuer and subject: these never change.
    pub(super) subject: String,
    /// The name they act under.
    pub(super) name: OperatorId,
    /// The name others read.
    pub(super) display: String,
    /// What their groups make them; none where administrators give roles.
    pub(super) role: Option<Role>,
    /// Whether the name is an e-mail address that the provider verified.
    pub(super) verified: bool,
}

/// Adds to the `claims` of a token what the provider `told` besides. What the token says goes before;
/// an address and whether it was verified are one word, which is said of no other address.
pub(super) fn complete(claims: &mut Map<String, Value>, mut told: Map<String, Value>) {
    let same = |address: &Value| {
        let both = address
            .as_str()
            .zip(told.get(ADDRESS).and_then(Value::as_str));
        both.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    match claims.get(ADDRESS) {
        Some(address) if !same(address) => drop(told.remove(VERIFIED)),
        Some(_) => {}
        None => drop(claims.remove(VERIFIED)),
    }
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
}

/// Whom `claims` are about, if they are let in.
pub(super) fn identity(
    config: &OidcConfig,
    claims: &Map<String, Value>,
) -> Result<Identity, Problem> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= 255);
    let subject = subject.ok_or_else(|| Problem::unauthenticated("the provider names nobody"))?;
    let address = text(ADDRESS);
    // Some providers write the truth as a text.
    let verified = claims
        .get(VERIFIED)
        .is_some_and(|it| it == &Value::Bool(true) || it == "true");
    if !config.allowed_domains.is_empty() {
        let domain = address
            .filter(|_| verified)
            .and_then(|address| address.rsplit_once('@'))
            .map(|(_, domain)| domain);
        let allowed = |domain: &str| {
            config
                .allowed_domains
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(domain))
        };
        if !domain.is_some_and(allowed) {
            return Err(Problem::forbidden(
                "only verified addresses of the domains in `server.oidc.allowed_domains` are let in",
            ));
        }
    }
    let name = text(&config.name_claim).ok_or_else(|| {
        Problem::forbidden(format!(
            "the provider sends no claim `{}`",
            config.name_claim
        ))
    })?;
    let by_address = config.is_named_by_address();
    let name = match by_address {
        true => name.to_ascii_lowercase(),
        false => name.to_owned(),
    };
    let name = OperatorId::new(&name)
        .map_err(|error| Problem::forbidden(format!("`{}`: {error}", config.name_claim)))?;
    let display = text("name").filter(|display| !display.trim().is_empty());
    let display = display.unwrap_or(name.as_str());
    Ok(Identity {
        subject: format!("{} {subject}", config.issuer),
        display: display[..display.floor_char_boundary(LONGEST)].to_owned(),
        role: role(config, claims)?,
        verified: by_address && verified,
        name,
    })
}

fn role(config: &OidcConfig, claims: &Map<String, Value>) -> Result<Option<Role>, Problem> {
    if config.roles.is_empty() {
        return Ok(Some(config.default_role.unwrap_or(Role::Operator)));
    }
    let groups: Vec<&str> = match claims.get(&config.role_claim) {
        Some(Value::String(group)) => vec![group],
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let highest = groups
        .iter()
        .filter_map(|group| config.roles.get(*group))
        .max();
    match highest.copied().or(config.default_role) {
        Some(role) => Ok(Some(role)),
        None => Err(Problem::forbidden("none of your groups is let in here")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(more: Value) -> OidcConfig {
        let mut config = json!({"issuer": "https://login.example", "client_id": "w"});
        config
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value(config).unwrap()
    }

    fn of(more: Value, claims: Value) -> Result<Identity, Problem> {
        identity(&config(more), claims.as_object().unwrap())
    }

    #[test]
    fn only_verified_addresses_of_allowed_domains_are_let_in() {
        let domains = || json!({"allowed_domains": ["shop.example"]});
        let claims = |email: &str, verified: Value| json!({"sub": "1", "email": email, "email_verified": verified});
        assert!(of(domains(), claims("Dana@Shop.Example", json!(true))).is_ok());
        for (email, verified) in [
            ("dana@shop.example", json!(false)),
            ("dana@shop.example", Value::Null),
            ("dana@evil.example", json!(true)),
            ("dana@shop.example@evil.example", json!(true)),
            ("dana@sub.shop.example", json!(true)),
        ] {
            assert_eq!(
                of(domains(), claims(email, verified)).unwrap_err().status,
                403
            );
        }
    }

    #[test]
    fn an_address_is_verified_only_by_a_word_about_that_address() {
        let sub = || json!({"sub": "1"});
        let dana = || json!({"sub": "1", "email": "dana@shop.example"});
        let with = |mut claims: Value, verified: bool| {
            claims["email_verified"] = json!(verified);
            claims
        };
        let eve = json!({"sub": "1", "email": "eve@evil.example"});
        for (token, told, verified) in [
            (dana(), with(dana(), true), true),
            (sub(), with(dana(), true), true),
            (
                json!({"sub": "1", "email": "Dana@Shop.Example"}),
                with(dana(), true),
                true,
            ),
            (with(dana(), true), sub(), true),
            (dana(), with(eve.clone(), true), false),
            (dana(), with(sub(), true), false),
            (with(dana(), false), with(dana(), true), false),
            (with(sub(), true), dana(), false),
            (with(sub(), true), with(dana(), false), false),
            (dana(), dana(), false),
        ] {
            let mut claims = token.as_object().unwrap().clone();
            complete(&mut claims, told.as_object().unwrap().clone());
            let found = identity(&config(json!({})), &claims).unwrap();
            assert_eq!(found.name.as_str(), "dana@shop.example");
            assert_eq!(found.verified, verified, "{token} and {told}");
        }
    }

    #[test]
    fn of_several_groups_the_highest_role_counts_and_without_one_nobody_is_let_in() {
        let roles = || json!({"roles": {"support": "operator", "leads": "supervisor"}});
        let claims =
            |groups: Value| json!({"sub": "1", "email": "dana@shop.example", "groups": groups});
        let role = |groups| of(roles(), claims(groups)).map(|identity| identity.role);
        assert_eq!(
            role(json!(["support", "leads"])),
            Ok(Some(Role::Supervisor))
        );
        assert_eq!(role(json!("support")), Ok(Some(Role::Operator)));
        assert_eq!(role(json!(["others"])).unwrap_err().status, 403);
        let mut with_default = roles();
        with_default["default_role"] = json!("operator");
        assert!(of(with_default, claims(json!([]))).is_ok());
    }

    #[test]
    fn a_name_that_is_no_address_is_never_verified() {
        let claims = json!({"sub": "1", "email": "a@b.example", "email_verified": true, "preferred_username": "dana"});
        let by_name = of(json!({"name_claim": "preferred_username"}), claims.clone()).unwrap();
        assert!(!by_name.verified);
        let by_address = of(json!({}), claims).unwrap();
        assert!(by_address.verified);
        assert_eq!(by_address.subject, "https://login.example 1");
    }
}
