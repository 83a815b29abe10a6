use crate::event::{CustomerContext, Event, Requester};
use crate::ids::{ConfigVersion, ConversationId, Epoch, OperatorId, Timestamp, TurnNumber};
use crate::note::HandbackNote;
use crate::outcome::ended::{day, parse_day};
use crate::outcome::open_question;
use crate::outcome::{Ended, Feedback, Open, Outcome, Precision, Reopening, Summary};
use crate::signal::{Evidence, Findings, Intent};
use crate::source::Source;
use crate::state::{Awaiting, State};
use crate::turn::Draft;
use crate::workflow::Workflow;
use crate::workflow::parse::DEFAULT_MACHINE;
use crate::{Refused, transition};

const HOUR: u64 = 3_600_000;

/// A conversation on the default machine, a minute between two things that happen.
struct Story {
    workflow: Workflow,
    state: State,
    at: Timestamp,
}

impl Story {
    fn new() -> Self {
        let workflow = Workflow::parse(&Source::new("default", "")).unwrap();
        let state = State::new(workflow.initial.clone());
        Self {
            workflow,
            state,
            at: Timestamp(1_764_000_000_000),
        }
    }

    fn happens(mut self, event: Event) -> Self {
        self.at = Timestamp(self.at.0 + 60_000);
        let (after, _) = transition(&self.workflow, &self.state, self.at, &event).unwrap();
        self.state = after;
        self
    }

    fn customer(self, text: &str) -> Self {
        let story = self.happens(Event::CustomerSpoke {
            text: text.to_owned(),
            message: None,
            context: CustomerContext::default(),
        });
        match story.state.awaiting {
            Awaiting::Nothing => story,
            _ => story.examined(Findings::default()),
        }
    }

    fn examined(self, findings: Findings) -> Self {
        let (through, epoch) = self.question();
        self.happens(Event::TurnExamined {
            through,
            epoch,
            findings,
        })
    }

    fn question(&self) -> (TurnNumber, Epoch) {
        (self.state.last_customer_turn, self.state.epoch)
    }

    fn assistant(self, text: &str) -> Self {
        let (through, epoch) = self.question();
        self.happens(Event::DraftExamined {
            through,
            epoch,
            draft: Draft {
                text: text.to_owned(),
                ..Draft::default()
            },
            findings: Findings::default(),
        })
    }

    /// A part of an answer that goes on.
    fn part(self, text: &str) -> Self {
        let (through, epoch) = self.question();
        self.happens(Event::PartExamined {
            through,
            epoch,
            part: Draft {
                text: text.to_owned(),
                ..Draft::default()
            },
            findings: Findings::default(),
        })
    }

    fn called(self) -> Self {
        self.happens(Event::HandoffRequested {
            requester: Requester::Customer,
            reason: "a person, please".to_owned(),
        })
    }

    fn claimed(self) -> Self {
        self.happens(Event::OperatorClaimed {
            operator: dana(),
            leased: false,
            waited: None,
        })
    }

    fn operator(self, text: &str) -> Self {
        self.happens(Event::OperatorReplied {
            operator: dana(),
            text: text.to_owned(),
            message: None,
        })
    }

    fn handed_back(self) -> Self {
        self.happens(Event::HandedBack {
            operator: dana(),
            note: HandbackNote {
                remaining: vec!["confirm the date".to_owned()],
                ..HandbackNote::default()
            },
        })
    }

    /// Lets the timer of the present state come due, until it leads out of it.
    fn silence(mut self) -> Self {
        let epoch = self.state.epoch;
        while self.state.epoch == epoch {
            let (timer, due) = self.state.timers.iter().next().expect("a timer runs");
            let (timer, due) = (timer.clone(), *due);
            self.at = Timestamp(due.0.max(self.at.0));
            self = self.happens(Event::TimerFired { timer, due });
        }
        self
    }

    fn outcome(&self) -> Outcome {
        self.state.outcome.expect("it has ended")
    }

