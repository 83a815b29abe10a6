//! `warmline audit`, `calibrate` and `replay --config` as a user calls them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use warmline::core::source::Source;
use warmline::detect::HashedEncoder;
use warmline::journal::SledJournal;
use warmline::{
    Ask, Assistant, AssistantError, Config, ConversationId, Disk, Draft, Inbound, Outcome,
    Requester, Warmline,
};

fn warmline(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_warmline"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that wants no input may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// The exit code and the report of a comparison with `config`, on what `more` names.
fn compared(folder: &Path, config: &str, more: &[&str]) -> (Option<i32>, Value) {
    let args = ["replay", "--config", config, "--without-model", "--json"];
    let output = warmline(folder, &[&args[..], more].concat(), "");
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|_| panic!("{}", said(&output.stderr)));
    (output.status.code(), report)
}

/// Chats: every other customer asks for a human and ends badly.
fn log(conversations: usize) -> String {
    let chat = |number: usize| {
        let upset = number.is_multiple_of(2);
        let words = match upset {
            true => "Let me speak to a human, please.",
            false => "Thank you, that is all.",
        };
        let chat = json!({
            "id": format!("c-{number}"),
            "channel": "web",
            "outcome": if upset { "unresolved" } else { "resolved" },
            "messages": [
                {"role": "user", "content": format!("Where is my parcel number {number}?")},
                {"role": "assistant", "content": "It is on its way."},
                {"role": "user", "content": words},
                {"role": "assistant", "content": "You are welcome."},
            ],
        });
        format!("{chat}\n")
    };
    (0..conversations).map(chat).collect()
}

/// Without the model sentiment is guessed from spelling.
const QUIET: &str = "[thresholds]\nsentiment = \"off\"\n";
const POLICY: &str = "[thresholds]\nsentiment = \"off\"\n[[gates]]\nname = \"asked\"\nwhen = 'intent == \"human_request\"'\n\
                      trigger = \"customer_request\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log.jsonl"), log(8)).unwrap();
    std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    std::fs::write(folder.path().join("quiet.toml"), QUIET).unwrap();
    folder
}

#[test]
fn an_audit_prints_a_line_for_each_conversation_and_a_summary() {
    let folder = folder();
    let args = [
        "audit",
        "-",
        "--json",
        "--without-model",
        "--config",
        "policy.toml",
    ];
    let input = format!("{}not json\n", log(8));
    let output = warmline(folder.path(), &args, &input);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output.stderr));
    let lines: Vec<Value> = said(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 9);
    let first = &lines[0];
    assert_eq!(first["id"], "c-0");
    assert!((0.0..=1.0).contains(&first["risk"].as_f64().unwrap()));
    let fired = &first["fired"][0];
    assert_eq!((&fired["pattern"], &fired["turn"]), (&json!(5), &json!(3)));
    assert!(
        fired["evidence"][0]["quote"]
            .as_str()
            .unwrap()
            .contains("human")
    );
    assert_eq!(lines[1]["fired"], json!([]));
    let summary = &lines[8]["summary"];
    assert_eq!(summary["basis"], "measured");
    assert_eq!(summary["roadmap"][0]["saved"], 4);
    assert_eq!(summary["skipped"], 1);
    let complaint = said(&output.stderr);
    assert!(
        complaint.contains("standard input:9: not JSON"),
        "{complaint}"
    );
}

#[test]
fn the_page_and_its_labels_go_round() {
    let folder = folder();
    let labels = json!({"labels": [{"id": "c-1", "needed_human": true}]});
    std::fs::write(folder.path().join("labels.json"), labels.to_string()).unwrap();
    let args = [
        "audit",
        "log.jsonl",
        "--without-model",
        "--config",
        "policy.toml",
        "--labels",
        "labels.json",
        "--html",
        "page.html",
        "--limit",
        "4",
    ];
    let output = warmline(folder.path(), &args, "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output.stderr));
    let summary = said(&output.stdout);
    assert!(summary.contains("3 ended badly"), "{summary}");
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("data-id=\"c-1\"") && page.contains("<mark"));
}

