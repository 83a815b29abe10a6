//! Cases for tests, in the fewest words.

use std::sync::Arc;

use warmline_core::turn::{Speaker, Turn};
use warmline_core::{Epoch, OperatorId, Timestamp, TurnNumber};

use crate::detector::Case;

/// A conversation of (speaker, words); the customer's turns after the last answer are open.
pub(crate) fn of(turns: &[(&str, &str)]) -> Case {
    let numbered = (1..).zip(turns);
    let turns: Vec<Arc<Turn>> = numbered
        .map(|(number, (speaker, text))| {
            Arc::new(Turn {
                number: TurnNumber(number),
                speaker: match *speaker {
                    "customer" => Speaker::Customer,
                    "assistant" => Speaker::Assistant,
                    "notice" => Speaker::Notice,
                    operator => Speaker::Operator {
                        operator: OperatorId::new(operator).unwrap(),
                    },
                },
                text: (*text).to_owned(),
                at: Timestamp(0),
                epoch: Epoch(0),
                citations: Vec::new(),
            })
        })
        .collect();
    let last = |answer: bool| {
        let mut found = turns.iter().rev();
        let found = found.find(|turn| turn.is_customer() != answer);
        found.map_or(TurnNumber(0), |turn| turn.number)
    };
    Case {
        through: turns.last().map_or(TurnNumber(0), |turn| turn.number),
        settled: last(true),
        turns,
        ..Case::default()
    }
}