    fn row(&self) -> Ended {
        let id = ConversationId::new("web-1").unwrap();
        let config = ConfigVersion::new("v1").unwrap();
        Ended::of(&id, &config, &self.state).expect("it has ended")
    }
}

fn dana() -> OperatorId {
    OperatorId::new("dana").unwrap()
}

fn question() -> Story {
    Story::new().customer("How long can I return it?")
}

#[test]
fn what_is_over_stays_as_it_ended() {
    let archive = "[states.archived]\nowner = 'nobody'\n\
        [states.closed.timers.archive]\nafter = '1h'\n\
        [[rules]]\nfrom = 'closed'\non = 'timer_fired'\ntimer = 'archive'\nto = 'archived'\n\
        [[rules]]\nfrom = 'archived'\non = 'closed'\nto = 'closed'\n\
        [[rules]]\nfrom = 'archived'\non = 'customer_spoke'\nto = 'ai_owned'\n";
    let text = format!("{DEFAULT_MACHINE}\n{archive}");
    let story = Story {
        workflow: Workflow::parse(&Source::new("archive", text)).unwrap(),
        ..question()
    };
    let closed = story.assistant("You have 30 days.").happens(Event::Closed {
        requester: Requester::Customer,
        outcome: Outcome::Unresolved,
    });
    let archived = closed.silence();
    assert_eq!(archived.state.name.as_str(), "archived");
    assert_eq!(archived.outcome(), Outcome::Unresolved);
    let again = archived.happens(Event::Closed {
        requester: Requester::Bot,
        outcome: Outcome::ResolvedConfirmed,
    });
    assert_eq!(again.state.name.as_str(), "closed");
    let rated = again.happens(Event::Rated { score: 2 });
    assert_eq!(rated.row().outcome, Outcome::Unresolved);
}

#[test]
fn a_satisfied_silence_is_told_from_an_open_question() {
    let answered = question().assistant("You have 30 days.").silence();
    assert_eq!(answered.outcome(), Outcome::ResolvedUnconfirmed);

    let thanked = question()
        .assistant("You have 30 days. Anything else?")
        .customer("Thanks!")
        .assistant("You're welcome!")
        .silence();
    assert_eq!(thanked.outcome(), Outcome::ResolvedConfirmed);

    for (last, open) in [
        ("I'm sorry, I don't know that.", Open::Admitted),
        ("Gladly. What is your order number?", Open::AskedBack),
    ] {
        let left = question().assistant(last);
        assert_eq!(open_question(&left.state), Some(open));
        assert_eq!(left.silence().outcome(), Outcome::Abandoned);
    }

    let denied = question()
        .assistant("Try it again.")
        .customer("It still doesn't work")
        .assistant("Then try once more.");
    assert_eq!(open_question(&denied.state), Some(Open::Denied));
    assert_eq!(denied.silence().outcome(), Outcome::Abandoned);
}

#[test]
fn an_answer_that_is_said_in_parts_is_judged_whole() {
    let ignorant = ["I'm sorry, I don't know that.", "Our site may help."];
    let knowing = [
        "Boots can be returned within thirty days of delivery, free of charge, in any of our shops or \
         by post with the label that came in the parcel, as long as they were not worn outside and \
         the soles are clean and whole.",
        "I don't know that of sandals.",
    ];
    for ([begun, rest], open) in [(ignorant, Some(Open::Admitted)), (knowing, None)] {
        let whole = question().assistant(&format!("{begun} {rest}"));
        let parts = question().part(begun).assistant(rest);
        for story in [whole, parts] {
            assert_eq!(open_question(&story.state), open, "{begun}");
            assert_eq!(story.state.tally.assistant_turns, 1);
            assert_eq!(story.silence().outcome().is_resolved(), open.is_none());
        }
    }
    let twice = question().part("Let me see.").assistant("Thirty days.");
    let twice = twice
        .customer("And sandals?")
        .part("The same.")
        .assistant("Free of charge.");
    assert_eq!(twice.state.tally.assistant_turns, 2);
}

