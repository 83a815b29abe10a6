//! What is refused when a workflow is loaded, and what would be right instead.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use insta::assert_snapshot;
use warmline_core::event::{CustomerContext, Requester};
use warmline_core::source::Source;
use warmline_core::{Event, OperatorId, Outcome, State, Timestamp, Workflow, transition};

/// A small machine with nothing wrong: each test breaks one thing.
const MACHINE: &str = r#"
[states.ai_owned]
owner = "assistant"
tell.en = "back"

[states.waiting]
owner = "queue"
tell.en = "wait"
timers.claim.after = "5m"

[states.human]
owner = "operator"
tell.en = "hello"
timers.silence = { after = "1h", restarts_on = "operator" }

[states.closed]
owner = "nobody"
tell.en = "bye"

[[rules]]
from = "ai_owned"
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
to = "ai_owned"
[[rules]]
from = "human"
on = "timer_fired"
timer = "silence"
to = "waiting"
[[rules]]
from = "human"
on = "closed"
to = "closed"
[[rules]]
from = "closed"
on = "customer_spoke"
to = "ai_owned"
"#;

/// What loading `text` says.
fn load(text: &str) -> String {
    match Workflow::parse(&Source::new("w.toml", text)) {
        Ok(_) => "fine".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

/// What loading the machine says with `text` behind it.
fn with(text: &str) -> String {
    load(&format!("{MACHINE}{text}"))
}

/// What loading the machine says with `old` replaced.
fn replaced(old: &str, new: &str) -> String {
    assert!(MACHINE.contains(old), "{old}");
    load(&MACHINE.replacen(old, new, 1))
}

#[test]
fn the_machine_of_these_tests_is_fine() {
    assert_snapshot!(load(MACHINE), @"fine");
    assert_snapshot!(load(""), @"fine");
}

#[test]
fn toml_that_is_none_is_located_everywhere() {
    assert_snapshot!(load("[workflow]\nname = \nx == 1\n[limits\n"), @r"
    w.toml:2:8: string values must be quoted, expected literal string
    w.toml:3:4: extra `=`, expected nothing
    w.toml:3:6: unexpected key or value, expected newline, `#`
    w.toml:4:8: limits: unclosed table, expected `]`
    ");
}

#[test]
fn unknown_keys_and_wrong_types_name_what_is_known() {
    assert_snapshot!(load("[workflow]\nnam = 'x'\n[limits]\nmax_handbacks = 'many'"), @r#"
    w.toml:2:1: workflow.nam: unknown key `nam`; did you mean `name`? known keys: `name`, `initial`
    w.toml:4:17: limits.max_handbacks: this must be a whole number from 0, not string "many"
    "#);
    assert_snapshot!(replaced("owner = \"assistant\"", "ownr = \"assistant\""), @"w.toml:3:1: states.ai_owned.ownr: unknown key `ownr`; did you mean `owner`? known keys: `owner`, `queue`, `tell`, `timers`");
    assert_snapshot!(replaced("owner = \"assistant\"", "owner = \"robot\""), @"w.toml:3:9: states.ai_owned.owner: unknown value `robot`; known values: `assistant`, `queue`, `operator`, `nobody`");
    assert_snapshot!(replaced("to = \"closed\"", "too = \"closed\""), @"w.toml:41:1: rules[4].too: unknown key `too`; did you mean `to`? known keys: `from`, `on`, `timer`, `when`, `to`, `tell`, `outcome`");
    assert_snapshot!(replaced("to = \"closed\"", ""), @"w.toml:38:1: rules[4]: `to` is missing");
    assert_snapshot!(load("states = 3\nrules = 'x'"), @"w.toml:1:10: states: this is not a table; write `[states.NAME]`");
}

#[test]
fn every_problem_is_reported_at_once() {
    assert_snapshot!(load(r#"
[workflow]
initial = "nowhere"
[states.ai_owned]
[states.waiting]
owner = "queue"
tell.english = "  "
timers.claim.after = "soon"
[[rules]]
from = ["ai_owned", "wating"]
on = "handoff_trigered"
to = "waiting"
[[rules]]
from = "waiting"
on = "timer_fired"
timer = "claim"
when = "amont > 100"
to = "ai_owned"
[[gates]]
name = "g"
when = "amount > '100'"
[thresholds]
sentimant = 0.5
verifier = 7
"#), @r#"
    w.toml:3:11: workflow.initial: unknown state `nowhere`; known states: `ai_owned`, `waiting`
    w.toml:4:9: states.ai_owned: the state has no owner; add `owner = "assistant"`, `"queue"`, `"operator"` or `"nobody"`
    w.toml:7:6: states.waiting.tell.english: unknown language `english`; languages are two small letters (ISO 639-1), such as `en` or `fr`
    w.toml:7:16: states.waiting.tell.english: there are no words here; write what is to be said, or leave the key out
    w.toml:8:22: states.waiting.timers.claim.after: `soon` is not a length of time: expected number at 0; a number and a unit, such as `90s`, `15m`, `24h` or `7d`
    w.toml:11:6: rules[0].on: unknown event `handoff_trigered`; did you mean `handoff_triggered`? known events: `customer_spoke`, `handoff_triggered`, `operator_claimed`, `operator_released`, `operator_lost`, `handed_back`, `closed`, `timer_fired`
    w.toml:17:9: rules[1].when: unknown fact `amont`; did you mean `amount`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
    w.toml:21:9: gates[0].when: `amount` is a number, `"100"` is a text; texts stand in quotes, numbers do not
    w.toml:23:1: thresholds.sentimant: unknown signal `sentimant`; did you mean `sentiment`? known signals: `out_of_domain`, `scope_pivot`, `sentiment`, `repeat_loop`, `commitment`, `grounding`, `citation_density`, `verifier`
    w.toml:24:12: thresholds.verifier: 7 is no score; a score from 0 (always) to 1, or "off"
    "#);
}

#[test]
fn a_state_needs_an_owner() {
    assert_snapshot!(replaced("owner = \"queue\"\n", ""), @r#"w.toml:6:9: states.waiting: the state has no owner; add `owner = "assistant"`, `"queue"`, `"operator"` or `"nobody"`"#);
}

#[test]
fn states_must_be_known_and_reached() {
    assert_snapshot!(replaced("to = \"human\"", "to = \"humann\""), @"w.toml:27:6: rules[1].to: unknown state `humann`; did you mean `human`? known states: `ai_owned`, `waiting`, `human`, `closed`");
    assert_snapshot!(with("[states.second_tier]\nowner = 'assistant'\n[[rules]]\nfrom = 'second_tier'\non = 'handoff_triggered'\nto = 'waiting'"), @r#"w.toml:46:9: states.second_tier: no rule ever leads from `ai_owned` here; add `[[rules]]` with `to = "second_tier"` (it is owned by the assistant), or leave it out"#);
}

#[test]
fn conversations_begin_with_the_assistant_or_in_a_queue() {
    assert_snapshot!(with("[workflow]\ninitial = 'human'"), @"w.toml:47:11: workflow.initial: conversations cannot begin in a state owned by an operator; begin in a state owned by the assistant or a queue");
    assert_snapshot!(with("[workflow]\ninitial = 'humam'"), @"w.toml:47:11: workflow.initial: unknown state `humam`; did you mean `human`? known states: `ai_owned`, `waiting`, `human`, `closed`");
    assert_snapshot!(load("[workflow]\ninitial = 'closed'"), @"w.toml:2:11: workflow.initial: conversations cannot begin in a state owned by nobody; begin in a state owned by the assistant or a queue");
    assert_snapshot!(load(&MACHINE.replace("ai_owned", "bot")), @"w.toml:1:1: workflow.initial: conversations begin in `ai_owned`, which is not here; set `workflow.initial`; known states: `bot`, `waiting`, `human`, `closed`");
}

#[test]
fn a_customer_who_begins_in_a_queue_is_told() {
    let text = MACHINE.replace("tell.en = \"wait\"\n", "").replacen(
        "timer = \"claim\"",
        "timer = \"claim\"\ntell.en = \"x\"",
        1,
    );
    assert_snapshot!(load(&format!("{text}[workflow]\ninitial = 'waiting'")), @r#"
    w.toml:6:9: states.waiting: conversations begin in this queue without a word to the customer; add `tell.en = "…"`
    w.toml:22:6: rules[0].to: the owner changes on the way to `waiting` without a word; add `tell.en = "…"` to the rule, or to `[states.waiting]` for every way there
    w.toml:37:6: rules[3].to: the owner changes on the way to `waiting` without a word; add `tell.en = "…"` to the rule, or to `[states.waiting]` for every way there
    "#);
}

#[test]
fn only_a_queue_has_a_queue() {
    assert_snapshot!(replaced("owner = \"assistant\"", "owner = \"assistant\"\nqueue = \"x\""), @r#"w.toml:4:9: states.ai_owned.queue: a state owned by the assistant has no queue; leave it out, or write `owner = "queue"`"#);
}

#[test]
fn two_rules_for_the_same_are_ambiguous() {
    assert_snapshot!(with("[[rules]]\nfrom = 'human'\non = 'closed'\nto = 'closed'"), @"w.toml:46:1: rules[6]: ambiguous: `rules[4]` answers to `closed` in `human` as well; leave one out, or tell them apart with `when`");
    assert_snapshot!(replaced("[[rules]]\n", r#"
[[rules]]
from = "ai_owned"
on = "handoff_triggered"
when = "handbacks > 2"
to = "waiting"
[[rules]]
from = "ai_owned"
on = "handoff_triggered"
when = "handbacks >= 3"
to = "waiting"
[[rules]]
"#), @"w.toml:26:1: rules[1]: ambiguous: `rules[0]` answers to `handoff_triggered` in `ai_owned` under the same condition; leave one out, or change a condition");
}

#[test]
fn a_rule_that_never_decides_is_dead() {
    let rule = |when: &str| {
        format!(
            "[[rules]]\nfrom = 'ai_owned'\non = 'handoff_triggered'\nwhen = '{when}'\nto = 'waiting'\n"
        )
    };
    assert_snapshot!(with(&rule("turns > 3")), @"w.toml:46:1: rules[6]: the rule is dead: `rules[0]` before it always answers to `handoff_triggered` in `ai_owned`; move it before `rules[0]`");
    let before =
        |rules: &str| load(&MACHINE.replacen("[[rules]]\n", &format!("{rules}[[rules]]\n"), 1));
    assert_snapshot!(before(&rule("turns > 3 && turns < 2")), @"w.toml:23:8: rules[0].when: the rule is dead: its condition never holds; change it, or leave the rule out");
    assert_snapshot!(before(&rule("turns >= 0")), @"w.toml:23:8: rules[0].when: the condition always holds; leave `when` out");
    assert_snapshot!(before(&[rule("turns > 3"), rule("turns > 5")].concat()), @"w.toml:25:1: rules[1]: the rule is dead: `rules[0]` before it answers to `handoff_triggered` in `ai_owned` in all its cases; move it before `rules[0]`, or change a condition");
    assert_snapshot!(before(&[rule("turns > 3"), rule("turns < 4 && handbacks > 0"), rule("handbacks > 1")].concat()), @"w.toml:30:1: rules[2]: the rule is dead: the rules before it answer to `handoff_triggered` in `ai_owned` in all its cases; move it before them, or change a condition");
    assert_snapshot!(before(&[rule("turns > 5"), rule("turns > 3")].concat()), @"fine");
}

#[test]
fn time_leads_out_of_every_waiting_state() {
    assert_snapshot!(replaced("timers.claim.after = \"5m\"\n", ""), @r#"
    w.toml:6:9: states.waiting: the conversation may wait here for ever; add a timer that the customer does not restart, and `[[rules]]` for it without `when` to another state
    w.toml:30:9: rules[2].timer: `waiting` has no timer `claim`; add `[states.waiting.timers.claim]` with `after = "…"`
    "#);
    assert_snapshot!(replaced("timer = \"claim\"", "timer = \"claim\"\nwhen = \"channel == 'web'\""), @"w.toml:6:9: states.waiting: the conversation may wait here for ever; add a timer that the customer does not restart, and `[[rules]]` for it without `when` to another state");
    assert_snapshot!(replaced("timers.claim.after = \"5m\"", "timers.claim = { after = \"5m\", restarts_on = \"customer\" }"), @"w.toml:6:9: states.waiting: the conversation may wait here for ever; add a timer that the customer does not restart, and `[[rules]]` for it without `when` to another state");
    assert_snapshot!(replaced("timer = \"claim\"\nto = \"ai_owned\"", "timer = \"claim\"\nto = \"waiting\""), @"w.toml:6:9: states.waiting: the conversation may wait here for ever; add a timer that the customer does not restart, and `[[rules]]` for it without `when` to another state");
    let two_queues = MACHINE.replace(
        "timer = \"claim\"\nto = \"ai_owned\"",
        "timer = \"claim\"\nto = \"second\"",
    ) + r#"
[states.second]
owner = "queue"
tell.en = "wait"
timers.claim.after = "5m"
[[rules]]
from = "second"
on = "timer_fired"
timer = "claim"
to = "waiting"
[[rules]]
from = "second"
on = "operator_claimed"
to = "human"
"#;
    assert_snapshot!(load(&two_queues), @r"
    w.toml:6:9: states.waiting: the conversation may wait for ever: time leads only to other waiting states; let a timer lead from one of `second`, `waiting` to the assistant or to an end
    w.toml:11:9: states.human: the conversation may wait for ever: time leads only to other waiting states; let a timer lead from one of `human`, `second`, `waiting` to the assistant or to an end
    w.toml:47:9: states.second: the conversation may wait for ever: time leads only to other waiting states; let a timer lead from one of `second`, `waiting` to the assistant or to an end
    ");
}

#[test]
fn timers_and_their_rules_belong_together() {
    assert_snapshot!(replaced("timer = \"claim\"", "timer = \"clam\""), @r#"
    w.toml:6:9: states.waiting: the conversation may wait here for ever; add a timer that the customer does not restart, and `[[rules]]` for it without `when` to another state
    w.toml:9:8: states.waiting.timers.claim: no rule answers to this timer; add `[[rules]]` with `from = "waiting"`, `on = "timer_fired"` and `timer = "claim"`, or leave the timer out
    w.toml:31:9: rules[2].timer: `waiting` has no timer `clam`; did you mean `claim`? known timers: `claim`
    "#);
    assert_snapshot!(replaced("timer = \"claim\"\n", ""), @r#"w.toml:30:6: rules[2].on: it names no timer; add `timer = "…"`, one of the timers of the state"#);
    assert_snapshot!(replaced("on = \"closed\"\n", "on = \"closed\"\ntimer = \"silence\"\n"), @r#"w.toml:41:9: rules[4].timer: `closed` has no timer; leave it out, or write `on = "timer_fired"`"#);
    assert_snapshot!(replaced("tell.en = \"bye\"", "tell.en = \"bye\"\ntimers.archive.after = \"7d\""), @r#"w.toml:19:8: states.closed.timers.archive: no rule answers to this timer; add `[[rules]]` with `from = "closed"`, `on = "timer_fired"` and `timer = "archive"`, or leave the timer out"#);
    assert_snapshot!(replaced("\"5m\"", "\"0s\""), @"w.toml:9:22: states.waiting.timers.claim.after: the time is over at once; a number and a unit, such as `90s`, `15m`, `24h` or `7d`");
}

#[test]
fn unknown_events_are_refused() {
    assert_snapshot!(replaced("on = \"closed\"", "on = \"close\""), @"w.toml:40:6: rules[4].on: unknown event `close`; did you mean `closed`? known events: `customer_spoke`, `handoff_triggered`, `operator_claimed`, `operator_released`, `operator_lost`, `handed_back`, `closed`, `timer_fired`");
}

#[test]
fn the_customer_is_told_of_every_change_of_owner() {
    assert_snapshot!(replaced("tell.en = \"wait\"\n", ""), @r#"
    w.toml:22:6: rules[0].to: the owner changes on the way to `waiting` without a word; add `tell.en = "…"` to the rule, or to `[states.waiting]` for every way there
    w.toml:36:6: rules[3].to: the owner changes on the way to `waiting` without a word; add `tell.en = "…"` to the rule, or to `[states.waiting]` for every way there
    "#);
    assert_snapshot!(replaced("tell.en = \"bye\"", "tell.en = \" \""), @"w.toml:18:11: states.closed.tell.en: there are no words here; write what is to be said, or leave the key out");
    assert_snapshot!(replaced("tell.en = \"bye\"", "tell.EN = \"bye\""), @"w.toml:18:6: states.closed.tell.EN: unknown language `EN`; languages are two small letters (ISO 639-1), such as `en` or `fr`");
}

#[test]
fn no_state_is_a_trap() {
    assert_snapshot!(replaced("on = \"handoff_triggered\"", "on = \"handoff_triggered\"\nwhen = \"turns > 1\""), @r#"w.toml:2:9: states.ai_owned: the assistant cannot hand off from here; add `[[rules]]` with `from = "ai_owned"`, `on = "handoff_triggered"` and no `when`, to a queue"#);
    assert_snapshot!(replaced("on = \"operator_claimed\"", "on = \"operator_claimed\"\nwhen = \"turns > 1\""), @r#"w.toml:6:9: states.waiting: nobody can claim from here; add `[[rules]]` with `from = "waiting"`, `on = "operator_claimed"` and no `when`, to an operator's state"#);
    assert_snapshot!(replaced("from = \"human\"\non = \"closed\"", "from = \"ai_owned\"\non = \"closed\""), @r#"w.toml:11:9: states.human: the operator can never be done here; add `[[rules]]` with `from = "human"`, `on = "handed_back"`, `"operator_released"` or `"closed"`"#);
    assert_snapshot!(replaced("from = \"closed\"\non = \"customer_spoke\"", "from = \"waiting\"\non = \"customer_spoke\""), @r#"w.toml:16:9: states.closed: a customer who writes again is turned away here; add `[[rules]]` with `from = "closed"`, `on = "customer_spoke"` and no `when`, such as to the assistant"#);
}

#[test]
fn guards_that_leave_no_case_out_are_enough() {
    let rules = "on = \"handoff_triggered\"\nwhen = \"turns > 1\"\nto = \"waiting\"\n[[rules]]\nfrom = \"ai_owned\"\non = \"handoff_triggered\"\nwhen = \"turns <= 1\"";
    assert_snapshot!(replaced("on = \"handoff_triggered\"", rules), @"fine");
}

#[test]
fn events_lead_to_fitting_owners() {
    assert_snapshot!(replaced("on = \"operator_claimed\"\nto = \"human\"", "on = \"operator_claimed\"\nto = \"closed\""), @r#"
    w.toml:11:9: states.human: no rule ever leads from `ai_owned` here; add `[[rules]]` with `to = "human"` (it is owned by an operator), or leave it out
    w.toml:27:6: rules[1].to: `operator_claimed` cannot lead to a state owned by nobody; lead to a state owned by an operator
    "#);
    assert_snapshot!(replaced("timer = \"claim\"\nto = \"ai_owned\"", "timer = \"claim\"\nto = \"human\""), @r"
    w.toml:6:9: states.waiting: the conversation may wait for ever: time leads only to other waiting states; let a timer lead from one of `human`, `waiting` to the assistant or to an end
    w.toml:11:9: states.human: the conversation may wait for ever: time leads only to other waiting states; let a timer lead from one of `human`, `waiting` to the assistant or to an end
    w.toml:32:6: rules[2].to: nobody claimed the conversation that enters `human`; lead to a queue; only `operator_claimed` brings an operator
    ");
    assert_snapshot!(with("[[rules]]\nfrom = 'waiting'\non = 'handed_back'\nto = 'ai_owned'"), @"w.toml:47:8: rules[6].from: `handed_back` never happens in a state owned by a queue; leave the rule out, or name another state in `from`");
}

#[test]
fn what_is_over_gets_no_other_outcome() {
    let archive = "[states.archived]\nowner = 'nobody'\n\
        [states.closed.timers.archive]\nafter = '1h'\n\
        [[rules]]\nfrom = 'closed'\non = 'timer_fired'\ntimer = 'archive'\nto = 'archived'\n\
        outcome = 'abandoned'\n\
        [[rules]]\nfrom = 'archived'\non = 'customer_spoke'\nto = 'ai_owned'\n";
    let said = load(&format!("{MACHINE}\n{archive}"));
    assert!(
        said.contains("`abandoned` is never used: `closed` is an end already"),
        "{said}"
    );
    // A journal from before that was refused can be read, and comes to the same.
    let earlier = Source::new("w.toml", format!("{MACHINE}\n{archive}"));
    let earlier = Workflow::recorded(&earlier).unwrap();
    let now = archive.replace("outcome = 'abandoned'\n", "");
    let now = Workflow::parse(&Source::new("w.toml", format!("{MACHINE}\n{now}"))).unwrap();
    assert_eq!(earlier.initial, now.initial);
    let archived = archived(&earlier);
    assert_eq!(archived.name.as_str(), "archived");
    assert_eq!(archived.outcome, Some(Outcome::ResolvedConfirmed));
    assert_eq!(archived, self::archived(&now));
}

/// A conversation that was closed as settled and archived by time.
fn archived(workflow: &Workflow) -> State {
    let spoke = Event::CustomerSpoke {
        text: "Hello".to_owned(),
        message: None,
        context: CustomerContext::default(),
    };
    let requester = Requester::Operator {
        operator: OperatorId::new("dana").unwrap(),
    };
    let events = [
        spoke,
        Event::HandoffRequested {
            requester: Requester::Customer,
            reason: "a person, please".to_owned(),
        },
        Event::OperatorClaimed {
            operator: OperatorId::new("dana").unwrap(),
            leased: false,
            waited: None,
        },
        Event::Closed {
            requester,
            outcome: Outcome::ResolvedConfirmed,
        },
    ];
    let decided = |state: State, event: &Event| {
        let at = Timestamp(1_000);
        transition(workflow, &state, at, event).unwrap().0
    };
    let begun = State::new(workflow.initial.clone());
    let closed = events.iter().fold(begun, decided);
    let (timer, due) = closed.timers.iter().next().unwrap();
    let (timer, due) = (timer.clone(), *due);
    decided(closed, &Event::TimerFired { timer, due })
}

#[test]
fn only_an_end_has_an_outcome() {
    assert_snapshot!(replaced("timer = \"claim\"", "timer = \"claim\"\noutcome = \"abandoned\""), @"w.toml:32:11: rules[2].outcome: `ai_owned` does not end it, so there is no outcome; leave it out, or lead to a state owned by nobody");
    assert_snapshot!(replaced("on = \"closed\"", "on = \"closed\"\noutcome = \"abandoned\""), @"w.toml:41:11: rules[4].outcome: `abandoned` is never used: whoever closes says how it ended; leave it out");
    assert_snapshot!(replaced("timer = \"claim\"", "timer = \"claim\"\noutcome = \"abandond\""), @"w.toml:32:11: rules[2].outcome: unknown value `abandond`; did you mean `abandoned`? known values: `resolved_confirmed`, `resolved_unconfirmed`, `resolved_by_human`, `abandoned`, `unresolved`, `reopened`");
    assert_snapshot!(replaced("timer = \"silence\"\nto = \"waiting\"", "timer = \"silence\"\noutcome = \"reopened\"\nto = \"closed\""), @"w.toml:37:11: rules[3].outcome: `reopened` is what an earlier outcome becomes when the customer comes back; leave it out, and the facts decide");
}

#[test]
fn rules_ask_only_what_is_known_to_them() {
    assert_snapshot!(replaced("on = \"closed\"", "on = \"closed\"\nwhen = \"draft || queue == 'x'\""), @r#"
    w.toml:11:9: states.human: the operator can never be done here; add `[[rules]]` with `from = "human"`, `on = "handed_back"`, `"operator_released"` or `"closed"`
    w.toml:41:9: rules[4].when: `draft` is never known here; only gates look at drafts
    w.toml:41:18: rules[4].when: `queue` is never known here; it is named by `operator_released` alone
    "#);
}

#[test]
fn rules_without_states_are_refused() {
    assert_snapshot!(load("[[rules]]\nfrom = 'ai_owned'\non = 'closed'\nto = 'closed'"), @"w.toml:1:1: rules: rules without `[states]`; a machine is given whole: start from the default one");
}

#[test]
fn guards_are_located_within_their_strings() {
    assert_snapshot!(load(r#"
gates = [
    { name = "a", when = "amount > 5 && amont > 3" },
    { name = "b", when = "intent == \"x\" && amont > 3" },
    { name = "c", when = '''
amount > 100 &&
chanel == "web"''' },
]
"#), @r"
    w.toml:3:41: gates[0].when: unknown fact `amont`; did you mean `amount`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
    w.toml:4:26: gates[1].when: unknown fact `amont`; did you mean `amount`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
    w.toml:7:1: gates[2].when: unknown fact `chanel`; did you mean `channel`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
    ");
}

#[test]
fn gates_have_names_of_their_own_and_can_match() {
    assert_snapshot!(load(r#"
[[gates]]
name = "large"
when = "amount > 100"
[[gates]]
name = "large"
when = "amount > 200"
[[gates]]
name = "never"
when = "amount < 0"
[[gates]]
name = "always"
when = "amount >= 0"
[[gates]]
name = "reason"
when = "trigger == 'sentiment'"
trigger = "sentiment"
[[gates]]
name = "everything"
when = "true"
[[gates]]
name = "too_late"
when = "draft"
"#), @r#"
    w.toml:6:8: gates[1].name: `large` is the name of `gates[0]` as well; give each gate a name of its own
    w.toml:7:8: gates[1].when: the gate is dead: `gates[0]` before it matches in all its cases; move it before that gate, or change a condition
    w.toml:10:8: gates[2].when: the gate is dead: its condition never holds; change it
    w.toml:13:8: gates[3].when: the condition always holds; change it; to hand everything off, write `when = "true"`
    w.toml:16:8: gates[4].when: the gate is dead: `gates[3]` before it matches in all its cases; move it before that gate, or change a condition
    w.toml:16:9: gates[4].when: `trigger` is not known to gates; a gate is what gives the trigger
    w.toml:17:11: gates[4].trigger: a gate does not give the reason `sentiment`; known reasons of a gate: `hard_gate`, `customer_request`, `rule`
    w.toml:20:8: gates[5].when: the gate is dead: `gates[3]` before it matches in all its cases; move it before that gate, or change a condition
    w.toml:23:8: gates[6].when: the gate is dead: `gates[3]` before it matches in all its cases; move it before that gate, or change a condition
    "#);
}

#[test]
fn thresholds_are_scores_for_somebody() {
    assert_snapshot!(load(r#"
[thresholds]
sentiment = 1.5
verifier = "on"
groundin = 0.4
[[thresholds_for]]
sentiment = 0.5
[[thresholds_for]]
channel = "email"
sentiment = 0.5
[[thresholds_for]]
channel = "email"
sentiment = 0.6
colour = "red"
"#), @r#"
    w.toml:3:13: thresholds.sentiment: 1.5 is no score; a score from 0 (always) to 1, or "off"
    w.toml:4:12: thresholds.verifier: this is no score; a score from 0 (always) to 1, or "off"
    w.toml:5:1: thresholds.groundin: unknown signal `groundin`; did you mean `grounding`? known signals: `out_of_domain`, `scope_pivot`, `sentiment`, `repeat_loop`, `commitment`, `grounding`, `citation_density`, `verifier`
    w.toml:6:1: thresholds_for[0]: it says for whom by nothing; name a `channel`, a `segment` or both; for all, use `[thresholds]`
    w.toml:13:1: thresholds_for[2].sentiment: ambiguous: `thresholds_for[1].sentiment` is for the same conversations; leave one of them out
    w.toml:14:1: thresholds_for[2].colour: unknown signal `colour`; known signals: `out_of_domain`, `scope_pivot`, `sentiment`, `repeat_loop`, `commitment`, `grounding`, `citation_density`, `verifier`
    "#);
}

#[test]
fn failures_and_plays_name_what_exists() {
    assert_snapshot!(load(r#"
[failures]
default = "handoff"
[[gates]]
name = "refund"
when = "intent == 'refund'"
[[playbook]]
rule = "refunds"
step = "Look."
[[playbook]]
rule = "refund"
trigger = "sentiment"
step = "Look."
[[playbook]]
intent = "x"
step = "Look."
[[playbook]]
intent = "x"
step = ""
[[playbook]]
trigger = "angry"
step = "Look."
"#), @r"
    w.toml:3:11: failures.default: unknown choice `handoff`; did you mean `hand_off`? known choices: `hand_off`, `continue`
    w.toml:8:8: playbook[0].rule: unknown gate `refunds`; did you mean `refund`? known gates: `refund`
    w.toml:11:8: playbook[1].rule: `refund` gives the reason `hard_gate`, never `sentiment`; leave `trigger` out
    w.toml:17:1: playbook[3]: the play is dead: `playbook[2]` is for the same handoffs; say both in one step, or tell them apart
    w.toml:19:8: playbook[3].step: there are no words here; write what is to be said, or leave the key out
    w.toml:21:11: playbook[4].trigger: unknown value `angry`; known values: `hard_gate`, `customer_request`, `out_of_domain`, `sentiment`, `repeat_loop`, `low_confidence`, `commitment`, `assistant_failure`, `operator_takeover`, `scope_pivot`, `rule`
    ");
}

#[test]
fn rules_name_gates_that_exist() {
    let gate = "gates = [{ name = \"refund\", when = \"amount > 5\" }]\n";
    let rule = r#"
[[rules]]
from = "ai_owned"
on = "handoff_triggered"
when = "gate in ['refunds', 'failures.sentiment']"
to = "waiting"
[[rules]]
"#;
    assert_snapshot!(load(&format!("{gate}{}", MACHINE.replacen("[[rules]]\n", rule, 1))), @"w.toml:25:8: rules[0].when: unknown gate `refunds`; did you mean `refund`? known gates: `refund`");
}
