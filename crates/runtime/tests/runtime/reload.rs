//! A configuration is changed while conversations go on.

use std::sync::Arc;
use std::time::Duration;

use warmline::core::source::Source;
use warmline::core::workflow::parse::DEFAULT_MACHINE;
use warmline::detect::HashedEncoder;
use warmline::journal::MemoryJournal;
use warmline::{
    Builder, Config, CustomerContext, Disk, Document, HandbackNote, Inbound, Layer, Owner,
    SignalKind,
};

use crate::desk::{Desk, config, conversation, operator};
use crate::script::Words;

/// The default machine with other names for two of its states.
fn other_states() -> String {
    DEFAULT_MACHINE
        .replace("human_owned", "at_desk")
        .replace("reverse_handed", "returned")
}

/// The default machine with another name for the timer of the queue.
fn other_timers() -> String {
    DEFAULT_MACHINE
        .replace("timers.claim", "timers.patience")
        .replace("timer = \"claim\"", "timer = \"patience\"")
}

fn versions(desk: &Desk, id: &str) -> Vec<String> {
    let entries = desk.entries(id);
    let mut versions: Vec<String> = entries.iter().map(|e| e.config.to_string()).collect();
    versions.dedup();
    versions
}

#[tokio::test(start_paused = true)]
async fn conversations_move_at_their_next_turn_and_entries_say_so() {
    let desk = Desk::open().await;
    let old = desk.warmline.workflow().version.to_string();
    desk.says("web-1", "Hello").await;
    let new = desk.warmline.reload(config(&other_states())).await.unwrap();
    assert_eq!(desk.warmline.workflow().version, new);
    assert_ne!(old, new.to_string());
    desk.says("web-1", "I am furious").await;
    let view = desk.claim("web-1", "dana").await;
    assert_eq!(view.state.name.as_str(), "at_desk");
    assert_eq!(versions(&desk, "web-1"), [old, new.to_string()]);
}

#[tokio::test(start_paused = true)]
async fn one_whose_state_is_gone_finishes_on_the_old_one() {
    let desk = Desk::with("runtime.idle = '1s'").await;
    let old = desk.warmline.workflow().version.to_string();
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "dana").await;
    desk.warmline.reload(config(&other_states())).await.unwrap();
    let answer = desk.says("web-1", "Hello?").await;
    assert_eq!(answer.state.as_str(), "human_owned");

    // Also after it was put away, and after a restart that knows the new one only.
    tokio::time::sleep(Duration::from_secs(60)).await;
    desk.reply("web-1", "dana", "Here I am").await;
    let desk = desk.crash(&other_states()).await;
    let view = desk.hand_back("web-1", "dana", "the rest").await.unwrap();
    assert_eq!(view.state.name.as_str(), "reverse_handed");
    assert_eq!(versions(&desk, "web-1"), [old]);
    tokio::time::sleep(Duration::from_secs(25 * 3600)).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Nobody);
}

#[tokio::test(start_paused = true)]
async fn one_whose_state_has_other_timers_leaves_it_on_the_old_one() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.warmline.reload(config(&other_timers())).await.unwrap();
    desk.says("web-1", "Hello?").await;
    tokio::time::sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Assistant);
    desk.says("web-1", "I am still furious").await;
    assert_eq!(versions(&desk, "web-1").len(), 2);
    tokio::time::sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(desk.view("web-1").await.owner, Owner::Assistant);
}

