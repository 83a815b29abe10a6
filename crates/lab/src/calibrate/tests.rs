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

/// Conversations whose signals lean towards those that needed a human: on the web more than by
/// e-mail, and for one in three, the segment `gold`, against what is usual.
fn drawn(rng: &mut fastrand::Rng, count: usize) -> Vec<Labelled> {
    let one = |number: usize| {
        let needed = rng.f32() < 0.4;
        let (web, gold) = (rng.bool(), rng.u8(..3) == 0);
        let mut score = |strength: f32| {
            let noise = rng.f32();
            let strength = match (web, gold) {
                (_, true) => strength * 1.3,
                (true, false) => strength,
                (false, false) => strength.sqrt(),
            };
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
                channel: Some(if web { "web" } else { "email" }.to_owned()),
                segment: gold.then(|| "gold".to_owned()),
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

fn missed(all: &[Labelled], is_handed_off: impl Fn(&Labelled) -> bool) -> f64 {
    let figures = Figures::of(all, is_handed_off);
    figures.missed as f64 / figures.needed as f64
}

/// The policy that a configuration has once the patch is put in.
fn patched(found: &Calibration) -> Policy {
    let source = Source::new("p.toml", found.patch());
    Workflow::parse(&source).unwrap().policy
}

const WANTED: Wanted = Wanted {
    limit: LIMIT,
    seed: 1,
};

fn workflow() -> Workflow {
    Workflow::parse(&Source::new("w.toml", "[thresholds]\nsentiment = 0.9")).unwrap()
}

#[test]
fn what_tells_nobody_apart_goes_before_what_tells_everybody_apart() {
    let one = |number: usize| {
        let needed = number.is_multiple_of(3);
        let apart = if needed { 0.9 } else { 0.1 };
        Labelled {
            id: number.to_string(),
            context: CustomerContext::default(),
            needed,
            gated: false,
            peaks: [
                (SignalKind::Sentiment, apart),
                (SignalKind::RepeatLoop, apart),
                (SignalKind::Commitment, 0.0),
            ]
            .into(),
        }
    };
    let all: Vec<Labelled> = (0..300).map(one).collect();
    let found = calibrate(&all, &workflow().policy, WANTED).unwrap();
    let policy = patched(&found);
    let threshold = |kind| policy.threshold(kind, &CustomerContext::default())?.score;
    assert_eq!(threshold(SignalKind::Commitment), None);
    let apart = [SignalKind::Sentiment, SignalKind::RepeatLoop].map(threshold);
    let apart: Vec<f32> = apart.into_iter().flatten().collect();
    assert!(!apart.is_empty(), "{}", found.patch());
    assert!(apart.iter().all(|it| *it > 0.1 && *it <= 0.9), "{apart:?}");
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
            let is_handed_off = |one: &Labelled| one.is_handed_off(&path[at]);
            broken += usize::from(missed(&world, is_handed_off) > LIMIT.miss);
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
fn the_promises_of_all_sections_hold_together_as_often_as_it_says() {
    let mut rng = fastrand::Rng::with_seed(11);
    let world = drawn(&mut rng, 10_000);
    let everybody: Vec<&Labelled> = world.iter().collect();
    let current = workflow().policy;
    let (mut broken, mut promised, mut sections) = (0, 0, 0);
    let draws = 200;
    for seed in 0..draws {
        let found = calibrate(&drawn(&mut rng, 900), &current, Wanted { seed, ..WANTED });
        let found = found.unwrap();
        if !found.holds() {
            continue;
        }
        promised += 1;
        sections += found.groups.len();
        let policy = patched(&found);
        let misses =
            |part: &[Labelled]| missed(part, |one| one.is_handed_off_by(&policy.thresholds));
        let scopes = Scopes::those_of(&found).divide(&everybody);
        let one_is_broken = scopes.iter().any(|(_, part)| misses(part) > LIMIT.miss);
        let all_is_broken = misses(&world) > LIMIT.miss;
        assert!(one_is_broken || !all_is_broken);
        broken += usize::from(one_is_broken);
    }
    assert!(
        promised > draws / 2 && sections as u64 > 3 * promised / 2,
        "{promised}, {sections}"
    );
    // One in ten may be broken; three standard errors of that are six in a hundred.
    assert!(broken as f64 <= 0.16 * draws as f64, "{broken} of {draws}");
}

#[test]
fn every_conversation_is_decided_by_the_thresholds_that_were_tested_on_it() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 3_000);
    // What is in force now has sections of its own, one of them for those whom two scopes hold.
    let text = "[thresholds]\nsentiment = 0.9\n\
                [[thresholds_for]]\nchannel = \"web\"\nsegment = \"gold\"\nsentiment = 0.1\n";
    let current = Workflow::parse(&Source::new("w.toml", text)).unwrap();
    let found = calibrate(&labelled, &current.policy, WANTED).unwrap();
    let names: Vec<String> = found
        .groups
        .iter()
        .map(|group| group.scope.name())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        (names[0].as_str(), names[2].as_str()),
        ("the others", "segment gold")
    );
    let policy = patched(&found);
    let everybody: Vec<&Labelled> = labelled.iter().collect();
    let scopes = Scopes::those_of(&found).divide(&everybody);
    for (group, (scope, inside)) in found.groups.iter().zip(&scopes) {
        let thresholds = group.thresholds.as_ref().unwrap();
        assert!(group.scope == *scope && !inside.is_empty());
        for one in inside {
            let gold = one.context.segment.is_some();
            assert_eq!(gold, *scope == Scope::Segment("gold".to_owned()));
            for kind in &found.weighed {
                let decides = policy.threshold(*kind, &one.context).unwrap();
                assert_eq!(decides.score, thresholds.of(*kind));
            }
        }
    }
    let proposed = found.proposed();
    for one in &labelled {
        assert_eq!(
            one.is_handed_off_by(&proposed),
            one.is_handed_off_by(&policy.thresholds)
        );
    }
}

#[test]
fn a_scope_of_which_nothing_can_be_promised_keeps_its_thresholds() {
    let mut labelled = drawn(&mut fastrand::Rng::with_seed(5), 3_000);
    for one in labelled
        .iter_mut()
        .filter(|one| one.context.segment.is_some())
    {
        one.peaks.clear();
    }
    let text = "[thresholds]\nsentiment = 0.8625\n\
                [[thresholds_for]]\nsegment = \"gold\"\nrepeat_loop = \"off\"\n";
    let current = Workflow::parse(&Source::new("w.toml", text)).unwrap();
    let found = calibrate(&labelled, &current.policy, WANTED).unwrap();
    assert!(!found.holds());
    assert!(found.warnings()[0].starts_with("out of reach for segment gold"));
    let (patch, policy) = (found.patch(), patched(&found));
    assert!(
        !patch.contains("# It misses") && patch.contains("those of now"),
        "{patch}"
    );
    let gold = Scope::Segment("gold".to_owned()).customer();
    for kind in SignalKind::ALL {
        let score = |policy: &Policy| policy.threshold(kind, &gold).unwrap().score;
        assert_eq!(score(&policy), score(&current.policy), "{kind}");
    }
}

#[test]
fn a_promise_says_what_was_asked_for() {
    let found = calibrate(
        &drawn(&mut fastrand::Rng::with_seed(5), 900),
        &workflow().policy,
        WANTED,
    );
    let mut found = found.unwrap();
    for (miss, confidence, words) in [
        (0.004, 0.999, ["at most 0.4 % of", "with 99.9 % confidence"]),
        (0.07, 0.9995, ["at most 7 % of", "with 99.95 % confidence"]),
    ] {
        found.limit = Limit { miss, confidence };
        let promise = found.promise();
        assert!(
            words.iter().all(|words| promise.contains(words)),
            "{promise}"
        );
        assert!(found.patch().contains(&promise));
    }
}

/// Sections in force that scopes cut in every way: by channel, by segment, by both, of signals that
/// nobody raised, and twice for the same.
const SECTIONS: &str = "[thresholds]\nsentiment = 0.8625\ngrounding = 0.7\n\
    [[thresholds_for]]\nsegment = \"gold\"\nrepeat_loop = \"off\"\nverifier = 0.6\n\
    [[thresholds_for]]\nchannel = \"chat\"\nsentiment = 0.3\ngrounding = 0.2\n\
    [[thresholds_for]]\nsegment = \"new\"\nsentiment = 0.4\nout_of_domain = 0.9\n\
    [[thresholds_for]]\nchannel = \"web\"\nsentiment = 0.5\ngrounding = \"off\"\n\
    [[thresholds_for]]\nchannel = \"web\"\nsegment = \"gold\"\nsentiment = 0.1\n\
    [[thresholds_for]]\nchannel = \"chat\"\nsegment = \"new\"\nverifier = 0.1\nrepeat_loop = 0.2\n\
    [calibrated.thresholds]\nsentiment = 0.85\n\
    [[calibrated.thresholds_for]]\nchannel = \"chat\"\nsentiment = 0.35\n";

/// Holds every customer's thresholds under the patch of `found` against those of now: they are the
/// same for signals that were not weighed and in scopes without a promise, else those of the scope.
fn holds_what_stays(found: &Calibration, current: &Policy) {
    let proposed = patched(found);
    let channels = [None, Some("web"), Some("email"), Some("chat")];
    let segments = [None, Some("gold"), Some("new"), Some("old")];
    for (channel, segment) in channels.iter().flat_map(|c| segments.map(|s| (*c, s))) {
        let customer = CustomerContext {
            channel: channel.map(str::to_owned),
            segment: segment.map(str::to_owned),
            ..CustomerContext::default()
        };
        let group = found
            .groups
            .iter()
            .rfind(|group| group.scope.holds(&customer));
        let promised = group.unwrap().thresholds.as_ref();
        for kind in SignalKind::ALL {
            let score = |policy: &Policy| policy.threshold(kind, &customer).unwrap().score;
            let expected = match promised.filter(|_| found.weighed.contains(&kind)) {
                Some(thresholds) => thresholds.of(kind),
                None => score(current),
            };
            assert_eq!(score(&proposed), expected, "{kind} {channel:?} {segment:?}");
        }
    }
}

#[test]
fn what_is_not_calibrated_stays_as_it_is() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 3_000);
    let current = Workflow::parse(&Source::new("w.toml", SECTIONS))
        .unwrap()
        .policy;
    let found = calibrate(&labelled, &current, WANTED).unwrap();
    assert!(found.holds() && found.groups.len() == 3, "{found}");
    // With every promise, and with each of them taken away, and all but each.
    holds_what_stays(&found, &current);
    for place in 0..3 {
        let mut without = found.clone();
        without.groups[place].thresholds = None;
        holds_what_stays(&without, &current);
        let mut alone = found.clone();
        for other in (0..3).filter(|other| *other != place) {
            alone.groups[other].thresholds = None;
        }
        holds_what_stays(&alone, &current);
    }
}

