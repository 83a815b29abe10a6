//! What a workflow file becomes.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use warmline_core::Workflow;
use warmline_core::event::CustomerContext;
use warmline_core::ids::StateName;
use warmline_core::policy::OnFailure;
use warmline_core::signal::{SignalKind, TriggerKind};
use warmline_core::source::{Source, unknown_sections};
use warmline_core::workflow::parse::{DEFAULT_MACHINE, SECTIONS};
use warmline_core::workflow::{On, Owner};

fn parse(text: &str) -> Workflow {
    Workflow::parse(&Source::new("w.toml", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn name(name: &str) -> StateName {
    StateName::new(name).expect("a valid name")
}

#[test]
fn an_empty_file_is_the_default_machine() {
    let workflow = parse("");
    let owners: Vec<_> = workflow
        .states
        .values()
        .map(|s| (s.name.as_str(), s.owner))
        .collect();
    assert_eq!(
        owners,
        [
            ("ai_owned", Owner::Assistant),
            ("closed", Owner::Nobody),
            ("human_owned", Owner::Operator),
            ("pending_handoff", Owner::Queue),
            ("reverse_handed", Owner::Assistant),
        ]
    );
    assert_eq!(workflow.initial, name("ai_owned"));
    assert_eq!(
        workflow.states[&name("pending_handoff")].queue.as_deref(),
        Some("support")
    );
    assert_eq!(workflow.policy.max_handbacks, 3);
    assert_eq!(workflow.policy.other_failure, OnFailure::HandOff);
    assert_eq!(workflow.policy.thresholds.len(), SignalKind::ALL.len());
    assert!(
        workflow
            .policy
            .thresholds
            .iter()
            .all(|t| t.score == Some(0.5))
    );
}

#[test]
fn the_default_machine_speaks_four_languages_at_every_change_of_owner() {
    let workflow = parse("");
    for rule in &workflow.rules {
        let target = &workflow.states[&rule.to];
        let words = rule.tell.as_ref().unwrap_or(&target.tell);
        let languages: Vec<&str> = words.keys().map(String::as_str).collect();
        assert_eq!(
            languages,
            ["de", "en", "es", "fr"],
            "{} on {}",
            rule.from,
            rule.on
        );
    }
}

#[test]
fn a_rule_may_leave_several_states() {
    let workflow = parse("");
    let closing = workflow
        .rules
        .iter()
        .filter(|rule| rule.on == On::Closed)
        .count();
    assert_eq!(closing, 4);
    let idle = workflow
        .rules
        .iter()
        .find(|rule| rule.from == name("reverse_handed") && rule.to == name("closed"));
    assert_eq!(idle.unwrap().outcome, None, "the facts decide");
}

#[test]
fn the_version_changes_with_the_text() {
    let (a, b) = (parse(""), parse("[limits]\nmax_handbacks = 4"));
    assert_eq!(a.version, parse("").version);
    assert_ne!(a.version, b.version);
    assert_eq!(a.version.as_str().len(), 16);
}

#[test]
fn own_states_replace_the_default_machine() {
    let workflow = parse(
        r#"
[workflow]
name = "desk"
initial = "bot"
[states.bot]
owner = "assistant"
tell.en = "back"
[states.desk]
owner = "queue"
tell.en = "wait"
timers.claim.after = "1h 30m"
[states.person]
owner = "operator"
tell.en = "hello"
timers.silence = { after = "1h", restarts_on = "operator" }
[[rules]]
from = "bot"
on = "handoff_triggered"
to = "desk"
[[rules]]
from = "desk"
on = "operator_claimed"
to = "person"
[[rules]]
from = "desk"
on = "timer_fired"
timer = "claim"
to = "bot"
[[rules]]
from = "person"
on = "handed_back"
to = "bot"
[[rules]]
from = "person"
on = "timer_fired"
timer = "silence"
to = "bot"
"#,
    );
    assert_eq!((workflow.name.as_str(), workflow.states.len()), ("desk", 3));
    let desk = &workflow.states[&name("desk")];
    assert_eq!(desk.queue.as_deref(), Some("desk"));
    assert_eq!(desk.timers[0].after, Duration::from_secs(5400));
}

#[test]
fn thresholds_name_their_origin() {
    let workflow = parse(
        r#"
[thresholds]
sentiment = 0.7
verifier = "off"
[[thresholds_for]]
channel = "email"
segment = "vip"
sentiment = 1
"#,
    );
    let of = |kind, channel: &str, segment: &str| {
        let context = CustomerContext {
            channel: Some(channel.to_owned()),
            segment: Some(segment.to_owned()),
            ..CustomerContext::default()
        };
        let threshold = workflow.policy.threshold(kind, &context).unwrap();
        (threshold.score, threshold.origin.clone())
    };
    let sentiment = SignalKind::Sentiment;
    assert_eq!(
        of(sentiment, "email", "vip"),
        (Some(1.0), "thresholds_for[0].sentiment".into())
    );
    assert_eq!(
        of(sentiment, "web", "vip"),
        (Some(0.7), "thresholds.sentiment".into())
    );
    assert_eq!(
        of(SignalKind::Verifier, "web", ""),
        (None, "thresholds.verifier".into())
    );
    assert_eq!(
        of(SignalKind::Grounding, "web", ""),
        (Some(0.5), "default".into())
    );
}

#[test]
fn calibrated_thresholds_decide_instead_of_equally_particular_ones() {
    let workflow = parse(
        r#"
[thresholds]
sentiment = 0.7
[[thresholds_for]]
channel = "email"
sentiment = 0.9
[calibrated.thresholds]
sentiment = 0.6
[[calibrated.thresholds_for]]
segment = "vip"
sentiment = "off"
"#,
    );
    let of = |channel: Option<&str>, segment: Option<&str>| {
        let context = CustomerContext {
            channel: channel.map(str::to_owned),
            segment: segment.map(str::to_owned),
            ..CustomerContext::default()
        };
        let threshold = workflow.policy.threshold(SignalKind::Sentiment, &context);
        threshold.map(|t| (t.score, t.origin.clone())).unwrap()
    };
    let all = (Some(0.6), "calibrated.thresholds.sentiment".to_owned());
    assert_eq!(of(None, None), all);
    let email = (Some(0.9), "thresholds_for[0].sentiment".to_owned());
    assert_eq!(of(Some("email"), None), email);
    let vip = (None, "calibrated.thresholds_for[0].sentiment".to_owned());
    assert_eq!(of(None, Some("vip")), vip);
    assert_eq!(of(Some("email"), Some("vip")), vip);
}

#[test]
fn gates_failures_and_the_playbook_are_read() {
    let workflow = parse(
        r#"
[[gates]]
name = "refund_over_limit"
when = 'intent == "refund_request" && amount > 100.0'
sensitivity = "money"
[[gates]]
name = "human"
when = 'intent == "human_please"'
trigger = "customer_request"
[failures]
default = "continue"
sentiment = "hand_off"
[[playbook]]
rule = "refund_over_limit"
step = "Check the order."
"#,
    );
    let policy = &workflow.policy;
    assert_eq!(policy.gates[0].trigger, TriggerKind::HardGate);
    assert_eq!(policy.gates[0].sensitivity.as_deref(), Some("money"));
    assert_eq!(policy.gates[1].trigger, TriggerKind::CustomerRequest);
    assert_eq!(policy.other_failure, OnFailure::Continue);
    assert_eq!(policy.detector_failure["sentiment"], OnFailure::HandOff);
    assert_eq!(policy.playbook[0].step, "Check the order.");
}

#[test]
fn sections_of_others_stand_beside_but_slips_are_found() {
    let text = "[detectors.domain]\nbudget = '1s'\n[limts]\nmax_handbacks = 2";
    parse(text);
    let known: Vec<&str> = SECTIONS.into_iter().chain(["detectors"]).collect();
    let problems = unknown_sections(&Source::new("w.toml", text), &known);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].to_string().split(" known").next().unwrap(),
        "w.toml:3:2: limts: unknown section `limts`; did you mean `limits`?"
    );
}

#[test]
fn everything_in_config_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let files = folder
        .read_dir()
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let mut loaded = 0;
    for path in files.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    }) {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::new(path.display().to_string(), text);
        if let Err(problems) = Workflow::parse(&source) {
            panic!("{problems}");
        }
        loaded += 1;
    }
    assert!(loaded > 0, "no configuration in {}", folder.display());
}

proptest! {
    #[test]
    fn no_damage_to_a_file_is_more_than_a_problem(
        cut in 0..DEFAULT_MACHINE.len(),
        length in 0..200usize,
        put in "[\\PC\n]{0,8}",
    ) {
        let before = DEFAULT_MACHINE.floor_char_boundary(cut);
        let after = DEFAULT_MACHINE.ceil_char_boundary((cut + length).min(DEFAULT_MACHINE.len()));
        let text = [&DEFAULT_MACHINE[..before], &put, &DEFAULT_MACHINE[after..]].concat();
        match Workflow::parse(&Source::new("w.toml", text)) {
            Ok(workflow) => prop_assert!(workflow.to_svg().ends_with("</svg>\n")),
            Err(problems) => prop_assert!(!problems.0.is_empty()),
        }
    }
}
