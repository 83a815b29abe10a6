//! Traces reach a collector, and neither they nor the logs hold what a customer said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

const SECRET: &str = "zebra-umbrella";
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A collector: whatever it gets by OTLP comes out of the channel.
fn collector() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (got, traces) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let got = got.clone();
            std::thread::spawn(move || while take(stream.as_ref().unwrap(), &got).is_some() {});
        }
    });
    (format!("http://{address}"), traces)
}

/// Takes one request; `None` when the connection has ended.
fn take(stream: &TcpStream, got: &Sender<Value>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut stream = stream;
    stream
        .write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
        )
        .ok()?;
    got.send(serde_json::from_slice(&body).ok()?).ok()
}

/// Posts JSON and waits for the answer's status.
fn post(address: &str, path: &str, body: &Value) -> String {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// The spans of an export, by name.
fn spans(export: &Value) -> Vec<Value> {
    let mut spans = Vec::new();
    for resource in export["resourceSpans"].as_array().into_iter().flatten() {
        for scope in resource["scopeSpans"].as_array().into_iter().flatten() {
            spans.extend(scope["spans"].as_array().into_iter().flatten().cloned());
        }
    }
    spans
}

#[test]
fn a_turn_is_a_span_with_the_detectors_under_it_and_no_words_in_it() {
    let (endpoint, traces) = collector();
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut server = Command::new(env!("CARGO_BIN_EXE_warmline"))
        .args(["demo", "--without-model", "--listen", &address, "--data"])
        .arg(folder.path())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_BSP_SCHEDULE_DELAY", "200")
        .env("RUST_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says where to look once it listens.
    let mut out = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(&address) {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "it did not start");
    }
    let text = format!("How long can I return my {SECRET}?");
    let said = post(
        &address,
        "/v1/conversations/web-1/messages",
        &json!({"text": text}),
    );
    assert!(said.contains("200"), "{said}");

    let mut known: Vec<Value> = Vec::new();
    let root = loop {
        let export = traces.recv_timeout(PATIENCE).expect("traces arrive");
        assert!(!export.to_string().contains(SECRET), "{export}");
        known.extend(spans(&export));
        if let Some(root) = known.iter().find(|span| span["name"] == "invoke_agent") {
            break root.clone();
        }
    };
    let attributes = root["attributes"].to_string();
    assert!(attributes.contains("gen_ai.conversation.id") && attributes.contains("web-1"));
    let under: Vec<&Value> = known
        .iter()
        .filter(|span| span["parentSpanId"] == root["spanId"])
        .collect();
    let names: Vec<&str> = under
        .iter()
        .filter_map(|span| span["name"].as_str())
        .collect();
    assert!(names.contains(&"evaluate sentiment"), "{names:?}");
    let verdicts = under
        .iter()
        .flat_map(|span| span["events"].as_array().into_iter().flatten());
    let verdicts: Vec<&Value> = verdicts.collect();
    assert!(!verdicts.is_empty());
    assert!(
        verdicts
            .iter()
            .all(|event| event["name"] == "gen_ai.evaluation.result")
    );

    server.kill().unwrap();
    let mut logs = String::new();
    let mut err = server.stderr.take().unwrap();
    err.read_to_string(&mut logs).unwrap();
    server.wait().unwrap();
    assert!(!logs.contains(SECRET), "{logs}");
}
