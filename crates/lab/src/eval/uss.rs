//! Dissatisfaction, turn by turn: User Satisfaction Simulation (Sun et al. 2021), a thousand
//! dialogues each of SGD and MultiWOZ. It names no licence: nothing is trained on it.

use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_core::turn::Speaker;
use warmline_detect::{Case, DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, conversation, score};
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::{Error, corpus};

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "uss",
    about: "Dissatisfied turns: a median rating below 3 of 5; and dialogues, by their worst turn.",
    needs: &["uss"],
    run,
};

/// The first dialogues were looked at while the signs of discontent were written down; figures are
/// from the rest.
const LOOKED_AT: usize = 400;

/// Dialogues of a quick run.
const QUICK: usize = 25;

/// Turns that a case holds at most, as a host passes the most recent ones.
const LATEST: usize = 24;

/// A dialogue of a customer's and an assistant's turns.
#[derive(Default)]
struct Dialogue {
    turns: Vec<(Speaker, String)>,
    /// Which turns were rated, and whether as dissatisfied.
    rated: Vec<(usize, bool)>,
    /// Whether the dialogue as a whole was.
    overall: Option<bool>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut outcome = Outcome::default();
        for (name, floor, goal) in [("sgd", 0.804, 0.86), ("mwoz", 0.634, 0.72)] {
            let file = bench.data.join(format!("uss/{}.txt", name.to_uppercase()));
            let most = if bench.quick { QUICK } else { usize::MAX };
            let dialogues = dialogues(&corpus::text(&file)?);
            let dialogues: Vec<Dialogue> =
                dialogues.into_iter().skip(LOOKED_AT).take(most).collect();
            let (turns, whole) = measured(bench, &dialogues).await?;
            let published = "trained in domain, not allowed here: .876 SGD, .742 MWOZ";
            outcome.figures.extend([
                Figure::higher(format!("{name}_auroc"), turns.auroc())
                    .floor(floor)
                    .published(published)
                    .goal(goal),
                Figure::lower(format!("{name}_false_alarms"), turns.false_alarms(0.5)),
            ]);
            // Of a few dialogues, none may be dissatisfied as a whole.
            if !bench.quick {
                let figure = Figure::higher(format!("{name}_dialogue_auroc"), whole.auroc());
                outcome.figures.push(figure);
            }
            let lines = [("turns", &turns), ("dialogues", &whole)];
            outcome
                .curves
                .push(Curve::roc(&format!("uss, {name}"), &lines));
        }
        outcome.notes.push(format!(
            "The first {LOOKED_AT} dialogues of each are left out: they were read when the signs of \
             discontent were written down."
        ));
        Ok(outcome)
    })
}

/// How well turns are told apart, and dialogues by their worst turn.
async fn measured(bench: &Bench, dialogues: &[Dialogue]) -> Result<(Ranked, Ranked), Error> {
    let detectors = bench
        .detectors(&["sentiment"], DetectConfig::default(), &Scope::default())
        .await?;
    let cases: Vec<Case> = dialogues
        .iter()
        .flat_map(|dialogue| dialogue.rated.iter().map(|(at, _)| dialogue.case(*at)))
        .collect();
    let findings = bench.examine(&detectors, cases).await?;
    let mut scores = findings.iter().map(|f| score(f, SignalKind::Sentiment));
    let (mut turns, mut whole) = (Vec::new(), Vec::new());
    for dialogue in dialogues {
        let mut worst: f32 = 0.0;
        for ((_, dissatisfied), score) in dialogue.rated.iter().zip(&mut scores) {
            turns.push((score, *dissatisfied));
            worst = worst.max(score);
        }
        whole.extend(dialogue.overall.map(|dissatisfied| (worst, dissatisfied)));
    }
    Ok((Ranked::new(turns), Ranked::new(whole)))
}

impl Dialogue {
    /// The dialogue up to turn `at`.
    fn case(&self, at: usize) -> Case {
        let turns: Vec<(Speaker, &str)> = self.turns[..=at]
            .iter()
            .skip((at + 1).saturating_sub(LATEST))
            .map(|(speaker, text)| (speaker.clone(), text.as_str()))
            .collect();
        conversation(&turns)
    }
}

/// Lines of role, text, action and ratings, parted by tabs; an empty line ends a dialogue.
fn dialogues(text: &str) -> Vec<Dialogue> {
    let mut dialogues = vec![Dialogue::default()];
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [role, text, .., ratings] = fields.as_slice() else {
            dialogues.push(Dialogue::default());
            continue;
        };
        let Some(dialogue) = dialogues.last_mut() else {
            continue;
        };
        let dissatisfied = median(ratings).map(|median| median < 3.0);
        match (*role, *text) {
            ("USER", "OVERALL") => dialogue.overall = dissatisfied,
            ("USER", text) => {
                let at = dialogue.turns.len();
                dialogue.rated.extend(dissatisfied.map(|is| (at, is)));
                dialogue.turns.push((Speaker::Customer, text.to_owned()));
            }
            (_, text) => dialogue.turns.push((Speaker::Assistant, text.to_owned())),
        }
    }
    dialogues.retain(|dialogue| !dialogue.turns.is_empty());
    dialogues
}

/// The median of ratings parted by commas.
fn median(ratings: &str) -> Option<f32> {
    let ratings: Result<Vec<f32>, _> = ratings.split(',').map(str::parse).collect();
    let mut ratings = ratings.ok()?;
    ratings.sort_by(f32::total_cmp);
    let middle = ratings.len() / 2;
    Some(match ratings.len() % 2 {
        1 => ratings[middle],
        _ => (ratings[middle - 1] + ratings[middle]) / 2.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialogues_are_read_with_their_ratings() {
        let text = "\nUSER\thi\tX\t3,3,4\nSYSTEM\thello\tY\t\nUSER\tno\tX\t2,2,3,3\nUSER\tOVERALL\t\t2,2,3\n\nUSER\tbye\tX\t3\n";
        let read = dialogues(text);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].turns.len(), 3);
        assert_eq!(read[0].rated, [(0, false), (2, true)]);
        assert_eq!(read[0].overall, Some(true));
        assert_eq!(read[0].case(2).turns.len(), 3);
    }
}
