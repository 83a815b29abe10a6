//! Holding examples out, so that what is learned from the rest can be tried on them.

use ndarray::{ArrayView2, Axis};

use crate::cores::on_all_cores;
use crate::discriminant::Moments;
use crate::likeness::Likeness;

use super::strangeness::Strangeness;
use super::{Classes, Understanding};

/// In how many parts the examples of each intent, and the intents, are held out in turn.
const FOLDS: usize = 4;

/// Most examples that are tried inside, as if outside, and known to be outside; where there are
/// more they are sampled evenly.
const MAX_INSIDE: usize = 400;
const MAX_OUTSIDE: usize = 200;

/// Examples from which one part held out says enough; with fewer, each part is held out in turn.
const MANY: usize = 2_000;

/// Whether an example, by its number, was not held out.
pub(super) type Kept<'a> = &'a dyn Fn(usize) -> bool;

/// What became of a held-out example.
pub(super) struct HeldOut {
    /// Its number.
    pub(super) example: usize,
    /// Whether the rest has examples of its intent.
    pub(super) is_inside: bool,
    pub(super) intent: Option<usize>,
    pub(super) strangeness: Strangeness,
    /// How well each intent fits.
    pub(super) fits: Vec<f32>,
}

/// Where an example belongs: its number among those of its intent, and its intent, by fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    rank: usize,
    /// None for an example known to be outside.
    intent: Option<usize>,
}

/// Learns from all `points`, a row for each example; and from all but a fold, which it tries on the
/// fold.
pub(super) fn learned(
    understanding: &Understanding,
    points: ArrayView2<'_, f32>,
) -> (Classes, Vec<HeldOut>) {
    let examples = &understanding.examples;
    let classes = examples.intents.len();
    let places = places(understanding);
    let folds = if places.len() < MANY { FOLDS } else { 1 };
    let rows_of = |belongs: &dyn Fn(Place) -> bool| -> (Vec<usize>, Vec<usize>) {
        let labelled = examples.all.iter().zip(&places).enumerate();
        let inside = labelled.filter(|(_, (_, place))| belongs(**place));
        inside
            .filter_map(|(i, (e, _))| Some((i, e.intent?)))
            .unzip()
    };
    let moments = |belongs: &dyn Fn(Place) -> bool| {
        let (rows, of) = rows_of(belongs);
        Moments::of(points.select(Axis(0), &rows).view(), &of, classes)
    };
    // A fold and what it leaves make up the whole, so nothing is summed twice.
    let parts: Vec<(usize, bool)> = (0..folds).flat_map(|f| [(f, false), (f, true)]).collect();
    let sums = on_all_cores(&parts, |(fold, without)| {
        moments(&|place| place.is_in(*fold) != *without)
    });
    let without = |fold: usize| &sums[2 * fold + 1];
    let mut all = sums[0].clone();
    all.join(without(0));
    let tried = tried(&places, folds);
    let steps: Vec<Option<usize>> = [None].into_iter().chain((0..folds).map(Some)).collect();
    let mut learned = on_all_cores(&steps, |fold| {
        let Some(fold) = *fold else {
            let (rows, of) = rows_of(&|_| true);
            let points = points.select(Axis(0), &rows);
            return (Some(Classes::learned(&all, points.view(), &of)), Vec::new());
        };
        let (rows, of) = rows_of(&|place| !place.is_in(fold));
        if rows.is_empty() {
            return (None, Vec::new());
        }
        let rest = points.select(Axis(0), &rows);
        let fitted = Classes::learned(without(fold), rest.view(), &of);
        let kept = |i: usize| !places[i].is_in(fold);
        let tried: Vec<usize> = tried.iter().filter(|t| t.1 == fold).map(|t| t.0).collect();
        let alike = Likeness::of(&examples.all, kept).rows(&examples.all);
        let similarities = alike.select(Axis(0), &tried).dot(&alike.t());
        let held_out = tried
            .iter()
            .zip(similarities.rows())
            .map(|(i, similarities)| {
                let similarities = similarities.to_vec();
                let nearness = understanding.nearness(&similarities, &kept);
                let position = fitted.position(&points.row(*i).to_vec(), &nearness);
                let intent = examples.all[*i].intent;
                HeldOut {
                    example: *i,
                    is_inside: intent.is_some_and(|intent| position.fits[intent].is_finite()),
                    intent,
                    strangeness: understanding.strangeness(&position, &similarities, &kept),
                    fits: position.fits,
                }
            });
        (None, held_out.collect())
    });
    let held_out = learned
        .iter_mut()
        .flat_map(|(_, held_out)| std::mem::take(held_out));
    let held_out = held_out.collect();
    let whole = learned.into_iter().find_map(|(whole, _)| whole);
    (whole.unwrap_or_else(Classes::none), held_out)
}

impl Place {
    /// Whether it is left out with the fold: by its rank, or with its whole intent.
    fn is_in(self, fold: usize) -> bool {
        self.rank == fold || self.intent == Some(fold)
    }
}

fn places(understanding: &Understanding) -> Vec<Place> {
    let examples = &understanding.examples;
    let mut counts = vec![0; examples.intents.len() + 1];
    let places = examples.all.iter().map(|example| {
        let count = &mut counts[example.intent.unwrap_or(examples.intents.len())];
        *count += 1;
        Place {
            rank: (*count - 1) % FOLDS,
            intent: example.intent.map(|intent| intent % FOLDS),
        }
    });
    places.collect()
}

/// Which examples are tried, each with the fold that it is tried in: with the rest of its intent,
/// without its intent, and as one that is known to be outside.
fn tried(places: &[Place], folds: usize) -> Vec<(usize, usize)> {
    let fold_of = |way: usize, place: &Place| match (way, place.intent) {
        (0, Some(intent)) => (intent != place.rank).then_some(place.rank),
        (1, Some(intent)) => Some(intent),
        (2, None) => Some(place.rank),
        _ => None,
    };
    let mut tried = Vec::new();
    for (way, most) in [MAX_INSIDE, MAX_OUTSIDE, MAX_OUTSIDE]
        .into_iter()
        .enumerate()
    {
        let all: Vec<(usize, usize)> = places
            .iter()
            .enumerate()
            .filter_map(|(i, place)| Some((i, fold_of(way, place)?)))
            .filter(|(_, fold)| *fold < folds)
            .collect();
        let most = most.min(all.len());
        tried.extend((0..most).map(|n| all[n * all.len() / most]));
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_example_is_tried_inside_where_its_intent_is_left_out() {
        let place = |rank, intent| Place { rank, intent };
        let places = [
            place(0, Some(0)),
            place(1, Some(0)),
            place(0, Some(1)),
            place(2, None),
        ];
        assert_eq!(
            tried(&places, FOLDS),
            [(1, 1), (2, 0), (0, 0), (1, 0), (2, 1), (3, 2)]
        );
    }
}
