use std::sync::Arc;
use std::time::Duration;

use warmline_core::Workflow;
use warmline_core::source::Source;
use warmline_detect::{DetectConfig, HashedEncoder, Scope};

use super::*;

const HUMAN: &str = "[[gates]]\nname = \"asked\"\nwhen = 'intent == \"human_request\"'\n\
                     trigger = \"customer_request\"\n";

async fn rules(policy: &str) -> Rules {
    let workflow = Workflow::parse(&Source::new("w.toml", policy)).unwrap();
    let (detect, scope) = (DetectConfig::default(), Scope::default());
    let encoder = Arc::new(HashedEncoder);
    Rules::new(Arc::new(workflow), &detect, &scope, encoder)
        .await
        .unwrap()
}

/// The default machine with patience for whole days: Erlang C knows nobody who gives up.
fn endless() -> String {
    let machine = warmline_core::workflow::parse::DEFAULT_MACHINE;
    HUMAN.to_owned()
        + &machine
            .replace("after = \"10m\"", "after = \"30d\"")
            .replace("after = \"30m\"", "after = \"30d\"")
}

fn erlang_day(operators: usize, load: f64, seed: u64) -> DayOptions {
    let handle = Duration::from_secs(300);
    let conversations = 40_000;
    DayOptions {
        conversations,
        over: handle.mul_f64(conversations as f64 / load),
        operators,
        capacity: 1,
        handle,
        handback: 0.0,
        patience: None,
        mix: vec![(Persona::WantsHuman, 1.0)],
        seed,
        ..DayOptions::default()
    }
}

#[tokio::test]
async fn waiting_agrees_with_erlang_c_where_that_holds() {
    let rules = rules(&endless()).await;
    let (operators, load) = (5, 4.0);
    let mut mean = 0.0;
    for seed in 1..=4 {
        let options = erlang_day(operators, load, seed);
        let account = play(&rules, &[], &options, |_| ()).await.unwrap();
        assert_eq!(account.wait.count, 40_000);
        mean += account.wait.mean / 4.0;
    }
    let formula = erlang::mean_wait(load, operators) * 300.0;
    let ratio = mean / formula;
    assert!((0.95..1.05).contains(&ratio), "{mean} for {formula}");
}

#[tokio::test]
async fn staffing_answers_as_erlang_c_does() {
    let rules = rules(&endless()).await;
    let options = DayOptions {
        conversations: 20_000,
        ..erlang_day(1, 8.0, 3)
    };
    let options = DayOptions {
        over: options.handle.mul_f64(20_000.0 / 8.0),
        ..options
    };
    let target = Target {
        wait: Duration::from_secs(60),
        lost: 0.0,
    };
    let tried = staffing(&rules, &[], &options, &target, 32).await.unwrap();
    let enough = tried.iter().find(|account| target.is_met(account));
    let wanted = erlang::operators(8.0, 60.0 / 300.0);
    assert_eq!(enough.unwrap().operators, wanted);
}

#[tokio::test]
async fn those_who_are_lost_are_no_argument_for_fewer_operators() {
    let rules = rules(HUMAN).await;
    let (handle, load) = (Duration::from_secs(300), 6.0);
    let options = DayOptions {
        conversations: 600,
        over: handle.mul_f64(600.0 / load),
        operators: 1,
        capacity: 1,
        handle,
        handback: 0.0,
        mix: vec![(Persona::WantsHuman, 1.0)],
        ..DayOptions::default()
    };
    // In the default machine nobody is claimed after ten minutes, so nobody waits longer.
    let target = Target {
        wait: Duration::from_secs(600),
        lost: 0.05,
    };
    let alone = play(&rules, &[], &options, |_| ()).await.unwrap();
    assert!(alone.mean_wait() <= 600.0, "{alone}");
    assert!(
        alone.lost_share() > 0.5 && !target.is_met(&alone),
        "{alone}"
    );
    assert!(alone.gave_up > 0 && alone.unclaimed > 0, "{alone}");
    let tried = staffing(&rules, &[], &options, &target, 32).await.unwrap();
    let enough = tried.iter().find(|account| target.is_met(account)).unwrap();
    assert!((5..=12).contains(&enough.operators), "{enough}");
    let nobody = Target {
        lost: 1.5,
        ..target
    };
    let error = staffing(&rules, &[], &options, &nobody, 32)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("from 0 to 1"), "{error}");
}

#[tokio::test]
async fn the_same_seed_is_the_same_day_and_every_conversation_ends_once() {
    let rules = rules(HUMAN).await;
    let options = DayOptions {
        conversations: 2_000,
        operators: 6,
        absence: 0.2,
        ..DayOptions::default()
    };
    let account = play(&rules, &[], &options, |_| ()).await.unwrap();
    let again = play(&rules, &[], &options, |_| ()).await.unwrap();
    assert_eq!(account, again);
    assert_eq!(account.outcomes.values().sum::<u64>(), 2_000);
    assert!(account.lapsed > 0 && account.handbacks > 0, "{account}");
    let other = DayOptions { seed: 2, ..options };
    assert_ne!(play(&rules, &[], &other, |_| ()).await.unwrap(), account);
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused_with_what_would() {
    let rules = rules(HUMAN).await;
    for (options, what) in [
        (
            DayOptions {
                operators: 0,
                ..DayOptions::default()
            },
            "1 to 10000 operators",
        ),
        (
            DayOptions {
                absence: 1.0,
                ..DayOptions::default()
            },
            "from 0 to 0.9",
        ),
        (
            DayOptions {
                mix: Vec::new(),
                ..DayOptions::default()
            },
            "a share above 0",
        ),
    ] {
        let error = play(&rules, &[], &options, |_| ()).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}
