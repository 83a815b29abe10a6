//! A conversation as the server shows it, held against what was acknowledged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::customer::Owner;
use super::ledger::{Account, Said, Voice, digest};

/// What is wrong with a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The conversation.
    pub conversation: String,
    /// What kind of thing it is.
    pub fault: Fault,
    /// How it shows.
    pub detail: String,
}

/// A kind of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A turn that was acknowledged is not there, or has other words.
    Lost,
    /// There are more of the customer's turns than were sent.
    Doubled,
    /// Two parties spoke in one epoch, or an epoch went back.
    TwoVoices,
    /// The assistant answered when there was nothing new to answer.
    AnsweredTwice,
    /// An answer that was owed did not come.
    Unanswered,
    /// The transcript has gaps.
    Gap,
}

/// A conversation as the server shows it.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    pub(super) turns: Vec<Turn>,
    pub(super) state: String,
    pub(super) owner: Option<Owner>,
    pub(super) answering: bool,
    pub(super) outcome: Option<String>,
    pub(super) handoffs: u64,
    pub(super) handbacks: u64,
    pub(super) discarded_drafts: u64,
}

/// A turn of a transcript.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Turn {
    pub(super) turn: u32,
    pub(super) by: Voice,
    pub(super) operator: Option<String>,
    pub(super) text: String,
    pub(super) epoch: u64,
}

impl Transcript {
    /// Everything that is wrong with it; `finished` if nobody will say anything more.
    pub(super) fn check(&self, name: &str, account: &Account, finished: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |fault, detail: String| {
            findings.push(Finding {
                conversation: name.to_owned(),
                fault,
                detail,
            });
        };
        for (place, turn) in (1..).zip(&self.turns) {
            if turn.turn != place {
                find(
                    Fault::Gap,
                    format!("turn {} stands at place {place}", turn.turn),
                );
                break;
            }
        }
        let whole = self.whole();
        for said in &account.said {
            if let Some(detail) = lacks(&whole, said) {
                find(Fault::Lost, detail);
            }
        }
        let heard = self.by(Voice::Customer).count();
        if heard > account.sent as usize {
            let sent = account.sent;
            find(Fault::Doubled, format!("{heard} turns of {sent} messages"));
        }
        if let Some(detail) = self.two_voices() {
            find(Fault::TwoVoices, detail);
        }
        if let Some(turn) = self.answered_twice() {
            let detail = format!("turn {turn} answers nothing new");
            find(Fault::AnsweredTwice, detail);
        }
        if finished && self.answering {
            find(Fault::Unanswered, "an answer is still owed".to_owned());
        }
        findings
    }

    fn by(&self, voice: Voice) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(move |turn| turn.by == voice)
    }

    /// The turns with the parts of each answer put together, as answers are acknowledged: under the
    /// number of the last.
    fn whole(&self) -> Vec<Turn> {
        let mut whole: Vec<Turn> = Vec::new();
        for turn in &self.turns {
            let last = whole.iter().rposition(|said| said.by != Voice::Notice);
            let part = last.filter(|at| turn.goes_on_from(&whole[*at]));
            let text = match part {
                Some(at) => [whole.remove(at).text.trim(), turn.text.trim()].join(" "),
                None => turn.text.clone(),
            };
            whole.push(Turn {
                text,
                ..turn.clone()
            });
        }
        whole
    }

    /// Where more than one party spoke under one epoch, or an epoch went back.
    fn two_voices(&self) -> Option<String> {
        let mut voices: BTreeMap<u64, (Voice, Option<&str>)> = BTreeMap::new();
        let mut epoch = 0;
        for turn in &self.turns {
            if turn.epoch < epoch {
                return Some(format!("turn {} is of epoch {}", turn.turn, turn.epoch));
            }
            epoch = turn.epoch;
            if matches!(turn.by, Voice::Assistant | Voice::Operator) {
                let party = (turn.by, turn.operator.as_deref());
                let first = *voices.entry(epoch).or_insert(party);
                if first != party {
                    return Some(format!(
                        "turn {} is a second voice in epoch {epoch}",
                        turn.turn
                    ));
                }
            }
        }
        None
    }

    /// The assistant's turn before which the customer had said nothing since its last answer, and
    /// which is no further part of that.
    fn answered_twice(&self) -> Option<u32> {
        let mut open = false;
        let mut parts: Vec<&Turn> = Vec::new();
        for turn in &self.turns {
            match turn.by {
                Voice::Customer => {
                    open = true;
                    parts.clear();
                }
                Voice::Assistant => {
                    let goes_on = parts.last().is_some_and(|part| turn.goes_on_from(part));
                    let again = parts.iter().any(|part| part.text == turn.text);
                    if !open && (!goes_on || again) {
                        return Some(turn.turn);
                    }
                    open = false;
                    parts.push(turn);
                }
                Voice::Operator => parts.clear(),
                Voice::Notice => {}
            }
        }
        None
    }
}

