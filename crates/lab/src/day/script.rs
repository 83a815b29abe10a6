//! What customers say.

use crate::{Dialogues, Error};

/// Most recorded dialogues, and most bytes of them: they are held in memory.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 256 << 20;

/// What customers say: made up from questions, or as others said it.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// What is asked, by intent; where there is nothing they ask about parcels.
    pub questions: Vec<Vec<String>>,
    /// The customers' turns of recorded dialogues; none is empty.
    pub dialogues: Vec<Vec<String>>,
}

impl Script {
    /// Takes in recorded dialogues, as many as memory allows.
    ///
    /// # Errors
    ///
    /// What reading them says.
    pub fn record(&mut self, dialogues: Dialogues) -> Result<(), Error> {
        let mut bytes = 0;
        for dialogue in dialogues.take(MOST) {
            let turns = dialogue?.turns;
            bytes += turns.iter().map(String::len).sum::<usize>();
            if bytes > MOST_BYTES {
                break;
            }
            self.dialogues.push(turns);
        }
        Ok(())
    }
}
