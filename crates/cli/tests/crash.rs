//! The server under SIGKILL: whatever was acknowledged before is there once afterwards.
//!
//! Customers and operators work through the crashes as real ones do: they send the same message
//! again when a connection is lost. After each restart every conversation is read back and held
//! against what was acknowledged; at the end the journal itself is read: every decision comes out
//! the same again, no timer fired twice, and none that came due was forgotten.
//!
//! 50 rounds, or as many as `WARMLINE_CRASH_ROUNDS` says.

#![cfg(unix)]

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use warmline::core::source::Source;
use warmline::core::{Event, replay};
use warmline::journal::Journal;
use warmline::journal::sled::SledJournal;
use warmline::{ConfigVersion, ConversationId, Timestamp, Workflow};
use warmline_lab::{Options, Simulation};

/// Rounds in which the same customers and operators are at work.
const SHIFT: u32 = 10;

/// Handoffs by count and no detector: what is tried here is the host. Timers are short enough to
/// come due while the server is down.
const CONFIG: &str = r#"
[workflow]
name = "crash"
initial = "ai"

[states.ai]
owner = "assistant"
tell.en = "I'm back with you."
timers.idle = { after = "1h", restarts_on = "customer" }

[states.waiting]
owner = "queue"
tell.en = "A colleague will be with you."
timers.claim = { after = "700ms" }

[states.human]
owner = "operator"
tell.en = "A colleague is with you now."
timers.silence = { after = "900ms", restarts_on = "operator" }

[states.over]
owner = "nobody"
tell.en = "Goodbye."

[[rules]]
from = "ai"
on = "handoff_triggered"
to = "waiting"

[[rules]]
from = "waiting"
on = "operator_claimed"
to = "human"

[[rules]]
from = "waiting"
on = "timer_fired"
timer = "claim"
to = "ai"

[[rules]]
from = "human"
on = "handed_back"
to = "ai"

[[rules]]
from = "human"
on = "operator_released"
to = "waiting"

[[rules]]
from = "human"
on = "timer_fired"
timer = "silence"
to = "waiting"

[[rules]]
from = "ai"
on = "timer_fired"
timer = "idle"
to = "over"
outcome = "abandoned"

[[rules]]
from = ["ai", "waiting", "human"]
on = "closed"
to = "over"

[[rules]]
from = "over"
on = "customer_spoke"
to = "ai"

[[gates]]
name = "now_and_then"
when = "turns == 2 || turns == 5"

[detectors]
gates.enabled = false
domain.enabled = false
language.enabled = false
sentiment.enabled = false
loop.enabled = false
pivot.enabled = false
grounding.enabled = false
"#;

