//! What can happen next, and what comes of it.

use stateright::{Model, Property};
use warmline_core::event::CustomerContext;
use warmline_core::workflow::Owner;
use warmline_core::{
    Draft, Event, Evidence, Findings, HandbackNote, OperatorId, Signal, SignalKind, TimerName,
    Timestamp, Workflow,
};

use crate::host::Fault;
use crate::promises;
use crate::world::{
    Ack, CALM, Job, JobKind, Known, MESSAGES, OPERATORS, Owned, Request, UPSET, World,
};

/// A host under a workflow, and how much is to happen to it.
pub(crate) struct Handoffs {
    pub(crate) workflow: Workflow,
    pub(crate) fault: Fault,
    /// How often the host may crash.
    pub(crate) crashes: u8,
    /// How often the conversation may be handed over.
    pub(crate) handoffs: u32,
    /// The last epoch that is looked at.
    pub(crate) epochs: u64,
    /// How many messages the customer sends.
    pub(crate) messages: usize,
    /// Whether a message may arrive twice without need.
    pub(crate) doubles: bool,
    /// Whether operators also step in unasked.
    pub(crate) takeovers: bool,
    /// Whether customers stay away until the conversation is closed.
    pub(crate) idle: bool,
    /// Whether operators vanish from conversations that they have.
    pub(crate) absences: bool,
    /// Whether the assistant says its answers in two parts.
    pub(crate) parts: bool,
    /// Steps that may wait for the disk at the same time.
    pub(crate) group: usize,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Move {
    /// The customer sends a message.
    Send(usize),
    /// They send it again, because no answer came or because the network doubled it.
    SendAgain(usize),
    /// A copy of it reaches the host.
    Hear(usize),
    /// The detectors are done with the turns; they may find that a human is needed.
    Examined(Job, bool),
    /// The assistant is done, in time or not.
    Drafted(Job, Drafted),
    /// A timer comes due.
    Fire(TimerName, Timestamp),
    /// An operator asks for something.
    Ask(usize, Request),
    /// What they asked reaches the host.
    Serve(usize),
    /// The answer reaches them.
    Answer(usize),
    /// The operator who has the conversation is gone.
    Lose(OperatorId),
    /// The disk confirms what waits for it.
    Flush,
    /// The same, and the host dies before it can perform anything.
    FlushAndCrash,
    /// The host dies.
    Crash,
    /// A new host starts.
    Recover,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Drafted {
    /// Only a first part of it: the assistant goes on.
    Begins,
    Good,
    Commits,
    Fails,
}

impl Model for Handoffs {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.workflow)]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        self.customer_moves(world, moves);
        self.operator_moves(world, moves);
        match &world.host {
            None => moves.push(Move::Recover),
            Some(_) => self.host_moves(world, moves),
        }
    }

    fn next_state(&self, world: &World, step: Move) -> Option<World> {
        let mut next = world.clone();
        match step {
            Move::Send(message) => {
                next.messages[message].sent = true;
                next.messages[message].copies = 1;
            }
            Move::SendAgain(message) => next.messages[message].copies += 1,
            Move::Hear(message) => self.hear(&mut next, message),
            Move::Examined(job, alarm) => {
                done(&mut next, job);
                let event = Event::TurnExamined {
                    through: job.through,
                    epoch: job.epoch,
                    findings: findings(alarm),
                };
                self.decide(&mut next, &event, None);
            }
            Move::Drafted(job, drafted) => {
                done(&mut next, job);
                if let (Drafted::Begins, Some(host)) = (drafted, &mut next.host) {
                    let kind = JobKind::Rest;
                    host.jobs.insert(Job { kind, ..job });
                }
                self.decide(&mut next, &proposal(job, drafted), None);
            }
            Move::Fire(timer, due) => {
                self.decide(&mut next, &Event::TimerFired { timer, due }, None);
            }
            Move::Ask(operator, request) => {
                let operator = &mut next.operators[operator];
                operator.request = Some(request);
                if matches!(request, Request::HandBack | Request::Release) {
                    operator.belief = None;
                }
            }
            Move::Serve(operator) => self.serve(&mut next, operator),
            Move::Answer(operator) => answer(&mut next, operator),
            Move::Lose(operator) => {
                self.decide(&mut next, &Event::OperatorLost { operator }, None);
            }
            Move::Flush => next.flush(self.fault, true),
            Move::FlushAndCrash => {
                next.flush(self.fault, false);
                next.crash();
            }
            Move::Crash => next.crash(),
            Move::Recover => next.recover(&self.workflow, self.fault),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }

    fn within_boundary(&self, world: &World) -> bool {
        let memory = world.host.as_ref().map_or(&world.disk.state, |h| &h.memory);
        memory.0.epoch.0 <= self.epochs
    }
}

