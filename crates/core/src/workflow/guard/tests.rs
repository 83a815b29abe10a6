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

fn faults(source: &str) -> String {
    let error = Guard::compile(source).expect_err(source);
    let fault = |fault: &Fault| format!("{}: {fault}\n", &source[fault.span.clone()]);
    error.0.iter().map(fault).collect()
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
    insta::assert_snapshot!(faults("amont > 100 && chanel == 'web'"), @"");
    insta::assert_snapshot!(faults("signals.sentimen > 0.5"), @"");
    insta::assert_snapshot!(faults("signals['anger'] > 0.5"), @"");
    insta::assert_snapshot!(faults("trigger == 'hard_gat'"), @"");
    insta::assert_snapshot!(faults("trigger in ['rule', 'angry']"), @"");
}

#[test]
fn a_wrong_type_is_found_wherever_it_stands() {
    insta::assert_snapshot!(faults("amount > \"100\""), @"");
    insta::assert_snapshot!(faults("amount == '100'"), @"");
    insta::assert_snapshot!(faults("false && (true || channel > 3)"), @"");
    insta::assert_snapshot!(faults("draft ? channel == 'web' : channel"), @"");
    insta::assert_snapshot!(faults("channel in ['web', 3]"), @"");
    insta::assert_snapshot!(faults("channel in 'web'"), @"");
    insta::assert_snapshot!(faults("signals > 0.5"), @"");
    insta::assert_snapshot!(faults("amount + 1 > 5.0"), @"");
    insta::assert_snapshot!(faults("turns / handbacks > 2"), @"");
    insta::assert_snapshot!(faults("!amount"), @"");
    insta::assert_snapshot!(faults("channel.kind == 'web'"), @"");
    insta::assert_snapshot!(faults("draft < true"), @"");
    insta::assert_snapshot!(faults("channel == null"), @"");
}

#[test]
fn a_guard_must_be_true_or_false() {
    insta::assert_snapshot!(faults("amount"), @"");
    insta::assert_snapshot!(faults("amount * 2.0"), @"");
}

#[test]
fn unknown_functions_and_loops_are_refused() {
    insta::assert_snapshot!(faults("channel.startWith('e')"), @"");
    insta::assert_snapshot!(faults("size(channel, 3) > 2"), @"");
    insta::assert_snapshot!(faults("['web'].exists(c, c == channel)"), @"");
    insta::assert_snapshot!(faults("has(signals.sentiment)"), @"");
    insta::assert_snapshot!(faults("turns % 2 == 0"), @"");
}

#[test]
fn broken_syntax_is_located() {
    insta::assert_snapshot!(faults("amount >"), @"");
    insta::assert_snapshot!(faults("amount > 'é' b"), @"");
    insta::assert_snapshot!(faults(""), @"");
    assert!(Guard::compile(&"(".repeat(2000)).is_err());
    assert!(Guard::compile(&"!".repeat(4000)).is_err());
    assert!(Guard::compile(&" ".repeat(5000)).is_err());
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
