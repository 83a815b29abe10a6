use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Dialogue, Dialogues, MAX_TURN};
use crate::Error;

const STAR: &str = r#"{"DialogueID": 7, "Events": [
    {"Agent": "UserGuide", "Action": "instruct", "Text": "Say hello."},
    {"Agent": "User", "Action": "utter", "Text": "Hello"},
    {"Agent": "Wizard", "Action": "pick_suggestion", "Text": "How can I help?"},
    {"Agent": "User", "Action": "complete"},
    {"Agent": "User", "Action": "utter", "Text": "A table for two."}
]}"#;

fn dialogue(id: &str, turns: &[&str]) -> Dialogue {
    Dialogue {
        id: id.to_owned(),
        turns: turns.iter().map(ToString::to_string).collect(),
    }
}

fn read(path: &Path) -> Result<Vec<Dialogue>, Error> {
    Dialogues::open(vec![path.to_owned()]).collect()
}

fn read_text(text: &str) -> Result<Vec<Dialogue>, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    read(file.path())
}

#[test]
fn plain_lines_are_read() {
    let text = "\n{\"id\": \"a\", \"turns\": [\"Hello\", \" \", \"Bye\"]}\n{\"turns\": [\"Hi\"]}\n";
    let found = read_text(text).unwrap();
    assert_eq!(
        found,
        [dialogue("a", &["Hello", "Bye"]), dialogue("2", &["Hi"])]
    );
}

#[test]
fn runs_of_a_chat_model_are_read() {
    let text = r####"[
        {"task_id": 3, "trial": 1, "reward": 0.0, "traj": [
            {"role": "system", "content": "Be nice."},
            {"role": "user", "content": "My flight?"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "x"}]},
            {"role": "tool", "content": "{}"},
            {"role": "user", "content": [{"type": "text", "text": "Thanks! ###STOP###"}]}
        ]},
        {"task_id": 4, "traj": [{"role": "user", "content": "###STOP###"}]}
    ]"####;
    assert_eq!(
        read_text(text).unwrap(),
        [dialogue("3-1", &["My flight?", "Thanks!"])]
    );
}

#[test]
fn star_dialogues_are_read_alone_and_in_folders() {
    let expected = dialogue("7", &["Hello", "A table for two."]);
    assert_eq!(read_text(STAR).unwrap(), std::slice::from_ref(&expected));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("7.json"), STAR).unwrap();
    std::fs::write(folder.path().join("README.md"), "not a dialogue").unwrap();
    assert_eq!(read(folder.path()).unwrap(), [expected]);
}

#[test]
fn archives_are_read() {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for name in ["dialogues/1.json", "dialogues/notes.txt"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(STAR.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, STAR.as_bytes())
            .unwrap();
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&archive.into_inner().unwrap().finish().unwrap())
        .unwrap();
    let found = read(file.path()).unwrap();
    assert_eq!(found, [dialogue("7", &["Hello", "A table for two."])]);
}

#[test]
fn long_turns_are_cut_between_letters() {
    let text = format!("{{\"turns\": [\"a{}\"]}}", "ü".repeat(MAX_TURN));
    let found = read_text(&text).unwrap();
    assert_eq!(found[0].turns[0].len(), MAX_TURN - 1);
}

#[test]
fn something_else_is_refused_with_what_would_be_right() {
    for text in [
        "{\"name\": \"x\"}",
        "[{\"name\": \"x\"}]",
        "[1]",
        "{",
        "hello",
    ] {
        let error = read_text(text).unwrap_err().to_string();
        assert!(error.contains("holds no dialogues"), "{error}");
        assert!(error.contains("\"turns\""), "{error}");
    }
    let missing = read(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(matches!(missing, Error::File { .. }));
}

#[test]
fn reading_stops_when_nobody_wants_more() {
    let lines = "{\"turns\": [\"Hello\"]}\n".repeat(10_000);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(lines.as_bytes()).unwrap();
    let mut dialogues = Dialogues::open(vec![file.path().to_owned()]);
    assert!(dialogues.next().unwrap().is_ok());
}
