//! Who waits, who is there, and who gets what.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use warmline::core::workflow::parse::DEFAULT_MACHINE;
use warmline::{Owner, Presence, Profile};

use crate::desk::{Desk, config, conversation, operator, settle};
use crate::faulty::Faulty;

const SECOND: Duration = Duration::from_secs(1);
const PUSH: &str = "[queues.support]\nassignment = 'push'\nskills = ['billing']";

fn billing(capacity: u32) -> Profile {
    Profile {
        skills: vec!["billing".to_owned()],
        capacity,
        ..Profile::default()
    }
}

impl Desk {
    fn shows(&self, name: &str, profile: Profile, status: Presence) {
        let desk = self.warmline.desk();
        desk.show(&operator(name), profile, status);
    }

    /// Shows for so long that an operator is there.
    async fn stays(&self, name: &str, profile: Profile, seconds: u64) {
        for _ in 0..seconds {
            self.shows(name, profile.clone(), Presence::Available);
            tokio::time::sleep(SECOND).await;
        }
    }

    async fn owner_of(&self, id: &str) -> String {
        let view = self.view(id).await;
        match view.state.operator {
            Some(operator) => operator.to_string(),
            None => format!("{:?}", view.owner),
        }
    }

    fn position(&self, id: &str) -> Option<usize> {
        let wait = self.warmline.desk().wait(&conversation(id));
        wait.map(|wait| wait.position)
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_who_vanishes_loses_the_conversation_and_the_next_one_gets_it() {
    let desk = Desk::with(PUSH).await;
    desk.shows("dana", billing(1), Presence::Available);
    desk.says("web-1", "I am furious").await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
    desk.stays("dana", billing(1), 30).await;
    // She is gone. Lee comes, and gets the conversation once the lease has run out.
    desk.stays("lee", billing(1), 118).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
    desk.stays("lee", billing(1), 5).await;
    assert_eq!(desk.owner_of("web-1").await, "lee");
    let notices: Vec<String> = desk.said("web-1").into_iter().skip(3).collect();
    assert_eq!(
        notices,
        [
            "4 notice: Sorry, my colleague had to leave. I'm finding somebody else for you; they \
             see our whole conversation.",
            "5 notice: A colleague is with you now.",
        ]
    );
    let standing = desk.warmline.desk().operators();
    let names: Vec<_> = standing.iter().map(|one| one.operator.as_str()).collect();
    assert_eq!(
        names,
        ["lee"],
        "whoever is gone and has nothing is forgotten"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_outlives_a_crash_and_ends_if_nobody_comes_back() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.shows("dana", Profile::default(), Presence::Available);
    desk.claim("web-1", "dana").await;
    let desk = desk.crash_for(SECOND, "", |builder| builder).await;
    tokio::time::sleep(SECOND * 115).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
    tokio::time::sleep(SECOND * 10).await;
    assert_eq!(desk.owner_of("web-1").await, "Queue");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_with_humans_under_an_earlier_configuration_is_known_after_a_crash() {
    let machine = DEFAULT_MACHINE.replace("human_owned", "at_desk");
    let machine = machine.replace("pending_handoff", "in_line");
    let desk = Desk::with(&format!("{PUSH}\n{machine}")).await;
    desk.shows("dana", billing(1), Presence::Available);
    for id in ["web-1", "web-2"] {
        desk.says(id, "I am furious").await;
        settle().await;
    }
    let desk = desk.crash_for(SECOND, PUSH, |builder| builder).await;
    settle().await;
    assert_eq!(desk.position("web-2"), Some(1));
    let operators = desk.warmline.desk().operators();
    let owned = operators
        .iter()
        .map(|one| (one.operator.as_str(), one.owned));
    assert_eq!(owned.collect::<Vec<_>>(), [("dana", 1)]);
    desk.stays("lee", billing(2), 125).await;
    assert_eq!(desk.owner_of("web-1").await, "lee");
    assert_eq!(desk.owner_of("web-2").await, "lee");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_at_the_start_is_read_as_soon_as_it_can_be() {
    let machine = DEFAULT_MACHINE.replace("pending_handoff", "in_line");
    // The list of the configurations, and those of the states as well.
    for failing in [1, 9] {
        let journal = Arc::new(Faulty::default());
        let desk = Desk::on(journal.clone(), &format!("{PUSH}\n{machine}")).await;
        desk.says("web-1", "I am furious").await;
        journal.unlisted.store(failing, Ordering::SeqCst);
        let desk = desk.crash_for(SECOND, PUSH, |builder| builder).await;
        settle().await;
        assert_eq!(desk.position("web-1"), None);
        desk.stays("dana", billing(1), 60).await;
        assert_eq!(desk.owner_of("web-1").await, "dana");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_never_showed_that_they_are_there_keeps_it() {
    let desk = Desk::open().await;
    desk.says("web-1", "I am furious").await;
    desk.claim("web-1", "script").await;
    desk.stays("dana", Profile::default(), 600).await;
    assert_eq!(desk.owner_of("web-1").await, "script");
}

#[tokio::test(start_paused = true)]
async fn conversations_go_to_whoever_fits_and_has_room() {
    let desk = Desk::with(PUSH).await;
    for id in ["web-1", "web-2", "web-3"] {
        desk.says(id, "I am furious").await;
        tokio::time::sleep(SECOND).await;
    }
    desk.shows("unskilled", Profile::default(), Presence::Available);
    desk.shows("absent", billing(9), Presence::Away);
    desk.shows("dana", billing(2), Presence::Available);
    tokio::time::sleep(SECOND * 2).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
    assert_eq!(desk.owner_of("web-2").await, "dana");
    assert_eq!(desk.owner_of("web-3").await, "Queue");
    let back = desk.hand_back("web-1", "dana", "say when it arrives").await;
    assert_eq!(back.unwrap().owner, Owner::Assistant);
    tokio::time::sleep(SECOND * 2).await;
    assert_eq!(desk.owner_of("web-3").await, "dana");
}

#[tokio::test(start_paused = true)]
async fn a_returning_customer_gets_the_operator_they_know() {
    let desk = Desk::with(PUSH).await;
    desk.shows("dana", billing(3), Presence::Available);
    desk.says("web-1", "I am furious").await;
    tokio::time::sleep(SECOND).await;
    desk.shows("lee", billing(3), Presence::Available);
    desk.hand_back("web-1", "dana", "say when it arrives")
        .await
        .unwrap();
    desk.says("web-2", "I am furious").await;
    desk.says("web-3", "I am furious").await;
    tokio::time::sleep(SECOND).await;
    desk.says("web-1", "I am furious again").await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
}

#[tokio::test(start_paused = true)]
async fn customers_know_their_place_and_a_wait_that_was_measured() {
    let desk = Desk::open().await;
    for number in 0..6 {
        desk.says(&format!("web-{number}"), "I am furious").await;
        tokio::time::sleep(SECOND * 10).await;
    }
    assert_eq!(desk.position("web-5"), Some(6));
    let wait = |id| desk.warmline.desk().wait(&conversation(id)).unwrap();
    assert_eq!(wait("web-5").expected_wait, None);
    for number in 0..4 {
        desk.claim(&format!("web-{number}"), "dana").await;
        tokio::time::sleep(SECOND * 30).await;
    }
    assert_eq!(desk.position("web-5"), Some(2));
    assert_eq!(wait("web-5").expected_wait, Some(SECOND * 80));
    let queues = desk.warmline.desk().queues();
    assert_eq!((queues.len(), queues[0].waiting), (1, 2));
    assert_eq!(desk.position("web-0"), None);
    // After a crash the places are the same.
    let desk = desk.crash("").await;
    settle().await;
    assert_eq!(desk.position("web-5"), Some(2));
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_long_is_offered_a_call_back_and_whoever_takes_it_keeps_the_place() {
    let desk = Desk::with("[queues.support]\noffer_call_back = '1m'").await;
    for number in 0..6 {
        desk.says(&format!("web-{number}"), "I am furious").await;
        tokio::time::sleep(SECOND).await;
    }
    for number in 0..3 {
        desk.claim(&format!("web-{number}"), "dana").await;
        tokio::time::sleep(SECOND * 40).await;
    }
    let offered = |id: &str| {
        desk.said(id)
            .iter()
            .any(|line| line.contains("minutes until"))
    };
    assert!(offered("web-5"));
    let id = conversation("web-5");
    desk.warmline
        .leave_contact(&id, "ada@example.org")
        .await
        .unwrap();
    // The other two come back to the assistant when nobody claims them; this one stays.
    tokio::time::sleep(SECOND * 1200).await;
    assert_eq!(desk.view("web-4").await.owner, Owner::Assistant);
    assert_eq!(desk.position("web-5"), Some(1));
    let refused = desk
        .warmline
        .leave_contact(&conversation("web-4"), "x")
        .await;
    assert!(refused.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_passed_to_a_person_goes_to_them() {
    let desk = Desk::with(PUSH).await;
    desk.shows("dana", billing(3), Presence::Available);
    desk.says("web-1", "I am furious").await;
    tokio::time::sleep(SECOND).await;
    for name in ["ada", "lee"] {
        desk.shows(name, billing(3), Presence::Available);
    }
    let (id, dana, lee) = (conversation("web-1"), operator("dana"), operator("lee"));
    let passed = desk.warmline.release(&id, &dana, None, Some(&lee)).await;
    assert_eq!(passed.unwrap().owner, Owner::Queue);
    tokio::time::sleep(SECOND).await;
    assert_eq!(desk.owner_of("web-1").await, "lee");
}

#[tokio::test(start_paused = true)]
async fn whoever_releases_it_is_not_given_it_again() {
    let desk = Desk::with(PUSH).await;
    desk.shows("dana", billing(3), Presence::Available);
    desk.says("web-1", "I am furious").await;
    tokio::time::sleep(SECOND).await;
    let (id, dana) = (conversation("web-1"), operator("dana"));
    let released = desk.warmline.release(&id, &dana, None, None).await;
    assert_eq!(released.unwrap().owner, Owner::Queue);
    desk.stays("dana", billing(3), 5).await;
    assert_eq!(desk.owner_of("web-1").await, "Queue");
    desk.shows("lee", billing(3), Presence::Available);
    tokio::time::sleep(SECOND * 2).await;
    assert_eq!(desk.owner_of("web-1").await, "lee");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_in_a_queue_that_was_renamed_is_still_given_to_somebody() {
    let desk = Desk::with(PUSH).await;
    desk.says("web-1", "I am furious").await;
    let machine = DEFAULT_MACHINE.replace("\"support\"", "\"help\"");
    assert_ne!(machine, DEFAULT_MACHINE);
    desk.warmline.reload(config(&machine)).await.unwrap();
    let queues = desk.warmline.desk().queues();
    let queues: Vec<_> = queues
        .iter()
        .map(|q| (q.name.as_str(), q.waiting))
        .collect();
    assert_eq!(queues, [("help", 0), ("support", 1)]);
    desk.shows("dana", billing(3), Presence::Available);
    tokio::time::sleep(SECOND * 2).await;
    assert_eq!(desk.owner_of("web-1").await, "dana");
}
