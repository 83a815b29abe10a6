use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, Uri};

use super::loopback::from_this_machine;
use super::*;

fn key() -> VisitorKey {
    VisitorKey::new([7; 32])
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect()
}

fn local(pairs: &[(&'static str, &str)]) -> bool {
    let peer = SocketAddr::from(([127, 0, 0, 1], 9));
    from_this_machine(Some(peer), &headers(pairs), &Uri::from_static("/v1/events"))
}

#[test]
fn a_visitor_token_opens_its_own_conversation_and_no_other() {
    let id = new_conversation().unwrap();
    let token = key().sign(&id);
    assert_eq!(key().verify(&token), Some(id.clone()));
    assert_eq!(VisitorKey::new([8; 32]).verify(&token), None);

    let (_, tag) = token.rsplit_once('.').unwrap();
    assert_eq!(key().verify(&format!("chat-another.{tag}")), None);
    assert_eq!(key().verify(&format!("{id}.")), None);
    assert_eq!(key().verify(&format!("{id}.{}", "é".repeat(32))), None);
    assert_eq!(key().verify(""), None);
}

#[test]
fn two_visitors_never_get_the_same_conversation() {
    assert_ne!(new_conversation().unwrap(), new_conversation().unwrap());
}

#[test]
fn secrets_are_compared_whole_and_never_shown() {
    assert!(key().same("correct horse battery", "correct horse battery"));
    assert!(!key().same("correct horse", "correct horse battery"));
    assert!(!key().same("", "correct horse battery"));
    let token = Token::new("correct horse battery\n").unwrap();
    assert!(!format!("{token:?} {:?}", key()).contains("horse"));
}

#[test]
fn a_short_token_is_refused() {
    let error = Token::new(" short ").unwrap_err().to_string();
    assert!(error.contains("at least 16 characters"), "{error}");
}

#[test]
fn a_program_of_this_machine_is_trusted_in_a_demonstration() {
    assert!(local(&[("host", "localhost:7717")]));
    assert!(local(&[
        ("host", "127.0.0.1:7717"),
        ("origin", "http://127.0.0.1:7717")
    ]));
    assert!(local(&[("host", "[::1]:7717")]));
}

#[test]
fn another_sites_page_in_its_browser_is_not() {
    // A page that calls this machine.
    assert!(!local(&[
        ("host", "localhost:7717"),
        ("origin", "https://evil.example")
    ]));
    assert!(!local(&[("host", "localhost:7717"), ("origin", "null")]));
    // A name that was pointed at this machine.
    assert!(!local(&[("host", "evil.example:7717")]));
    assert!(!local(&[("host", "localhost.evil.example")]));
    assert!(!local(&[]));
    // A proxy on this machine that speaks for somebody else.
    assert!(!local(&[
        ("host", "localhost"),
        ("x-forwarded-for", "203.0.113.9")
    ]));
}

#[test]
fn nobody_else_on_the_network_is_either() {
    let host = headers(&[("host", "localhost:7717")]);
    let uri = Uri::from_static("/");
    let peer = SocketAddr::from(([192, 168, 1, 7], 9));
    assert!(!from_this_machine(Some(peer), &host, &uri));
    assert!(!from_this_machine(None, &host, &uri));
}
