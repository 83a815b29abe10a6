use warmline::core::source::Source;
use warmline::detect::HashedEncoder;
use warmline::journal::MemoryJournal;
use warmline::{
    Ask, Assistant, AssistantError, Disk, Draft, Inbound, Outcome, Requester, SignalKind, Timestamp,
};
use warmline_server::policy::Candidate;

use super::*;

struct Polite;

impl Assistant for Polite {
    async fn draft(&self, _: Ask) -> Result<Draft, AssistantError> {
        Ok(Draft {
            text: "Thank you.".to_owned(),
            ..Draft::default()
        })
    }
}

fn config(text: &str) -> Config {
    with_detectors(text, "")
}

fn with_detectors(text: &str, more: &str) -> Config {
    let off = "[detectors]\ngrounding.enabled = false\nloop.enabled = false\n\
               domain.enabled = false\nlanguage.enabled = false\n";
    let source = Source::new("w.toml", format!("{text}\n{off}{more}"));
    Config::parse(&source, Path::new(""), &Disk).unwrap()
}

const OFF: &str = "[thresholds]\nsentiment = 'off'\ncommitment = 'off'";

async fn ended(journal: Arc<dyn Journal>, of_each: usize) -> Warmline {
    let warmline = Warmline::builder()
        .config(config(OFF))
        .journal(journal)
        .encoder(Arc::new(HashedEncoder))
        .assistant(Polite)
        .start()
        .await
        .unwrap();
    end(&warmline, "c", of_each).await;
    warmline
}

/// Furious customers whose conversations stay unresolved, and calm ones who confirm.
async fn end(warmline: &Warmline, prefix: &str, of_each: usize) {
    for number in 0..2 * of_each {
        let id = ConversationId::new(format!("{prefix}{number}")).unwrap();
        let (words, outcome) = match number % 2 {
            0 => (
                "This is outrageous! I am furious, you useless liars!",
                Outcome::Unresolved,
            ),
            _ => ("Where is my parcel, please?", Outcome::ResolvedConfirmed),
        };
        warmline
            .customer_says(&id, Inbound::text(words))
            .await
            .unwrap();
        warmline.close(&id, Requester::Bot, outcome).await.unwrap();
    }
}

/// All that ended in the last day.
fn lately(warmline: &Warmline) -> policy::Wanted {
    let until = warmline.now();
    policy::Wanted {
        miss: 0.1,
        confidence: 0.95,
        seed: 1,
        since: Timestamp(until.0 - 24 * 3600 * 1000),
        until,
    }
}

#[tokio::test]
async fn thresholds_are_found_in_how_conversations_ended() {
    let journal = Arc::new(MemoryJournal::new());
    let warmline = ended(journal.clone(), 80).await;
    let (calibrator, wanted) = (LabCalibrator(journal), lately(&warmline));
    let found = calibrator.calibrate(&warmline, &wanted).unwrap();
    assert_eq!((found.data.conversations, found.data.needed), (160, 80));
    let sentiment = found.thresholds.iter();
    let mut sentiment = sentiment.filter(|it| it.signal == SignalKind::Sentiment);
    assert!(sentiment.next().unwrap().score.is_some());
    let now = (found.held_out)(&warmline.workflow().policy);
    assert_eq!((now.missed, now.needed, now.handoffs), (20, 20, 0));
    let lines = found.thresholds.iter().map(|it| match it.score {
        Some(score) => format!("{} = {score}\n", it.signal),
        None => format!("{} = \"off\"\n", it.signal),
    });
    let layer = format!("[calibrated.thresholds]\n{}", lines.collect::<String>());
    let layered = warmline.file().layered(&layer).unwrap();
    let then = (found.held_out)(&layered.workflow.policy);
    assert_eq!((then.missed, then.false_alarms), (0, 0));

    let before = policy::Wanted {
        since: Timestamp(0),
        until: Timestamp(1),
        ..wanted
    };
    assert!(calibrator.calibrate(&warmline, &before).is_err());
}

#[tokio::test]
async fn what_other_detectors_found_is_left_out_and_counted() {
    let journal = Arc::new(MemoryJournal::new());
    let warmline = ended(journal.clone(), 4).await;
    let calibrator = LabCalibrator(journal);
    // Other thresholds judge the same scores.
    let laxer = config("[thresholds]\nsentiment = 'off'\ncommitment = 'off'\nverifier = 'off'");
    warmline.reload(laxer).await.unwrap();
    let found = calibrator.calibrate(&warmline, &lately(&warmline)).unwrap();
    assert_eq!(found.data.conversations, 8);

    let others = with_detectors(OFF, "sentiment.window = 9\n");
    warmline.reload(others).await.unwrap();
    let refused = calibrator.calibrate(&warmline, &lately(&warmline));
    let reason = refused.err().unwrap();
    assert!(reason.contains("left out: 8 conversations"), "{reason}");

    end(&warmline, "d", 5).await;
    let found = calibrator.calibrate(&warmline, &lately(&warmline)).unwrap();
    assert_eq!(found.data.conversations, 10);
    let told = found.warnings.iter();
    assert_eq!(told.filter(|it| it.contains("left out: 8")).count(), 1);
}

#[test]
fn a_written_share_of_none_is_a_share() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.toml"), "").unwrap();
    for (line, share) in [("", None), ("share = 0.0", Some(0.0))] {
        let section = format!("[shadow]\nconfig = 'c.toml'\n{line}");
        let upkeep = Upkeep::read(&config(&section), folder.path()).unwrap();
        assert_eq!(upkeep.canary().map(|(_, share)| share), share);
    }
}

#[tokio::test]
async fn a_candidate_lives_through_recorded_steps() {
    let journal = Arc::new(MemoryJournal::new());
    let warmline = ended(journal.clone(), 1).await;
    let shadow = Shadow {
        file: "candidate.toml".into(),
        config: config("[thresholds]\nsentiment = 0.5"),
        share: Some(0.25),
    };
    let candidate = LabCandidate::new(shadow, Arc::new(HashedEncoder), journal);
    let candidate = candidate.await.unwrap();
    assert_eq!(
        (candidate.name(), candidate.share()),
        ("candidate.toml", Some(0.25))
    );
    assert_ne!(*candidate.version(), warmline.workflow().version);
    let mut found = Vec::new();
    for id in ["c0", "c1"] {
        let id = ConversationId::new(id).unwrap();
        let mut beside = candidate.begin();
        for entry in entries(&warmline, &id).unwrap() {
            beside.live(&entry).await.unwrap();
        }
        assert!(beside.is_over());
        let (live, candidate) = beside.handed();
        assert_eq!(live, None);
        found.push(candidate.map(|handed| handed.turn));
    }
    assert_eq!(found, [Some(1), None]);
}

#[test]
fn a_promise_is_withheld_where_the_file_has_thresholds_that_stay() {
    let file = |text: &str| config(text).workflow.policy.thresholds.clone();
    let sentiment = |channel: Option<&str>| Fitted {
        signal: SignalKind::Sentiment,
        channel: channel.map(str::to_owned),
        segment: None,
        score: Some(0.7),
    };
    let plain = file("[thresholds]\nsentiment = 0.4");
    assert!(replaces(&[sentiment(None)], &plain));
    let for_email = file("[[thresholds_for]]\nchannel = 'email'\nsentiment = 0.8");
    assert!(!replaces(&[sentiment(None)], &for_email));
    assert!(replaces(
        &[sentiment(None), sentiment(Some("email"))],
        &for_email
    ));
}