#[tokio::test(start_paused = true)]
async fn a_broken_one_leaves_the_old_in_force() {
    let desk = Desk::open().await;
    let version = desk.warmline.workflow().version.clone();
    let broken = Source::new("broken.toml", "[limits]\nmax_handbax = 3\n");
    let folder = std::path::Path::new("");
    Config::parse(&broken, folder, &Disk).unwrap_err();

    // One that is right by itself and clashes with the embedder's own detector.
    let clash = warmline::Warmline::builder()
        .config(config(""))
        .detector(Words::called("gates"))
        .start()
        .await
        .unwrap();
    let mut gates = config("");
    gates.detect.gates.enabled = true;
    clash.reload(gates).await.unwrap_err();
    assert_eq!(clash.workflow().version, version);
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_new_one_hold_at_once() {
    let desk = Desk::open().await;
    desk.warmline
        .reload(config("runtime.turns_under_way = 1"))
        .await
        .unwrap();
    let pending = desk.begins_to_say("web-1", "hold the line");
    desk.until("web-1", "customer_spoke").await;
    desk.try_says("web-2", "Hello").await.unwrap_err();
    desk.warmline
        .reload(config("runtime.turns_under_way = 2"))
        .await
        .unwrap();
    desk.says("web-2", "Hello").await;
    desk.assistant.permits.add_permits(1);
    pending.await.unwrap().unwrap();
    desk.warmline.shutdown().await;
    desk.warmline.view(&conversation("web-1")).await.unwrap();
}

fn layer(desk: &Desk, score: f32) -> Layer {
    Layer {
        id: format!("to {score}"),
        text: format!("[calibrated.thresholds]\nsentiment = {score}\n"),
        ground: desk.warmline.file().ground(),
        at: desk.warmline.now(),
        by: "dana".to_owned(),
        void: None,
    }
}

fn sentiment(desk: &Desk) -> Option<f32> {
    let workflow = desk.warmline.workflow();
    let everybody = CustomerContext::default();
    let threshold = workflow.policy.threshold(SignalKind::Sentiment, &everybody);
    threshold.and_then(|threshold| threshold.score)
}

#[tokio::test(start_paused = true)]
async fn promoted_thresholds_decide_the_next_turn_and_survive_a_crash() {
    let desk = Desk::open().await;
    desk.says("web-1", "Hello").await;
    let old = desk.warmline.workflow().version.to_string();
    let version = desk
        .warmline
        .promote(layer(&desk, 0.9), Vec::new())
        .await
        .unwrap();
    assert_eq!(sentiment(&desk), Some(0.9));
    desk.says("web-1", "Hello again").await;
    assert_eq!(versions(&desk, "web-1"), [old.clone(), version.to_string()]);

    let desk = desk.crash("").await;
    assert_eq!(desk.warmline.workflow().version, version);
    desk.warmline.reload(config("")).await.unwrap();
    assert_eq!(sentiment(&desk), Some(0.9));

    // What was decided under it is repeated by it, also once it is taken away.
    desk.warmline.demote(Vec::new()).await.unwrap();
    assert_eq!(desk.warmline.workflow().version.to_string(), old);
    let desk = desk.crash("").await;
    assert_eq!(desk.warmline.workflow().version.to_string(), old);
    desk.says("web-1", "And again").await;
    assert_eq!(
        versions(&desk, "web-1"),
        [old.clone(), version.to_string(), old]
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_that_says_something_else_voids_what_was_promoted_for_good() {
    let desk = Desk::open().await;
    desk.warmline
        .promote(layer(&desk, 0.9), Vec::new())
        .await
        .unwrap();
    desk.warmline
        .reload(config("limits.max_handbacks = 9"))
        .await
        .unwrap();
    assert_eq!(sentiment(&desk), Some(0.9));
    let desk = desk.crash("thresholds.sentiment = 0.7").await;
    assert_eq!(sentiment(&desk), Some(0.7));
    assert!(
        desk.warmline
            .records()
            .layer()
            .unwrap()
            .unwrap()
            .void
            .is_some()
    );
    desk.warmline.reload(config("")).await.unwrap();
    assert_ne!(sentiment(&desk), Some(0.9));

    let stale = Layer {
        ground: config("thresholds.sentiment = 0.7").ground(),
        ..layer(&desk, 0.8)
    };
    desk.warmline.promote(stale, Vec::new()).await.unwrap_err();
    let nonsense = Layer {
        text: "[calibrated.thresholds]\nsentiment = 8".to_owned(),
        ..layer(&desk, 0.8)
    };
    desk.warmline
        .promote(nonsense, Vec::new())
        .await
        .unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_start_or_reload_that_fails_voids_nothing() {
    // Another detector is called so: what uses both cannot be set up.
    let gates = |builder: Builder| builder.detector(Words::called("gates"));
    let clash = "detectors.gates.enabled = true";
    let desk = Desk::built(Arc::new(MemoryJournal::new()), "", gates).await;
    let promoted = desk.warmline.promote(layer(&desk, 0.9), Vec::new());
    promoted.await.unwrap();
    desk.warmline.reload(config(clash)).await.unwrap_err();
    desk.warmline.reload(config("")).await.unwrap();
    assert_eq!(sentiment(&desk), Some(0.9));

    let builder = gates(warmline::Warmline::builder().journal(desk.journal.clone()));
    let started = builder.config(config(clash)).start().await;
    assert!(started.is_err());
    let desk = desk.crash_for(Duration::ZERO, "", gates).await;
    assert_eq!(sentiment(&desk), Some(0.9));
}

#[tokio::test(start_paused = true)]
async fn a_candidate_decides_its_share_and_every_entry_says_which() {
    let journal = Arc::new(MemoryJournal::new());
    let candidate = "[[gates]]\nname = 'all'\nwhen = 'true'";
    let desk = Desk::built(journal, "", |it| it.canary(config(candidate), 0.5)).await;
    let (live, chosen) = (
        desk.warmline.workflow().version.to_string(),
        config(candidate).workflow.version.to_string(),
    );
    let mut counts = [0, 0];
    for number in 0..40 {
        let id = format!("web-{number}");
        let answer = desk.says(&id, "Hello").await;
        let of_candidate = versions(&desk, &id) == [chosen.clone()];
        assert!(of_candidate || versions(&desk, &id) == [live.clone()]);
        assert_eq!(answer.trigger.is_some(), of_candidate);
        counts[usize::from(of_candidate)] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 8), "{counts:?}");

    // Without it they go back to what is in force, and what it decided can be repeated.
    let desk = desk.crash("").await;
    for number in 0..40 {
        let id = format!("web-{number}");
        desk.says(&id, "Hello again").await;
        assert_eq!(versions(&desk, &id).last(), Some(&live));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_decides_a_conversation_keeps_it_while_a_candidate_comes_and_stays() {
    let candidate = "[[gates]]\nname = 'all'\nwhen = 'true'";
    let with = |share: f64| move |it: Builder| it.canary(config(candidate), share);
    let chosen = config(candidate).workflow.version.to_string();
    let desk = Desk::open().await;
    let live = desk.warmline.workflow().version.to_string();
    desk.says("old", "Hello").await;

    let desk = desk.crash_for(Duration::ZERO, "", with(1.0)).await;
    desk.says("old", "Hello again").await;
    desk.says("new", "Hello").await;
    assert_eq!(versions(&desk, "old").join(" "), live);
    assert_eq!(versions(&desk, "new").join(" "), chosen);

    let desk = desk.crash_for(Duration::ZERO, "", with(0.0)).await;
    desk.says("new", "Hello again").await;
    desk.says("newer", "Hello").await;
    assert_eq!(versions(&desk, "new").join(" "), chosen);
    assert_eq!(versions(&desk, "newer").join(" "), live);
}

#[tokio::test(start_paused = true)]
async fn what_began_while_the_file_was_the_candidate_goes_with_the_file() {
    let same = "limits.max_handbacks = 7";
    let journal = Arc::new(MemoryJournal::new());
    let desk = Desk::built(journal, same, |it| it.canary(config(same), 0.5)).await;
    let ids: Vec<String> = (0..20).map(|number| format!("web-{number}")).collect();
    for id in &ids {
        desk.says(id, "Hello").await;
    }
    desk.warmline.reload(config("")).await.unwrap();
    let file = desk.warmline.workflow().version.to_string();
    for id in &ids {
        desk.says(id, "Hello again").await;
    }
    let moved = |id: &&String| versions(&desk, id).last() == Some(&file);
    let moved: Vec<&String> = ids.iter().filter(moved).collect();
    assert!((4..=16).contains(&moved.len()), "{moved:?}");

    // Those that the candidate decides are those that it is given from the start.
    let desk = Desk::built(Arc::new(MemoryJournal::new()), "", |it| {
        it.canary(config(same), 0.5)
    });
    let desk = desk.await;
    for id in &ids {
        desk.says(id, "Hello").await;
        let is_file = versions(&desk, id).last() == Some(&file);
        assert_eq!(is_file, moved.contains(&id), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handback_asks_whoever_would_answer_the_conversation() {
    let answers = |text: &str| Config {
        knowledge: vec![Document::parse("returns", "# Returns\n\nWithin 30 days.\n")],
        ..config(text)
    };
    let candidate = answers("limits.max_handbacks = 9");
    for (live, candidate, is_refused) in [
        (config(""), candidate.clone(), false),
        (
            answers(""),
            Config {
                knowledge: Vec::new(),
                ..candidate
            },
            true,
        ),
    ] {
        let warmline = warmline::Warmline::builder()
            .config(live)
            .canary(candidate, 1.0)
            .encoder(Arc::new(HashedEncoder))
            .start()
            .await
            .unwrap();
        let (id, dana) = (conversation("web-1"), operator("dana"));
        warmline
            .customer_says(&id, Inbound::text("Hello"))
            .await
            .unwrap();
        warmline.claim(&id, &dana).await.unwrap();
        let (note, refused) = warmline.prepare_handback(&id, &dana).await.unwrap();
        assert_eq!(refused.is_some(), is_refused, "{refused:?}");
        let remaining = vec!["the rest".to_owned()];
        let note = HandbackNote { remaining, ..note };
        let handed_back = warmline.hand_back(&id, &dana, note).await;
        assert_eq!(handed_back.is_err(), is_refused, "{handed_back:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_candidate_with_other_states_decides_nothing() {
    let builder = warmline::Warmline::builder();
    let started = builder
        .config(config(""))
        .canary(config(&other_states()), 0.5);
    let refused = started.start().await.err().unwrap().to_string();
    assert!(refused.contains("states and queues"), "{refused}");

    // Without a share it is no error: it only looks on, and keeps nothing that it decided.
    let masking = "privacy.cards = ['email']";
    let desk = Desk::with(masking).await;
    desk.says("web-1", "Hello").await;
    let looks_on = |it: Builder| it.canary(config(masking), 0.0);
    let desk = desk.crash_for(Duration::ZERO, "", looks_on).await;
    desk.says("web-1", "Hello again").await;
    let live = desk.warmline.workflow().version.to_string();
    assert_eq!(versions(&desk, "web-1").last(), Some(&live));

    // Nor does a reload put it beside states that it does not have.
    let journal = Arc::new(MemoryJournal::new());
    let desk = Desk::built(journal, "", |it| it.canary(config(""), 0.5)).await;
    let before = desk.warmline.workflow().version.clone();
    let reloaded = desk.warmline.reload(config(&other_states())).await;
    let refused = reloaded.err().unwrap().to_string();
    assert!(refused.contains("states and queues"), "{refused}");
    assert_eq!(desk.warmline.workflow().version, before);
    let gates = "[[gates]]\nname = 'all'\nwhen = 'true'";
    desk.warmline.reload(config(gates)).await.unwrap();
}