impl Turn {
    /// Whether it goes on with the answer that `before` is a part of, where nobody else spoke between
    /// them.
    fn goes_on_from(&self, before: &Turn) -> bool {
        let assistant = self.by == Voice::Assistant && before.by == Voice::Assistant;
        assistant && self.epoch == before.epoch && self.turn > before.turn
    }
}

/// What is wrong with a turn that was acknowledged.
fn lacks(turns: &[Turn], said: &Said) -> Option<String> {
    let Said { turn, by, words } = *said;
    let mut found = turns.iter().filter(|found| found.turn == turn);
    let what = match (found.next(), found.next()) {
        (None, _) => "is not there",
        (Some(_), Some(_)) => "is there twice",
        (Some(found), None) if found.by != by => "was said by somebody else",
        (Some(found), None) if digest(&found.text) != words => "has other words",
        (Some(_), None) => return None,
    };
    Some(format!("acknowledged turn {turn} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(number: u32, epoch: u64, by: Voice, text: &str) -> Turn {
        Turn {
            turn: number,
            by,
            operator: (by == Voice::Operator).then(|| "dana".to_owned()),
            text: text.to_owned(),
            epoch,
        }
    }

    fn transcript() -> Transcript {
        Transcript {
            turns: vec![
                turn(1, 1, Voice::Customer, "Where is it?"),
                turn(2, 1, Voice::Assistant, "On its way."),
                turn(3, 1, Voice::Customer, "Since when?"),
                turn(4, 2, Voice::Notice, "A colleague will help."),
                turn(5, 3, Voice::Operator, "Since Monday."),
            ],
            ..Transcript::default()
        }
    }

    fn account() -> Account {
        let said = |turn, by, words| Said {
            turn,
            by,
            words: digest(words),
        };
        Account {
            said: vec![
                said(1, Voice::Customer, "Where is it?"),
                said(2, Voice::Assistant, "On its way."),
                said(3, Voice::Customer, "Since when?"),
                said(5, Voice::Operator, "Since Monday."),
            ],
            sent: 2,
        }
    }

    fn faults(tamper: impl FnOnce(&mut Transcript, &mut Account)) -> Vec<Fault> {
        let (mut transcript, mut account) = (transcript(), account());
        tamper(&mut transcript, &mut account);
        let findings = transcript.check("c-1", &account, true);
        findings.into_iter().map(|finding| finding.fault).collect()
    }

    #[test]
    fn a_sound_conversation_has_no_faults() {
        assert_eq!(faults(|_, _| {}), []);
        let in_doubt = |_: &mut Transcript, account: &mut Account| account.sent += 1;
        assert_eq!(faults(in_doubt), []);
    }

    #[test]
    fn an_answer_in_parts_has_no_faults_unless_a_part_is_lost() {
        let parts = |transcript: &mut Transcript, account: &mut Account| {
            transcript.turns.extend([
                turn(6, 4, Voice::Assistant, "It is in Spain [1]."),
                turn(7, 4, Voice::Notice, "One moment."),
                turn(8, 4, Voice::Assistant, "It comes on Friday [1]."),
            ]);
            let whole = "It is in Spain [1]. It comes on Friday [2].";
            account.said.push(Said {
                turn: 8,
                by: Voice::Assistant,
                words: digest(whole),
            });
        };
        assert_eq!(faults(parts), []);
        let lost = faults(|transcript, account| {
            parts(transcript, account);
            transcript.turns[5].by = Voice::Notice;
        });
        assert_eq!(lost, [Fault::Lost]);
    }

    #[test]
    fn lost_and_changed_turns_are_found() {
        assert_eq!(faults(|t, _| drop(t.turns.pop())), [Fault::Lost]);
        let changed = faults(|t, _| t.turns[0].text = "Where?".to_owned());
        assert_eq!(changed, [Fault::Lost]);
        let gap = faults(|t, _| drop(t.turns.remove(3)));
        assert_eq!(gap, [Fault::Gap]);
    }

    #[test]
    fn doubled_turns_are_found() {
        let again = turn(6, 3, Voice::Customer, "Since when?");
        assert_eq!(faults(|t, _| t.turns.push(again)), [Fault::Doubled]);
    }

    #[test]
    fn a_second_voice_is_found() {
        let assistant = turn(6, 3, Voice::Assistant, "Since Tuesday.");
        assert_eq!(faults(|t, _| t.turns.push(assistant)), [Fault::TwoVoices]);
        let earlier = turn(6, 2, Voice::Operator, "Goodbye.");
        assert_eq!(faults(|t, _| t.turns.push(earlier)), [Fault::TwoVoices]);
    }

    #[test]
    fn a_second_answer_is_found() {
        let answers = [
            turn(6, 4, Voice::Assistant, "Anything else?"),
            turn(7, 4, Voice::Assistant, "Anything else?"),
        ];
        let found = faults(|t, _| t.turns.extend(answers));
        assert_eq!(found, [Fault::AnsweredTwice]);
    }

    #[test]
    fn an_answer_that_never_came_is_found() {
        assert_eq!(faults(|t, _| t.answering = true), [Fault::Unanswered]);
    }
}
