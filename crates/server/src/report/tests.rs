use std::sync::Arc;

use warmline::core::outcome::ended::parse_day;
use warmline::core::outcome::{Ended, Reopening, Tally};
use warmline::core::{Outcome, TriggerKind};
use warmline::journal::{Collection, MemoryJournal};
use warmline::{ConfigVersion, ConversationId, Records, Timestamp};

use super::picture::{Line, Scale, picture};
use super::{Question, Report};
use crate::pages::escaped;

const OUTCOME: Collection = Collection::new("outcome");

fn row(number: u32, day: &str, outcome: Outcome, channel: &str, config: &str) -> Ended {
    let at = parse_day(day).unwrap();
    let mut tally = Tally::default();
    if outcome == Outcome::ResolvedByHuman {
        tally.handoffs = 1;
        tally.operator_turns = 1;
        tally.handling_ms = 120_000;
        tally.triggers.insert(TriggerKind::HardGate);
        tally.rules.insert("large_refund".to_owned());
    }
    tally.ended = Some(at);
    Ended {
        conversation: ConversationId::new(format!("web-{number}")).unwrap(),
        at,
        outcome,
        stated: outcome,
        reopened: None,
        channel: Some(channel.to_owned()),
        segment: None,
        language: None,
        config: ConfigVersion::new(config).unwrap(),
        tally,
    }
}

async fn records() -> Records {
    let records = Records::new(Arc::new(MemoryJournal::new()));
    let resolved = Outcome::ResolvedUnconfirmed;
    for row in [
        row(1, "2026-11-20", resolved, "web", "aaaa"),
        row(2, "2026-11-20", Outcome::ResolvedByHuman, "<b>mail", "aaaa"),
        row(3, "2026-11-23", Outcome::Abandoned, "web", "bbbb"),
        row(4, "2026-11-05", resolved, "web", "aaaa"),
    ] {
        let id = row.conversation.clone();
        let key = row.own_key();
        let kept = records.keep(OUTCOME, &key, Some(&id), &row);
        kept.await.unwrap();
    }
    records
}

fn now() -> Timestamp {
    Timestamp(parse_day("2026-11-23").unwrap().0 + 3_600_000)
}

async fn report(question: &Question) -> Report {
    Report::new(&records().await, question, &Reopening::default(), now()).unwrap()
}

#[tokio::test]
async fn a_fortnight_stands_beside_the_one_before() {
    let report = report(&Question::default()).await;
    assert_eq!(
        (report.now.from.as_str(), report.now.to.as_str()),
        ("2026-11-10", "2026-11-23")
    );
    assert_eq!(
        (report.than.from.as_str(), report.than.to.as_str()),
        ("2026-10-27", "2026-11-09")
    );
    assert_eq!((report.all.now.ended, report.all.than.ended), (3, 1));
    assert_eq!(report.days.len(), 14);
    assert_eq!(report.days[13].summary.ended, 1);
    assert_eq!(report.precision["large_refund"].shown.of, 1);
    let text = report.text();
    assert!(
        text.contains("containment") && text.contains("66.7 % (2 of 3)"),
        "{text}"
    );
}

#[tokio::test]
async fn two_policies_stand_side_by_side_in_the_same_days() {
    let question = Question {
        policy: Some("bb".to_owned()),
        than_policy: Some("aaaa".to_owned()),
        ..Question::default()
    };
    let report = report(&question).await;
    assert_eq!((report.all.now.ended, report.all.than.ended), (1, 2));
    assert_eq!(report.than.from, report.now.from);
}

#[tokio::test]
async fn days_that_are_none_are_refused_with_what_would_be_right() {
    let refused = |from: &str, to: &str| Question {
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..Question::default()
    };
    for (from, to, says) in [
        ("yesterday", "2026-11-01", "2026-11-23"),
        ("2026-11-02", "2026-11-01", "is after"),
        ("1970-01-01", "2026-11-01", "ten years"),
    ] {
        let question = refused(from, to);
        let error = Report::new(&records().await, &question, &Reopening::default(), now());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn pages_escape_what_they_show_and_ask_nothing_from_outside() {
    let report = report(&Question::default()).await;
    for page in [report.html(), report.with_form()] {
        assert!(page.contains("&lt;b&gt;mail") && !page.contains("<b>mail"));
        assert!(!page.contains("<script") && !page.contains("http://"));
        assert!(!page.contains("style=\""), "the policy forbids it");
        let containment = page.find("containment").unwrap();
        let durable = page.find("durable resolution").unwrap();
        assert!(durable > containment && durable - containment < 400);
    }
}

#[test]
fn a_picture_says_in_words_what_it_shows() {
    let line = Line {
        name: "waits & more",
        values: vec![Some(30.0), None, Some(90.0), Some(f64::NAN)],
    };
    let svg = picture(
        "Times",
        Scale::Seconds,
        &["2026-11-01", "2026-11-04"],
        &[line],
    );
    assert!(svg.contains("role=\"img\"") && svg.contains("waits &amp; more"));
    assert!(svg.contains("30 s at first"), "{svg}");
    assert!(!picture("No days", Scale::Share, &[], &[]).contains("NaN"));
    assert_eq!(
        escaped("\u{202e}<a href='x'>"),
        " &lt;a href=&#39;x&#39;&gt;"
    );
}