#[test]
fn misuse_is_told_apart_from_findings() {
    let folder = folder();
    for (args, complaint) in [
        (&["audit"][..], "name a log"),
        (
            &["audit", "nowhere.jsonl", "--without-model"],
            "nowhere.jsonl",
        ),
        (
            &["audit", "log.jsonl", "--format", "slack"],
            "there is no format",
        ),
        (
            &["audit", "policy.toml", "--without-model"],
            "the formats are",
        ),
        (
            &["calibrate", "log.jsonl", "--miss", "7"],
            "between 0 and 1",
        ),
        (&["replay", "--log", "log.jsonl"], "--config"),
        (
            &["replay", "--config", "quiet.toml", "--bot", "Robo"],
            "--log <LOG>...",
        ),
        (
            &[
                "replay",
                "c-1",
                "--config",
                "quiet.toml",
                "--log",
                "log.jsonl",
            ],
            "cannot be used with",
        ),
        (
            &[
                "replay",
                "--data",
                "d",
                "--config",
                "quiet.toml",
                "--log",
                "log.jsonl",
            ],
            "leave out --data or the logs",
        ),
        (
            &["calibrate", "--data", "data", "--labels", "labels.json"],
            "<LOG>...",
        ),
        (
            &["calibrate", "--data", "data", "--columns", "text=What"],
            "<LOG>...",
        ),
        (
            &["calibrate", "log.jsonl", "--data", "data"],
            "leave out --data or the logs",
        ),
    ] {
        let output = warmline(folder.path(), args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            said(&output.stderr).contains(complaint),
            "{}",
            said(&output.stderr)
        );
    }
    let quiet = [
        "audit",
        "log.jsonl",
        "--without-model",
        "--config",
        "quiet.toml",
        "--limit",
        "0",
    ];
    assert_eq!(warmline(folder.path(), &quiet, "").status.code(), Some(0));
}

#[test]
fn a_calibration_writes_a_patch_and_changes_nothing() {
    let folder = folder();
    std::fs::write(folder.path().join("long.jsonl"), log(160)).unwrap();
    let args = [
        "calibrate",
        "long.jsonl",
        "--without-model",
        "--config",
        "policy.toml",
        "--out",
        "patch.toml",
        "--html",
        "page.html",
    ];
    let output = warmline(folder.path(), &args, "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    assert!(
        said(&output.stdout).contains("at most 10 %"),
        "{}",
        said(&output.stdout)
    );
    let patch = folder.path().join("patch.toml");
    let check = warmline(folder.path(), &["check", "patch.toml"], "");
    assert_eq!(check.status.code(), Some(0), "{}", said(&check.stdout));
    assert!(
        std::fs::read_to_string(patch)
            .unwrap()
            .contains("[thresholds]")
    );
    let policy = std::fs::read_to_string(folder.path().join("policy.toml")).unwrap();
    assert_eq!(policy, POLICY);
    let few = [
        "calibrate",
        "log.jsonl",
        "--without-model",
        "--config",
        "policy.toml",
    ];
    let output = warmline(folder.path(), &few, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output.stderr).contains("too few"),
        "{}",
        said(&output.stderr)
    );
}

#[test]
fn logs_that_another_policy_decides_are_read_as_an_audit_reads_them() {
    let folder = folder();
    let table = "Case,Who,What\n1,Client,Let me speak to a human please.\n1,Bot,Ho\n";
    std::fs::write(folder.path().join("log.csv"), table).unwrap();
    let columns = "conversation=Case,role=Who,text=What";
    let log = ["--log", "log.csv", "--columns", columns];
    let against = ["--against", "quiet.toml"];
    let (code, report) = compared(folder.path(), "policy.toml", &[&log[..], &against].concat());
    assert_eq!(code, Some(1));
    assert_eq!(report["changes"]["newly"]["conversations"], 1, "{report}");
}