#[test]
fn a_patch_names_what_it_takes_away_and_what_it_leaves() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 3_000);
    let current = Workflow::parse(&Source::new("w.toml", SECTIONS))
        .unwrap()
        .policy;
    let mut found = calibrate(&labelled, &current, WANTED).unwrap();
    let patch = found.patch();
    for line in [
        "# Gone: sentiment for channel \"chat\"; the sections below decide there.\n",
        "# Gone: repeat_loop for channel \"chat\" and segment \"new\"; the",
        "grounding = 0.7  # unchanged: not weighed\n",
        "# As it is now.\n[[thresholds_for]]\nchannel = \"web\"\ngrounding = \"off\"\n",
    ] {
        assert!(patch.contains(line), "{line}\n{patch}");
    }
    assert!(!patch.contains("those of now"));
    found.groups[0].thresholds = None;
    let patch = found.patch();
    assert!(
        patch.contains("those of now") && !patch.contains("channel \"chat\" and"),
        "{patch}"
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
    let found = calibrate(&labelled, policy, WANTED).unwrap();
    assert!(found.holds(), "{found}");
    let names: BTreeSet<String> = found
        .groups
        .iter()
        .map(|group| group.scope.name())
        .collect();
    // The smallest of the scopes are the others.
    assert_eq!(found.groups[0].scope, Scope::Others);
    assert!(
        names.len() == 2 && names.contains("the others"),
        "{names:?}"
    );
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
        patch.contains("at most 10 %") && patch.contains("now 0.9\n"),
        "{patch}"
    );
    // The same labels and seed come to the same.
    assert_eq!(calibrate(&labelled, policy, WANTED).unwrap().patch(), patch);
    let page = found.html();
    assert_eq!(page.matches("<svg").count(), 3);
}

#[test]
fn too_few_conversations_promise_nothing() {
    let labelled = drawn(&mut fastrand::Rng::with_seed(5), 40);
    let found = calibrate(&labelled, &workflow().policy, WANTED).unwrap();
    assert!(!found.holds());
    assert!(
        found.warnings()[0].contains("label"),
        "{:?}",
        found.warnings()
    );
    assert!(found.patch().contains("nothing is proposed") && found.proposed().is_empty());
    let only = vec![labelled[0].clone()];
    assert!(calibrate(&only, &workflow().policy, WANTED).is_err());
}

#[test]
fn a_promise_that_costs_everything_is_called_dear() {
    let mut rng = fastrand::Rng::with_seed(2);
    let mut labelled = drawn(&mut rng, 400);
    for one in &mut labelled {
        // Whether a human was needed has nothing to do with the scores.
        one.needed = rng.bool();
    }
    let found = calibrate(&labelled, &workflow().policy, WANTED).unwrap();
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
    let found = calibrate(&labelled, &workflow().policy, WANTED).unwrap();
    assert!(
        found.warnings()[0].starts_with("out of reach"),
        "{:?}",
        found.warnings()
    );
}
