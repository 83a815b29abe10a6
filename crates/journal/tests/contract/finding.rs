//! Lists, and how one goes through them.

use futures::executor::block_on;
use warmline_core::ConfigVersion;
use warmline_journal::{Cursor, Error, Journal, Listed, Step};

use crate::steps::{conversation, listing, message, state_name, step};
use crate::{all, append};

pub(crate) fn conversations_are_listed_by_state_oldest_first(journal: &dyn Journal) {
    let place = |name, seq, state, since| {
        let listing = Some(listing(state, since));
        append(
            journal,
            Step {
                listing,
                ..step(name, seq, seq)
            },
        )
        .unwrap();
    };
    place("a", 0, "pending_handoff", 30);
    place("b", 0, "pending_handoff", 10);
    place("c", 0, "ai_owned", 5);
    place("d", 0, "pending_handoff", 20);
    // A name that begins with another one's.
    place("e", 0, "pending", 1);
    append(journal, step("f", 0, 0)).unwrap();
    let listed = |state: Option<&str>| {
        let state = state.map(state_name);
        let rows = all(|after, limit| journal.list(state.as_ref(), after, limit));
        rows.iter()
            .map(|row| row.conversation.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(Some("pending_handoff")), ["b", "d", "a"]);
    place("b", 1, "human_owned", 40);
    append(journal, step("d", 1, 1)).unwrap();
    assert_eq!(listed(Some("pending_handoff")), ["d", "a"]);
    assert_eq!(listed(Some("nowhere")), [""; 0]);
    assert_eq!(listed(None), ["c", "b", "e", "d", "a"]);
    let row = journal
        .list(Some(&state_name("human_owned")), None, 1)
        .unwrap()
        .rows;
    let expected = Listed {
        conversation: conversation("b"),
        listing: listing("human_owned", 40),
    };
    assert_eq!(row, [expected]);
}

pub(crate) fn every_conversation_is_walked(journal: &dyn Journal) {
    let names: Vec<_> = (0..7).map(|n| format!("conversation-{n}")).collect();
    for name in &names {
        append(journal, step(name, 0, 3)).unwrap();
        append(
            journal,
            Step {
                message: Some(message("m")),
                ..step(name, 4, 4)
            },
        )
        .unwrap();
    }
    let mut walked = all(|after, limit| journal.conversations(after, limit));
    walked.sort();
    assert_eq!(
        walked,
        names
            .iter()
            .map(|name| conversation(name))
            .collect::<Vec<_>>()
    );
}

pub(crate) fn a_configuration_keeps_its_text(journal: &dyn Journal) {
    let version = ConfigVersion::new("c0ffee").unwrap();
    assert_eq!(journal.configuration(&version).unwrap(), None);
    block_on(journal.record_configuration(&version, "[workflow]\n")).unwrap();
    block_on(journal.record_configuration(&version, "[workflow]\n")).unwrap();
    let refused = block_on(journal.record_configuration(&version, "")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "configuration c0ffee is recorded with another text"
    );
    assert_eq!(
        journal.configuration(&version).unwrap().unwrap(),
        "[workflow]\n"
    );
}

pub(crate) fn configurations_are_listed(journal: &dyn Journal) {
    let versions = ["c0ffee", "0ff", "ba5e"].map(|version| ConfigVersion::new(version).unwrap());
    for version in &versions {
        block_on(journal.record_configuration(version, "[workflow]\n")).unwrap();
    }
    let [first, second, third] = versions;
    let listed = all(|after, limit| journal.configurations(after, limit));
    assert_eq!(listed, [second, third, first]);
}

pub(crate) fn a_foreign_cursor_is_refused(journal: &dyn Journal) {
    append(
        journal,
        Step {
            busy: Some(true),
            ..step("a", 0, 0)
        },
    )
    .unwrap();
    append(
        journal,
        Step {
            busy: Some(true),
            ..step("b", 0, 0)
        },
    )
    .unwrap();
    let cursor = journal.busy(None, 1).unwrap().next.unwrap();
    assert!(matches!(
        journal.outbox(Some(&cursor), 1),
        Err(Error::Cursor(_))
    ));
    assert!(matches!(
        journal.conversations(Some(&cursor), 1),
        Err(Error::Cursor(_))
    ));
    for text in ["", "4", "zz", "é"] {
        assert!(
            matches!(text.parse::<Cursor>(), Err(Error::Cursor(_))),
            "{text:?}"
        );
    }
}