#[test]
fn another_policy_is_compared_on_a_log() {
    let folder = folder();
    let more = ["--log", "log.jsonl", "--against", "quiet.toml"];
    let (code, report) = compared(folder.path(), "policy.toml", &more);
    assert_eq!(code, Some(1));
    assert_eq!(report["conversations"], 8);
    assert_eq!(report["changes"]["newly"]["conversations"], 4, "{report}");
}

/// A journal in `folder`, decided by `policy`: every customer asks for a human, some of them gently.
fn journal(folder: &Path, policy: &str) {
    let source = Source::new("policy.toml", policy);
    let config = Config::parse(&source, folder, &Disk).unwrap();
    let journal = SledJournal::open(folder.join("data").join("journal")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let warmline = Warmline::builder()
            .config(config)
            .journal(Arc::new(journal))
            .encoder(Arc::new(HashedEncoder))
            .assistant(Echo)
            .start()
            .await
            .unwrap();
        for number in 0..3 {
            let id = ConversationId::new(format!("c-{number}")).unwrap();
            for words in ["Where is my parcel?", "Let me speak to a human, please."] {
                warmline
                    .customer_says(&id, Inbound::text(words))
                    .await
                    .unwrap();
            }
        }
        warmline.shutdown().await;
    });
}

#[test]
fn a_journal_without_feedback_is_calibrated_by_how_its_conversations_ended() {
    let folder = folder();
    // On a slow machine a detector that is late hands nobody off.
    let quiet = format!("{QUIET}[failures]\ndefault = \"continue\"\n");
    let quiet = Source::new("quiet.toml", quiet);
    let config = Config::parse(&quiet, folder.path(), &Disk).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let journal = SledJournal::open(folder.path().join("data").join("journal")).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let warmline = Warmline::builder()
            .config(config)
            .journal(Arc::new(journal))
            .encoder(Arc::new(HashedEncoder))
            .assistant(Echo)
            .start()
            .await
            .unwrap();
        for outcome in Outcome::ALL
            .into_iter()
            .filter(|end| *end != Outcome::Reopened)
        {
            let id = ConversationId::new(outcome.as_str()).unwrap();
            let words = Inbound::text("Where is my parcel?");
            warmline.customer_says(&id, words).await.unwrap();
            let end = warmline.close(&id, Requester::Customer, outcome).await;
            end.unwrap();
        }
        warmline.shutdown().await;
    });
    let calibrate = [
        "calibrate",
        "--data",
        "data",
        "--config",
        "quiet.toml",
        "--json",
    ];
    let output = warmline(folder.path(), &calibrate, "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Abandoned, unresolved, and resolved with the customer's word.
    assert_eq!(
        (&found["conversations"], &found["needed"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(found["holds"], false);
}

struct Echo;

impl Assistant for Echo {
    async fn draft(&self, _: Ask) -> Result<Draft, AssistantError> {
        Ok(Draft {
            text: "It is on its way.".to_owned(),
            ..Draft::default()
        })
    }
}

#[test]
fn another_policy_is_compared_on_a_journal() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    journal(folder.path(), POLICY);
    let data = ["--data", "data"];
    let (code, same) = compared(folder.path(), "policy.toml", &data);
    assert_eq!(code, Some(0), "{same}");
    assert_eq!(same["handed_off_before"], 3);
    let (code, none) = compared(folder.path(), "quiet.toml", &data);
    assert_eq!(code, Some(1));
    assert_eq!(none["changes"]["no_more"]["conversations"], 3, "{none}");
    let calibrate = ["calibrate", "--data", "data", "--config", "policy.toml"];
    let output = warmline(folder.path(), &calibrate, "");
    assert_eq!(output.status.code(), Some(2));
    let complaint = said(&output.stderr);
    assert!(
        complaint.contains("no conversation says whether"),
        "{complaint}"
    );
}
