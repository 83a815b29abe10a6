use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn facts() -> Facts {
    Facts {
        trigger: "hard_gate".into(),
        intent: "refund_request".into(),
        amount: 120.0,
        channel: "email".into(),
        handbacks: 2,
        signals: BTreeMap::from([(SignalKind::Sentiment, 0.9)]),
        ..Facts::default()
    }
}

fn holds(source: &str) -> bool {
    Guard::compile(source)
        .unwrap_or_else(|error| panic!("{source}: {error}"))
        .holds(&facts())
}

/// The faults of each guard: the words they point at, and what they say.
fn faults(sources: &[&str]) -> String {
    let mut report = String::new();
    for source in sources {
        writeln!(report, "{source}").unwrap();
        for fault in Guard::compile(source).expect_err(source).0 {
            writeln!(report, "  `{}`: {fault}", &source[fault.span.clone()]).unwrap();
        }
    }
    report
}

#[test]
fn conditions_are_answered_from_the_facts() {
    for source in [
        "intent == \"refund_request\" && amount > 100",
        "amount > 100.5 && amount < 121",
        "trigger == 'hard_gate' || draft",
        "!draft",
        "channel in ['web', 'email']",
        "!(channel in ['web'])",
        "signals.sentiment >= 0.9 && signals[\"sentiment\"] >= 0.9",
        "signals.verifier == 0.0 && signals['verifier'] == 0",
        "handbacks == 2 && handbacks == 2.0 && turns < 1",
        "amount * 2.0 - 40.0 == 200.0",
        "handbacks + turns * 3 >= 2",
        "amount / double(handbacks) == 60.0",
        "draft ? amount > 1000 : amount > 100",
        "channel.startsWith('e') && channel.endsWith('l') && channel.contains('mai')",
        "size(channel) == 5 && segment.size() == 0",
        "amount > -1",
    ] {
        assert!(holds(source), "{source}");
    }
    for source in [
        "amount > 120",
        "draft",
        "segment != ''",
        "'email' != channel",
    ] {
        assert!(!holds(source), "{source}");
    }
}