impl Handoffs {
    fn customer_moves(&self, world: &World, moves: &mut Vec<Move>) {
        let messages = &world.messages[..self.messages];
        for (number, message) in messages.iter().enumerate() {
            if !message.sent {
                moves.push(Move::Send(number));
                return;
            }
            if !message.acknowledged && message.copies <= u8::from(self.doubles) {
                moves.push(Move::SendAgain(number));
            }
        }
    }

    fn operator_moves(&self, world: &World, moves: &mut Vec<Move>) {
        let disk = &world.disk.state;
        for (number, operator) in world.operators.iter().enumerate() {
            if operator.response.is_some() {
                moves.push(Move::Answer(number));
            } else if operator.request.is_none() {
                let requests = match operator.belief {
                    Some(_) => [Request::Reply, Request::HandBack, Request::Release].as_slice(),
                    None => &[Request::Claim],
                };
                let asks = requests.iter().filter(|request| match request {
                    // What one of them may do is enough to see what it does.
                    Request::Reply => number == 0 && !operator.spoke,
                    Request::Claim => match self.owner(disk) {
                        Owner::Queue => true,
                        Owner::Assistant => {
                            self.takeovers
                                && number == 0
                                && disk.0.customer_turns > 0
                                && disk.0.handoffs < self.handoffs
                        }
                        _ => false,
                    },
                    Request::HandBack | Request::Release => true,
                });
                moves.extend(asks.map(|request| Move::Ask(number, *request)));
            }
        }
    }

    fn host_moves(&self, world: &World, moves: &mut Vec<Move>) {
        let Some(host) = &world.host else { return };
        if world.crashes < self.crashes {
            moves.push(Move::Crash);
            if !host.pending.is_empty() {
                moves.push(Move::FlushAndCrash);
            }
        }
        if !host.pending.is_empty() {
            moves.push(Move::Flush);
        }
        if host.pending.len() >= self.group {
            return;
        }
        for (number, message) in world.messages.iter().enumerate() {
            if message.copies > 0 {
                moves.push(Move::Hear(number));
            }
        }
        for (number, operator) in world.operators.iter().enumerate() {
            if operator.request.is_some() {
                moves.push(Move::Serve(number));
            }
        }
        if self.absences {
            moves.extend(host.memory.0.operator.clone().map(Move::Lose));
        }
        let more = host.memory.0.handoffs < self.handoffs;
        for job in &host.jobs {
            let asked = host.memory.owed(false);
            let open = asked.is_some_and(|asked| asked.asks_the_same(*job));
            match job.kind {
                JobKind::ExamineCalm => moves.push(Move::Examined(*job, false)),
                JobKind::ExamineUpset => moves.push(Move::Examined(*job, more)),
                JobKind::Draft | JobKind::Rest => {
                    moves.push(Move::Drafted(*job, Drafted::Good));
                    if self.parts && more && job.kind == JobKind::Draft {
                        moves.push(Move::Drafted(*job, Drafted::Begins));
                    }
                    if more && open {
                        moves.push(Move::Drafted(*job, Drafted::Commits));
                        moves.push(Move::Drafted(*job, Drafted::Fails));
                    }
                }
            }
        }
        let timers = world.timers(self.fault).into_iter();
        let fire = timers.filter(|(timer, _)| self.idle || timer.as_str() != "idle");
        moves.extend(fire.map(|(timer, due)| Move::Fire(timer, due)));
    }

