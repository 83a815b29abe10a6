use std::io::Write;

use super::*;

fn read(text: &str, reading: Reading) -> Result<Vec<Entry>, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Logs::open(vec![file.path().to_owned()], reading)
        .unwrap()
        .collect()
}

fn conversations(text: &str) -> Vec<Recorded> {
    let entries = read(text, Reading::default()).unwrap();
    let conversations = entries.into_iter().filter_map(|entry| match entry {
        Entry::Conversation(recorded) => Some(*recorded),
        Entry::Skipped(_) => None,
    });
    conversations.collect()
}

fn skipped(text: &str) -> Vec<u64> {
    let entries = read(text, Reading::default()).unwrap();
    let skipped = entries.into_iter().filter_map(|entry| match entry {
        Entry::Skipped(skipped) => Some(skipped.line),
        Entry::Conversation(_) => None,
    });
    skipped.collect()
}

#[test]
fn formats_are_recognised_by_their_content() {
    for text in [
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n",
        "[{\"role\": \"user\", \"content\": \"Hi\"}]\n[{\"role\": \"user\", \"content\": \"Ho\"}]\n",
        "{\"conversation_id\": \"a\", \"role\": \"user\", \"content\": \"Hi\"}\n\
         {\"conversation_id\": \"a\", \"role\": \"assistant\", \"content\": \"Ho\"}\n",
        "[{\"task_id\": 1, \"traj\": [{\"role\": \"user\", \"content\": \"Hi\"}]}]",
        "{\"simulations\": [{\"task_id\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}]}",
        "{\"conversations\": [{\"id\": 1, \"messages\": [{\"message_type\": 0, \"content\": \"Hi\"}]}]}",
        "{\"tickets\":\n [{\"id\": 1, \"requester_id\": 2,\n \"comments\": [{\"author_id\": 2, \"body\": \"Hi\"}]}],\n \"count\": 1}",
        "{\"id\": 1, \"source\": {\"body\": \"Hi\", \"author\": {\"type\": \"user\"}},\n \"conversation_parts\": {\"conversation_parts\": []}}",
        "conversation,role,text\n1,customer,Hi\n1,bot,Ho\n",
    ] {
        let found = conversations(text);
        assert!(!found.is_empty(), "{text}");
        assert_eq!(found[0].customer().next(), Some("Hi"), "{text}");
    }
}

#[test]
fn bad_records_are_named_by_their_line_and_passed_over() {
    let text = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}\n{broken\n\n{\"a\": 1}\n\
                {\"messages\": [{\"role\": \"assistant\", \"content\": \"Hi\"}]}\n";
    assert_eq!(skipped(text), [2, 4, 5]);
    assert_eq!(conversations(text).len(), 1);
    let text = "conversation,role,text\n,customer,Hi\n1,customer,Hi\n";
    assert_eq!(skipped(text), [2]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_log() {
    let list = "[\n  {\n    \"messages\": [\n      {\"role\": \"user\", \"content\": \"Hi\"}\n    ]\n  }\n]\n";
    for text in [list, "conversation,role,text\n1,customer,Hi\n"] {
        let marked = format!("\u{FEFF}{text}");
        assert_eq!(conversations(&marked), conversations(text), "{text}");
        assert!(skipped(&marked).is_empty(), "{text}");
    }
    let reading = Reading {
        format: Some(Format::OpenAi),
        ..Reading::default()
    };
    assert_eq!(read(&format!("\u{FEFF}{list}"), reading).unwrap().len(), 1);
}

#[test]
fn nameless_conversations_are_numbered_over_all_logs() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let one = "[{\"role\": \"user\", \"content\": \"Hi\"}]\n";
    file.write_all(one.repeat(2).as_bytes()).unwrap();
    let files = vec![file.path().to_owned(), file.path().to_owned()];
    let found = Logs::open(files, Reading::default()).unwrap();
    let ids: Vec<String> = found
        .filter_map(|entry| match entry.unwrap() {
            Entry::Conversation(recorded) => Some(recorded.id),
            Entry::Skipped(_) => None,
        })
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4"]);
}

#[test]
fn columns_may_be_named() {
    let columns: Columns = "conversation=Case,role=Who,text=What,outcome=End,at=When"
        .parse()
        .unwrap();
    let text =
        "When,Case,Who,What,End\n2024-05-15 10:00,1,Client,\"Hi,\nyou\",\n,1,Bot,Ho,failed\n";
    let reading = Reading {
        columns,
        ..Reading::default()
    };
    let entries = read(text, reading).unwrap();
    let Entry::Conversation(found) = &entries[0] else {
        panic!("{entries:?}")
    };
    assert_eq!(found.customer().next(), Some("Hi,\nyou"));
    assert!(!found.ending.as_ref().unwrap().good);
    assert!(found.span().is_some());
}

#[test]
fn what_is_wrong_says_what_would_be_right() {
    let why = |text: &str, reading: Reading| read(text, reading).unwrap_err().to_string();
    let no_text = why("conversation,role\n1,customer\n", Reading::default());
    assert!(no_text.contains("--columns text=HEADER"), "{no_text}");
    let nothing = why("{\"a\": 1}\n", Reading::default());
    assert!(nothing.contains("--format"), "{nothing}");
    assert!(
        "x=y"
            .parse::<Columns>()
            .unwrap_err()
            .contains("there are conversation, role")
    );
    assert!("slack".parse::<Format>().unwrap_err().contains("intercom"));
    let missing = Logs::open(vec!["/nowhere/x".into()], Reading::default());
    assert!(matches!(missing, Err(Error::File { .. })));
}

#[test]
fn gzip_is_unpacked() {
    use flate2::{Compression, write::GzEncoder};
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(b"[{\"traj\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"task_id\": 1}]")
        .unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&packed.finish().unwrap()).unwrap();
    let logs = Logs::open(vec![file.path().to_owned()], Reading::default()).unwrap();
    assert_eq!(logs.count(), 1);
}