#[test]
fn thanks_for_nothing_confirm_nothing() {
    let polite = question()
        .assistant("I'm sorry, I don't know that.")
        .customer("ok thanks")
        .assistant("You're welcome!")
        .silence();
    assert_eq!(polite.outcome(), Outcome::Abandoned);
    let found = question()
        .assistant("I'm sorry, I don't know that.")
        .customer("It works now, all by itself")
        .assistant("Glad to hear it.")
        .silence();
    assert_eq!(found.outcome(), Outcome::ResolvedConfirmed);
}

#[test]
fn thanks_in_advance_confirm_nothing() {
    let asked = question()
        .customer("thanks in advance")
        .assistant("What is your order number?")
        .silence();
    assert_eq!(asked.outcome(), Outcome::Abandoned);
    let early = question()
        .customer("thanks!")
        .assistant("It is on its way.")
        .silence();
    assert_eq!(early.outcome(), Outcome::ResolvedUnconfirmed);
    let request = Story::new()
        .customer("Please cancel my order 48213, thanks")
        .assistant("I'm sorry, I don't know that.")
        .silence();
    assert_eq!(request.outcome(), Outcome::Abandoned);
}

#[test]
fn a_handoff_that_nobody_took_leaves_the_question_open() {
    let stranded = question().called().silence().silence();
    assert_eq!(stranded.outcome(), Outcome::Abandoned);
    let row = stranded.row();
    assert_eq!((row.tally.handoffs, row.tally.waits), (1, 1));
    assert!(row.tally.waiting_ms >= 10 * 60_000);
    assert_eq!(row.tally.first_human_ms, None);
}

#[test]
fn what_a_human_settled_last_is_theirs() {
    let story = question()
        .called()
        .claimed()
        .operator("I sent you a new one.")
        .customer("Thank you!")
        .handed_back();
    // The note leaves something to do, and the customer says no more.
    let silent = story.silence();
    assert_eq!(silent.outcome(), Outcome::ResolvedByHuman);
    let tally = silent.row().tally;
    assert_eq!((tally.handbacks, tally.bounces), (1, 0));
    assert_eq!(tally.first_human_ms, Some(2 * 60_000));
    assert_eq!(tally.handling_ms, 3 * 60_000);
}

#[test]
fn a_handback_that_fails_is_a_bounce_and_a_new_handoff() {
    let story = question()
        .called()
        .claimed()
        .operator("Let me look.")
        .handed_back()
        .customer("And the date?")
        .called()
        .claimed()
        .operator("Monday.")
        .happens(Event::Closed {
            requester: Requester::Operator { operator: dana() },
            outcome: Outcome::ResolvedByHuman,
        });
    let tally = story.row().tally;
    assert_eq!((tally.handoffs, tally.handbacks, tally.bounces), (2, 1, 1));
    let summary = Summary::of([&story.row()], Timestamp(0));
    assert_eq!(summary.handback_success.value(), Some(0.0));
    assert_eq!(summary.reescalated.value(), Some(1.0));
    assert_eq!(summary.containment.value(), Some(0.0));
}

#[test]
fn each_stretch_has_its_own_row() {
    let first = question().assistant("You have 30 days.").silence();
    let row = first.row();
    let again = first.customer("Hello, me again, where is order 48213?");
    assert_eq!(again.state.outcome, None);
    assert_eq!(again.state.tally.previous, Some(row.at));
    let second = again.assistant("It arrives on Monday.").silence();
    assert_eq!(second.row().tally.stretch, 1);
    assert_eq!(second.row().tally.customer_turns, 1);
    assert_ne!(row.own_key(), second.row().own_key());
    assert_eq!(second.outcome(), Outcome::ResolvedUnconfirmed);
}

#[test]
fn ratings_belong_to_whoever_was_last_at_work_also_after_the_end() {
    let rated = question()
        .assistant("You have 30 days.")
        .happens(Event::Rated { score: 2 })
        .called()
        .claimed()
        .operator("For you, 60.")
        .happens(Event::Closed {
            requester: Requester::Operator { operator: dana() },
            outcome: Outcome::ResolvedByHuman,
        })
        .happens(Event::Rated { score: 5 });
    let tally = rated.row().tally;
    assert_eq!((tally.csat_assistant, tally.csat_human), (Some(2), Some(5)));
}

