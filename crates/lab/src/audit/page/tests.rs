use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::*;
use crate::audit::summary::Tally;
use crate::audit::walk::{Fired, Shown};
use crate::audit::{Audited, Lost, Party, Principle, Reason, Recorded, Risk, Skipped, Walked};
use warmline_core::TriggerKind;

fn page() -> String {
    let mut recorded = Recorded::new("\"><script>id");
    recorded.say(Party::Customer, "<img src=x onerror=alert(1)> refund", None);
    recorded.say(Party::Operator, "What is it about?", None);
    recorded.say(Party::Customer, "my <order>", None);
    let fired = Fired {
        pattern: 5,
        kind: TriggerKind::HardGate,
        rule: "<gate>".to_owned(),
        turn: 1,
        score: 1.0,
        threshold: None,
        evidence: vec![Shown {
            turn: 1,
            quote: "refund".to_owned(),
            why: "<why>".to_owned(),
        }],
    };
    let audited = Audited {
        recorded: Arc::new(recorded),
        walked: Walked {
            fired: vec![fired],
            ..Walked::default()
        },
        lost: vec![Lost {
            pattern: 6,
            turn: 3,
            turns: 1,
            evidence: vec![Shown {
                turn: 3,
                quote: "my <order>".to_owned(),
                why: "<before>".to_owned(),
            }],
        }],
        risk: Risk {
            score: 0.7,
            reasons: vec![Reason {
                principle: Principle::Alone,
                share: 1.0,
                why: "<none>".to_owned(),
            }],
        },
        returned: None,
        labelled: None,
    };
    let mut tally = Tally::default();
    tally.add(&audited);
    tally.skip(&Skipped {
        file: "<file>".to_owned(),
        line: 3,
        why: "<broken>".to_owned(),
    });
    tally.summary().html()
}

#[test]
fn the_page_asks_nothing_from_outside_and_escapes_what_it_shows() {
    let page = page();
    assert_eq!(page.matches("<script").count(), 1);
    for hostile in [
        "<img",
        "<gate>",
        "<why>",
        "<order>",
        "<before>",
        "<none>",
        "<file>",
        "\"><script>id",
    ] {
        assert!(!page.contains(hostile), "{hostile}");
    }
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("));
    assert!(page.contains("<mark title=\"&lt;why&gt;\">refund</mark>"));
}

#[test]
fn what_was_lost_after_a_human_took_over_has_a_place_of_its_own() {
    let page = page();
    assert!(page.contains("A human said something in 1 conversations"));
    assert!(page.contains("Told again from here: pattern 6, turns 1"));
    assert!(page.contains("<mark title=\"&lt;before&gt;\">my &lt;order&gt;</mark>"));
}

#[test]
fn the_policy_of_the_page_lets_its_own_script_run_and_no_other() {
    let digest = Sha256::digest(SCRIPT.as_bytes());
    assert_eq!(
        base64(&digest),
        SCRIPT_HASH,
        "the script was changed: write this hash"
    );
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|group| {
        let number = (0..3).fold(0, |n, i| n << 8 | u32::from(*group.get(i).unwrap_or(&0)));
        let letter = |at: usize| match at <= group.len() {
            true => char::from(LETTERS[(number >> (18 - 6 * at)) as usize & 63]),
            false => '=',
        };
        (0..4).map(letter).collect::<String>()
    });
    groups.collect()
}

#[test]
fn every_conversation_can_be_labelled() {
    let page = page();
    assert!(page.contains("Download labels"));
    assert!(page.contains("data-id=\"&quot;&gt;&lt;script&gt;id\" value=\"yes\""));
    assert!(page.contains("estimated: the log has no outcomes"));
}