    fn decide(&self, world: &mut World, event: &Event, ack: Option<Ack>) -> bool {
        world.decide(&self.workflow, self.fault, event, ack)
    }

    fn hear(&self, world: &mut World, message: usize) {
        world.messages[message].copies -= 1;
        if world.disk.heard[message] {
            world.messages[message].acknowledged = true;
        } else if !world.knows(message) {
            let event = Event::CustomerSpoke {
                text: [UPSET, CALM][message.min(1)].to_owned(),
                message: None,
                context: CustomerContext::default(),
            };
            self.decide(world, &event, Some(Ack::Message(message)));
        }
    }

    fn serve(&self, world: &mut World, number: usize) {
        let Some(request) = world.operators[number].request.take() else {
            return;
        };
        let operator = operator(number);
        let ack = (request == Request::Claim).then_some(Ack::Claim(number));
        let event = match request {
            Request::Claim => Event::OperatorClaimed {
                operator,
                leased: false,
                waited: None,
            },
            Request::Reply => {
                world.operators[number].spoke = true;
                Event::OperatorReplied {
                    operator,
                    text: "I see to it.".to_owned(),
                    message: None,
                }
            }
            Request::HandBack => Event::HandedBack {
                operator,
                note: HandbackNote {
                    remaining: vec!["tell them when it arrives".to_owned()],
                    ..HandbackNote::default()
                },
            },
            Request::Release => Event::OperatorReleased {
                operator,
                queue: None,
                to: None,
                by: None,
            },
        };
        if !self.decide(world, &event, ack) {
            world.operators[number].belief = None;
        }
    }

    pub(crate) fn owner(&self, known: &Known) -> Owner {
        self.workflow
            .state(&known.0.name)
            .map_or(Owner::Nobody, |state| state.owner)
    }
}

fn done(world: &mut World, job: Job) {
    if let Some(host) = &mut world.host {
        host.jobs.remove(&job);
    }
}

fn answer(world: &mut World, number: usize) {
    let now = world.disk.state.0.epoch;
    let operator = &mut world.operators[number];
    match operator.response.take() {
        Some(Owned::In(epoch)) => operator.belief = Some(epoch),
        Some(Owned::Now) => operator.belief = Some(now),
        None => {}
    }
}

pub(crate) fn operator(number: usize) -> OperatorId {
    const NAMES: [&str; OPERATORS] = ["dana", "lee"];
    OperatorId::new(NAMES[number]).expect("it is a valid id")
}

/// The words of a message.
pub(crate) fn words(message: usize) -> &'static str {
    const WORDS: [&str; MESSAGES] = [UPSET, CALM];
    WORDS[message]
}

fn findings(alarm: bool) -> Findings {
    let signal = |kind| Signal {
        kind,
        score: 0.9,
        evidence: vec![Evidence {
            turn: None,
            quote: UPSET.to_owned(),
            why: "upset words".to_owned(),
        }],
    };
    Findings {
        signals: alarm
            .then(|| signal(SignalKind::Sentiment))
            .into_iter()
            .collect(),
        ..Findings::default()
    }
}

fn proposal(job: Job, drafted: Drafted) -> Event {
    let (through, epoch) = (job.through, job.epoch);
    if drafted == Drafted::Fails {
        return Event::AssistantFailed {
            through,
            epoch,
            reason: "too slow".to_owned(),
        };
    }
    let says = |text: &str| Draft {
        text: text.to_owned(),
        ..Draft::default()
    };
    match drafted {
        Drafted::Begins => Event::PartExamined {
            through,
            epoch,
            part: says("Let me see."),
            findings: findings(false),
        },
        _ => Event::DraftExamined {
            through,
            epoch,
            draft: says("It arrives tomorrow."),
            findings: findings(drafted == Drafted::Commits),
        },
    }
}
