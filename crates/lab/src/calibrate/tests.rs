use std::collections::BTreeSet;

use warmline_core::Workflow;
use warmline_core::source::Source;

use super::bound::laxest;
use super::path::path;
use super::*;

const LIMIT: Limit = Limit {
    miss: 0.1,
    confidence: 0.9,
};

/// Conversations whose signals lean towards those that needed a human.
fn drawn(rng: &mut fastrand::Rng, count: usize) -> Vec<Labelled> {
    let one = |number: usize| {
        let needed = rng.f32() < 0.4;
        let mut score = |strength: f32| {
            let noise = rng.f32();
            let score = if needed {
                noise.powf(strength)
            } else {
                noise.powf(1.0 / strength)
            };
            (rng.f32() < 0.9).then_some(score)
        };
        let peaks = [
            (SignalKind::Sentiment, score(0.5)),
            (SignalKind::RepeatLoop, score(0.7)),
            (SignalKind::OutOfDomain, score(0.6)),
        ];
        Labelled {
            id: number.to_string(),
            context: CustomerContext {
                channel: Some(
                    if number.is_multiple_of(2) {
                        "web"
                    } else {
                        "email"
                    }
                    .to_owned(),
                ),
                ..CustomerContext::default()
            },
            needed,
            gated: false,
            peaks: peaks
                .into_iter()
                .filter_map(|(kind, s)| Some((kind, s?)))
                .collect(),
        }
    };
    (0..count).map(one).collect()
}

fn missed(thresholds: &Thresholds, all: &[Labelled]) -> f64 {
    let figures = Figures::of(all, |one| one.is_handed_off(thresholds));
    figures.missed as f64 / figures.needed as f64
}

fn workflow() -> Workflow {
    Workflow::parse(&Source::new("w.toml", "[thresholds]\nsentiment = 0.9")).unwrap()
}

#[test]
fn the_bound_holds_as_often_as_it_says() {
    // What is missed "in truth" is what is missed of very many others.
    let mut rng = fastrand::Rng::with_seed(7);
    let world = drawn(&mut rng, 20_000);
    let (mut broken, mut promised) = (0, 0);
    let draws = 300;
    for _ in 0..draws {
        let fit = drawn(&mut rng, 80);
        let path = path(&fit.iter().collect::<Vec<_>>());
        let bound = drawn(&mut rng, 200);
        if let Some(at) = laxest(&path, &bound, LIMIT) {
            promised += 1;
            broken += usize::from(missed(&path[at], &world) > LIMIT.miss);
        }
    }
    // One in ten may be broken; three standard errors of that are five in a hundred.
    assert!(promised > draws / 2, "{promised}");
    assert!(
        broken as f64 <= 0.15 * f64::from(draws),
        "{broken} of {draws}"
    );
}

#[test]
fn every_step_of_the_path_hands_off_no_more_than_the_one_before() {
    let mut rng = fastrand::Rng::with_seed(3);
    let fit = drawn(&mut rng, 120);
    let path = path(&fit.iter().collect::<Vec<_>>());
    let others = drawn(&mut rng, 200);
    for pair in path.windows(2) {
        for one in &others {
            assert!(one.is_handed_off(&pair[0]) || !one.is_handed_off(&pair[1]));
        }
    }
    let (first, last) = (&path[0], &path[path.len() - 1]);
    assert!(
        fit.iter()
            .all(|one| one.peaks.is_empty() || one.is_handed_off(first))
    );
    assert!(fit.iter().all(|one| !one.is_handed_off(last)));
}

#[test]
fn a_calibration_proposes_thresholds_and_says_what_they_cost() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 900);
    let policy = &workflow().policy;
    let wanted = Wanted {
        limit: LIMIT,
        seed: 1,
    };
    let found = calibrate(&labelled, policy, wanted).unwrap();
    assert!(found.holds() && found.warnings().is_empty(), "{found}");
    let names: BTreeSet<String> = found
        .groups
        .iter()
        .map(|group| group.scope.name())
        .collect();
    assert_eq!(found.groups[0].scope, Scope::All);
    assert!(names.contains("channel email") && names.contains("channel web"));
    let patch = found.patch();
    let read = Workflow::parse(&Source::new("p.toml", &patch)).unwrap();
    let everybody = CustomerContext::default();
    let proposed = read.policy.threshold(SignalKind::Sentiment, &everybody);
    let thresholds = found.groups[0].thresholds.as_ref().unwrap();
    assert_eq!(
        proposed.unwrap().score,
        thresholds.of(SignalKind::Sentiment)
    );
    assert!(
        patch.contains("at most 10 %") && patch.contains("now 0.900"),
        "{patch}"
    );
    // The same labels and seed come to the same.
    assert_eq!(calibrate(&labelled, policy, wanted).unwrap().patch(), patch);
    let page = found.html();
    assert_eq!(page.matches("<svg").count(), 3);
}

#[test]
fn too_few_conversations_promise_nothing() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 40);
    let wanted = Wanted {
        limit: LIMIT,
        seed: 1,
    };
    let found = calibrate(&labelled, &workflow().policy, wanted).unwrap();
    assert!(!found.holds());
    assert!(
        found.warnings()[0].contains("label"),
        "{:?}",
        found.warnings()
    );
    assert!(found.patch().contains("nothing is proposed"));
    let only = vec![labelled[0].clone()];
    assert!(calibrate(&only, &workflow().policy, wanted).is_err());
}

#[test]
fn a_promise_that_costs_everything_is_called_dear() {
    let mut rng = fastrand::Rng::with_seed(2);
    let mut labelled = drawn(&mut rng, 400);
    for one in &mut labelled {
        // Whether a human was needed has nothing to do with the scores.
        one.needed = rng.bool();
    }
    let wanted = Wanted {
        limit: LIMIT,
        seed: 1,
    };
    let found = calibrate(&labelled, &workflow().policy, wanted).unwrap();
    let warnings = found.warnings();
    assert!(warnings[0].starts_with("too dear"), "{warnings:?}");
    assert!(found.patch().contains("# warning: too dear"));
}

#[test]
fn what_no_signal_shows_is_out_of_reach() {
    let silent = |number: usize| Labelled {
        id: number.to_string(),
        context: CustomerContext::default(),
        needed: number.is_multiple_of(2),
        gated: false,
        peaks: BTreeMap::new(),
    };
    let labelled: Vec<Labelled> = (0..400).map(silent).collect();
    let wanted = Wanted {
        limit: LIMIT,
        seed: 1,
    };
    let found = calibrate(&labelled, &workflow().policy, wanted).unwrap();
    assert!(
        found.warnings()[0].starts_with("out of reach"),
        "{:?}",
        found.warnings()
    );
}