#[test]
fn an_unknown_fact_or_signal_is_refused_with_what_is_near() {
    let report = faults(&[
        "amont > 100 && chanel == 'web'",
        "signals.sentimen > 0.5",
        "signals['anger'] > 0.5",
        "trigger == 'hard_gat'",
        "trigger in ['rule', 'angry']",
    ]);
    insta::assert_snapshot!(report, @r"
    amont > 100 && chanel == 'web'
      `amont`: unknown fact `amont`; did you mean `amount`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
      `chanel`: unknown fact `chanel`; did you mean `channel`? known facts: `trigger`, `gate`, `intent`, `amount`, `currency`, `channel`, `segment`, `language`, `queue`, `draft`, `handbacks`, `turns`, `signals`
    signals.sentimen > 0.5
      `signals.sentimen`: unknown signal `sentimen`; did you mean `sentiment`? known signals: `out_of_domain`, `scope_pivot`, `sentiment`, `repeat_loop`, `commitment`, `grounding`, `citation_density`, `verifier`
    signals['anger'] > 0.5
      `signals['anger'`: unknown signal `anger`; known signals: `out_of_domain`, `scope_pivot`, `sentiment`, `repeat_loop`, `commitment`, `grounding`, `citation_density`, `verifier`
    trigger == 'hard_gat'
      `'hard_gat'`: unknown trigger `hard_gat`; did you mean `hard_gate`? known triggers: `hard_gate`, `customer_request`, `out_of_domain`, `sentiment`, `repeat_loop`, `low_confidence`, `commitment`, `assistant_failure`, `operator_takeover`, `scope_pivot`, `rule`
    trigger in ['rule', 'angry']
      `'angry'`: unknown trigger `angry`; known triggers: `hard_gate`, `customer_request`, `out_of_domain`, `sentiment`, `repeat_loop`, `low_confidence`, `commitment`, `assistant_failure`, `operator_takeover`, `scope_pivot`, `rule`
    ");
}

#[test]
fn a_wrong_type_is_found_wherever_it_stands() {
    let report = faults(&[
        "amount > \"100\"",
        "amount == '100'",
        "false && (true || channel > 3)",
        "draft ? channel == 'web' : channel",
        "channel in ['web', 3]",
        "channel in 'web'",
        "signals > 0.5",
        "amount + 1 > 5.0",
        "turns / handbacks > 2",
        "!amount",
        "channel.kind == 'web'",
        "draft < true",
        "channel == null",
    ]);
    insta::assert_snapshot!(report, @r#"
    amount > "100"
      `amount > "100"`: `amount` is a number, `"100"` is a text; texts stand in quotes, numbers do not
    amount == '100'
      `amount == '100'`: `amount` is a number, `"100"` is a text; texts stand in quotes, numbers do not
    false && (true || channel > 3)
      `channel > 3`: `channel` is a text, `3` is a whole number; texts stand in quotes, numbers do not
    draft ? channel == 'web' : channel
      `draft ? channel == 'web' : channel`: one side is true or false, `channel` is a text
    channel in ['web', 3]
      `3`: `channel` is a text, `3` is a whole number; texts stand in quotes, numbers do not
    channel in 'web'
      `channel in 'web'`: `in` wants a list on its right side; such as `channel in ["web", "email"]`
    signals > 0.5
      `signals > 0.5`: `signals` is the signals by kind, `0.5` is a number
    amount + 1 > 5.0
      `amount + 1`: `+` wants both sides with or both without a point; write whole numbers next to amounts and scores as `2.0`, or `double(turns)`
    turns / handbacks > 2
      `turns / handbacks`: `/` does not divide whole numbers; write whole numbers next to amounts and scores as `2.0`, or `double(turns)`
    !amount
      `amount`: what `!` negates must be true or false, this is a number; compare it with something, such as `amount > 100`
    channel.kind == 'web'
      `channel.kind`: a text has no part `kind`; signals are asked for one at a time, such as `signals.sentiment > 0.8`
    draft < true
      `draft < true`: true or false cannot be compared; signals are asked for one at a time, such as `signals.sentiment > 0.8`
    channel == null
      `null`: no fact is of this type; guards compare texts, numbers, `true` and `false`
    "#);
}

#[test]
fn a_guard_must_be_true_or_false() {
    let report = faults(&["amount", "amount * 2.0"]);
    insta::assert_snapshot!(report, @r"
    amount
      `amount`: a guard must be true or false, this is a number; compare it with something, such as `amount > 100`
    amount * 2.0
      `amount * 2.0`: a guard must be true or false, this is a number; compare it with something, such as `amount > 100`
    ");
}

#[test]
fn unknown_functions_and_loops_are_refused() {
    let report = faults(&[
        "channel.startWith('e')",
        "size(channel, 3) > 2",
        "['web'].exists(c, c == channel)",
        "has(signals.sentiment)",
        "turns % 2 == 0",
    ]);
    insta::assert_snapshot!(report, @r#"
    channel.startWith('e')
      `channel.startWith('e'`: unknown function `startWith`; did you mean `startsWith`? known functions: `contains`, `startsWith`, `endsWith`, `size`, `double`
    size(channel, 3) > 2
      `size(channel, 3`: `size` is called in another way; they are called as `channel.startsWith("e")` (also `contains`, `endsWith`), `size(channel)`, `double(turns)`
    ['web'].exists(c, c == channel)
      `['web'].exists(c, c == channel`: unknown function `exists`; known functions: `contains`, `startsWith`, `endsWith`, `size`, `double`
    has(signals.sentiment)
      `has(signals.sentiment`: unknown function `has`; known functions: `contains`, `startsWith`, `endsWith`, `size`, `double`
    turns % 2 == 0
      `turns % 2`: unknown function `%`; known functions: `contains`, `startsWith`, `endsWith`, `size`, `double`
    "#);
}

#[test]
fn broken_syntax_is_located() {
    let report = faults(&["amount >", "amount > 'é' b", ""]);
    insta::assert_snapshot!(report, @r#"
    amount >
      ``: the guard ends too early; a guard is a CEL condition, such as `amount > 100 && channel == "web"`
    amount > 'é' b
      `b`: unexpected 'b'; a guard is a CEL condition, such as `amount > 100 && channel == "web"`

      ``: the guard ends too early; a guard is a CEL condition, such as `amount > 100 && channel == "web"`
    "#);
    assert!(Guard::compile(&"(".repeat(2000)).is_err());
    assert!(Guard::compile(&"!".repeat(4000)).is_err());
    assert!(Guard::compile(&" ".repeat(5000)).is_err());
}

#[test]
fn long_and_deep_guards_are_answered_or_refused() {
    for source in [
        format!("turns{} > 0", "+1".repeat(2000)),
        format!("draft{}", "||draft".repeat(500)),
        format!("{}true", "draft?draft:".repeat(300)),
        format!("amount > {}1", "-".repeat(3000)),
        format!("{}draft{}", "(".repeat(90), ")".repeat(90)),
        format!("{}draft{}", "[".repeat(2000), "]".repeat(2000)),
        format!("signals{} > 1", ".sentiment".repeat(300)),
        format!("channel in [{}'x']", "'x',".repeat(900)),
    ] {
        if let Ok(guard) = Guard::compile(&source) {
            guard.holds(&facts());
            guard.constant();
        }
    }
}

#[test]
fn a_number_out_of_range_counts_as_not_holding() {
    let guard = Guard::compile("turns * 9223372036854775807 > 0").unwrap();
    assert!(!guard.holds(&Facts {
        turns: 3,
        ..Facts::default()
    }));
}

#[test]
fn constant_conditions_are_recognised() {
    let constant = |source| Guard::compile(source).unwrap().constant();
    for source in [
        "true",
        "amount >= 0",
        "1 < 2",
        "draft || !draft",
        "trigger != 'rule' || trigger == 'rule'",
    ] {
        assert_eq!(constant(source), Some(true), "{source}");
    }
    for source in [
        "false",
        "amount > 100 && amount < 50.0",
        "turns > 2 && turns < 3",
        "channel == 'web' && channel == 'email'",
        "signals.sentiment > 1",
        "draft && channel in ['web'] && channel != 'web'",
    ] {
        assert_eq!(constant(source), Some(false), "{source}");
    }
    for source in [
        "amount > 100 && amount < 101",
        "turns > 2 && turns < 4",
        "amount != 5",
        "signals.sentiment > 0.99",
        "trigger == 'rule'",
        "channel.startsWith('a') && channel == 'b'",
        "amount * 2.0 > 5.0",
    ] {
        assert_eq!(constant(source), None, "{source}");
    }
}

#[test]
fn a_condition_is_covered_when_others_hold_whenever_it_does() {
    let covered = |source: &str, others: &[&str]| {
        let others: Vec<Guard> = others
            .iter()
            .map(|other| Guard::compile(other).unwrap())
            .collect();
        Guard::compile(source)
            .unwrap()
            .is_covered_by(&others.iter().collect::<Vec<_>>())
    };
    assert!(covered("amount > 500", &["amount > 100"]));
    assert!(covered("amount > 500 && draft", &["amount  >  500"]));
    assert!(covered(
        "channel == 'web'",
        &["channel in ['web', 'email']"]
    ));
    assert!(covered("amount > 0", &["draft", "!draft && amount > 0"]));
    assert!(covered(
        "channel.contains('x')",
        &["channel.contains( 'x' )"]
    ));
    assert!(!covered("amount > 100", &["amount > 500"]));
    assert!(!covered("amount >= 100", &["amount > 100"]));
    assert!(!covered("draft", &["channel == 'web'"]));
    assert!(!covered("channel.contains('x')", &["channel == 'x'"]));
}

/// Conditions that are put together at random, right or wrong.
fn conditions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "amount",
        "turns",
        "draft",
        "channel",
        "trigger",
        "signals",
        "signals.sentiment",
        "1",
        "0",
        "2.5",
        "'web'",
        "'rule'",
        "true",
        "null",
        "['web', 'email']",
        "size(channel)",
        "double(turns)",
        "channel.contains('e')",
        "unheard_of",
        "'\u{e9}'",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let operators = [
                "&&", "||", "==", "!=", "<", ">=", "in", "+", "-", "*", "/", "%",
            ];
            let operator = prop::sample::select(operators.to_vec());
            prop_oneof![
                (inner.clone(), operator, inner.clone())
                    .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
                inner.clone().prop_map(|a| format!("!{a}")),
                inner.prop_map(|a| format!("-{a}")),
            ]
        })
}

proptest! {
    #[test]
    fn what_passes_the_check_has_an_answer_for_all_facts(
        source in conditions(),
        amount in -1.0..1e6f64,
        turns in 0..1000i64,
        draft: bool,
        channel in "[a-z]{0,5}",
        sentiment in 0.0..=1.0f64,
    ) {
        if let Ok(guard) = Guard::compile(&source) {
            let signals = BTreeMap::from([(SignalKind::Sentiment, sentiment)]);
            let facts = Facts { amount, turns, draft, channel, signals, ..Facts::default() };
            prop_assert!(guard.answer(&facts).is_some(), "{source}");
            if let Some(always) = guard.constant() {
                prop_assert_eq!(guard.holds(&facts), always, "{}", source);
            }
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_checked(source in "\\PC{0,60}") {
        let _ = Guard::compile(&source);
    }
}