/// A server process that is started and killed.
struct Server {
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl Server {
    fn new(folder: &Path) -> Self {
        // Free now, and nobody else asks for it: every start listens at the same place.
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        Self {
            folder: folder.to_owned(),
            port,
            process: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .expect("the log can be written");
        let process = Command::new(env!("CARGO_BIN_EXE_warmline"))
            .args(["demo", "--without-model"])
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--config")
            .arg(self.folder.join("crash.toml"))
            .arg("--data")
            .arg(self.data())
            .env_remove("WARMLINE_TOKEN")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server can be started");
        self.process = Some(process);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            self.is_alive();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "no start within a minute:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until no conversation is in a state of this owner.
    fn waits_for_nobody_with(&mut self, owner: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.ask(&format!("/v1/conversations?limit=1&owner={owner}"));
            if answer.contains("\"conversations\":[]") {
                return;
            }
            self.is_alive();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "timers were forgotten: {answer}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The answer to a question, as it comes.
    fn ask(&self, path: &str) -> String {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("the server can be reached");
        let port = self.port;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .expect("the server listens");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the server answers");
        answer
    }

    /// Panics if the server ended by itself.
    fn is_alive(&mut self) {
        let process = self.process.as_mut().expect("it was started");
        let ended = process.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "ended with {ended:?}:\n{}", self.log());
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.is_alive();
        let mut process = self.process.take().expect("it was started");
        process.kill().expect("it can be killed");
        process.wait().expect("it has ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn dialogues(folder: &Path) -> PathBuf {
    let path = folder.join("dialogues.jsonl");
    let mut lines = String::new();
    for number in 0..20 {
        let turns: Vec<String> = (1..=3 + number % 5)
            .map(|turn| format!("Turn {turn} of dialogue {number}: where is my parcel?"))
            .collect();
        let line = serde_json::json!({ "id": number.to_string(), "turns": turns });
        lines += &format!("{line}\n");
    }
    std::fs::write(&path, lines).expect("the dialogues can be written");
    path
}

fn rounds() -> u32 {
    match std::env::var("WARMLINE_CRASH_ROUNDS") {
        Ok(rounds) => rounds
            .parse()
            .expect("WARMLINE_CRASH_ROUNDS is a number of rounds"),
        Err(_) => 50,
    }
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(now.map_or(0, |now| now.as_millis() as u64))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().expect("there is room");
    std::fs::write(folder.path().join("crash.toml"), CONFIG).expect("there is room");
    let dialogues = dialogues(folder.path());
    let rounds = rounds();
    let mut rng = Rng::with_seed(7);
    let mut server = Server::new(folder.path());
    server.start();
    let (mut done, mut turns, mut lost) = (0, 0, 0);
    while done < rounds {
        let options = Options {
            rate: 150.0,
            conversations: Some(u64::MAX),
            concurrency: 24,
            operators: 3,
            thinking: Duration::from_millis(150),
            seed: u64::from(done),
            run: format!("shift-{done}"),
            ..Options::new(format!("http://127.0.0.1:{}", server.port))
        };
        let simulation = Simulation::start(options, vec![dialogues.clone()])
            .await
            .expect("the server answers");
        for _ in 0..SHIFT.min(rounds - done) {
            done += 1;
            tokio::time::sleep(Duration::from_millis(rng.u64(100..900))).await;
            server.kill();
            // Now and then long enough for every timer to come due.
            let down = match done % SHIFT {
                0 => 1_200,
                _ => rng.u64(0..150),
            };
            tokio::time::sleep(Duration::from_millis(down)).await;
            server.start();
            let findings = simulation.audit().await.expect("the server answers");
            assert!(findings.is_empty(), "round {done}: {findings:#?}");
        }
        simulation.stop();
        let report = simulation.finish().await.expect("the server answers");
        assert!(report.is_sound(), "round {done}:\n{report}");
        turns += report.turns.acknowledged;
        lost += report.lost_connections;
    }
    let until = now();
    // Timers alone move conversations by now: from operators into the queue, and out of it.
    server.waits_for_nobody_with("operator");
    server.waits_for_nobody_with("queue");
    server.kill();
    let read = read_journal(&server.data().join("journal"), until);
    println!("{done} kills, {turns} acknowledged turns, {lost} lost connections; {read}");
    assert!(turns > 0 && lost > 0, "the server was not under load");
}

/// Reads the journal without the server: the same decisions again, and no timer fired twice or was
/// forgotten that came due before `until`. Gives an account in words.
fn read_journal(path: &Path, until: Timestamp) -> String {
    let journal = SledJournal::open(path).expect("the journal can be opened");
    let forgotten = journal.due(until, None, 10).expect("timers can be read");
    assert!(forgotten.rows.is_empty(), "forgotten: {forgotten:?}");
    let (mut conversations, mut entries, mut timers) = (0, 0, 0);
    let mut after = None;
    loop {
        let page = journal
            .conversations(after.as_ref(), 256)
            .expect("conversations can be listed");
        assert_eq!(page.damaged, 0);
        for conversation in &page.rows {
            conversations += 1;
            let (read, fired) = read_conversation(&journal, conversation);
            entries += read;
            timers += fired;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(timers > 0, "no timer ever came due");
    format!("{conversations} conversations, {entries} entries, {timers} timers fired")
}

fn read_conversation(journal: &SledJournal, conversation: &ConversationId) -> (usize, usize) {
    let entries = journal
        .entries(conversation, 0, usize::MAX)
        .expect("entries can be read");
    let workflow = |version: &ConfigVersion| {
        let text = journal.configuration(version).ok()??;
        let workflow = Workflow::parse(&Source::new(version.as_str(), text)).ok()?;
        Some(Arc::new(workflow))
    };
    if let Err(divergence) = replay(workflow, &entries) {
        panic!("{conversation}: {divergence}");
    }
    let (mut fired, mut messages) = (HashSet::new(), HashSet::new());
    for entry in &entries {
        match &entry.event {
            Event::TimerFired { timer, due } => {
                assert!(
                    fired.insert((timer.clone(), *due)),
                    "{conversation}: timer `{timer}` fired twice"
                );
            }
            Event::CustomerSpoke {
                message: Some(message),
                ..
            }
            | Event::OperatorReplied {
                message: Some(message),
                ..
            } => {
                assert!(
                    messages.insert(message.clone()),
                    "{conversation}: message `{message}` was recorded twice"
                );
            }
            _ => {}
        }
    }
    (entries.len(), fired.len())
}