#[test]
fn nobody_can_state_that_it_was_reopened() {
    let story = question();
    let event = Event::Closed {
        requester: Requester::Bot,
        outcome: Outcome::Reopened,
    };
    let refused = transition(&story.workflow, &story.state, story.at, &event);
    assert_eq!(refused.unwrap_err(), Refused::Reopened);
}

#[test]
fn coming_back_about_the_same_thing_reopens_within_the_window() {
    let intent = Intent {
        name: "returns".to_owned(),
        score: 1.0,
        evidence: Evidence {
            turn: None,
            quote: String::new(),
            why: String::new(),
        },
    };
    let mut story = Story::new().happens(Event::CustomerSpoke {
        text: "How long can I return it?".to_owned(),
        message: None,
        context: CustomerContext::default(),
    });
    story = story.examined(Findings {
        intents: vec![intent],
        ..Findings::default()
    });
    let row = story.assistant("You have 30 days.").silence().row();
    let reopening = Reopening::default();
    let later = |hours: u64| Timestamp(row.at.0 + hours * HOUR);
    assert!(reopening.reopens(&row, later(24), ["returns"], None));
    assert!(reopening.reopens(&row, later(24), [], Some(0.7)));
    assert!(!reopening.reopens(&row, later(24), ["billing"], Some(0.3)));
    assert!(!reopening.reopens(&row, later(24), [], None));
    assert!(!reopening.reopens(&row, later(8 * 24), ["returns"], None));
    let restated = row.clone().restated(later(24));
    assert_eq!(
        (restated.outcome, restated.stated),
        (Outcome::Reopened, row.stated)
    );
    assert!(!reopening.reopens(&restated, later(24), ["returns"], None));
    let summary = Summary::of([&restated], Timestamp(0));
    assert_eq!(summary.durable_resolution.value(), Some(0.0));
    assert_eq!(summary.containment.value(), Some(1.0));
    assert_eq!(summary.reopened.value(), Some(1.0));
}

#[test]
fn feedback_counts_for_what_caused_the_handoff() {
    let story = question().called().claimed().operator("Hello.");
    let id = ConversationId::new("web-1").unwrap();
    let said = Feedback::on(&id, &story.state, false, story.at, Some(dana())).unwrap();
    let row = story
        .happens(Event::Closed {
            requester: Requester::Operator { operator: dana() },
            outcome: Outcome::ResolvedByHuman,
        })
        .row();
    let precision = Precision::by_cause([&row], [&said]);
    let request = precision["customer_request"];
    assert_eq!((request.said.of, request.said.among), (0, 1));
    assert_eq!((request.shown.of, request.shown.among), (1, 1));
    assert!(Feedback::on(&id, &question().state, true, Timestamp(0), None).is_none());
}

#[test]
fn intervals_hold_the_share() {
    let rate = crate::outcome::Rate { of: 8, among: 10 };
    let (low, high) = rate.interval().unwrap();
    assert!((low - 0.490).abs() < 0.001 && (high - 0.943).abs() < 0.001);
    assert_eq!(crate::outcome::Rate::default().interval(), None);
}

#[test]
fn days_are_those_of_the_calendar() {
    assert_eq!(day(Timestamp(0)), "1970-01-01");
    assert_eq!(day(Timestamp(951_782_400_000)), "2000-02-29");
    assert_eq!(day(Timestamp(1_764_000_000_000)), "2025-11-24");
    for text in ["1970-01-01", "2000-02-29", "2025-11-24", "2100-03-01"] {
        assert_eq!(day(parse_day(text).unwrap()), text);
    }
    for text in [
        "2025-02-29",
        "2025-13-01",
        "2025-1-1",
        "",
        "-",
        "1969-12-31",
        "2025-01-00",
    ] {
        assert_eq!(parse_day(text), None, "{text}");
    }
}
