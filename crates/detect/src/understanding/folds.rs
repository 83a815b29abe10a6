//! Holding examples out, so that what is learned from the rest can be tried on them.

use crate::discriminant::{Discriminant, Moments};
use crate::encoder::Vector;

use super::{Strangeness, Understanding, fits};

/// In how many parts the examples of each intent, and the intents, are held out in turn.
const FOLDS: usize = 4;

/// Most examples that are tried inside, as if outside, and known to be outside; where there are
/// more they are sampled evenly.
const MAX_INSIDE: usize = 400;
const MAX_OUTSIDE: usize = 200;

/// Examples whose neighbours are looked for at once.
const AT_ONCE: usize = 16;

/// Whether an example, by its number, was not held out.
pub(super) type Kept<'a> = &'a dyn Fn(usize) -> bool;

/// What became of a held-out example.
pub(super) struct HeldOut {
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

/// Learns from all `points`, which are those of the examples; and from all but each fold, which it
/// tries on the fold.
pub(super) fn learned(
    understanding: &Understanding,
    points: &[Vec<f32>],
) -> (Discriminant, Vec<HeldOut>) {
    let examples = &understanding.examples;
    let dims = points.first().map_or(0, Vec::len);
    let classes = examples.intents.len();
    let places = places(understanding);
    let cells: Vec<(usize, usize)> = (0..FOLDS)
        .flat_map(|rank| (0..FOLDS).map(move |intent| (rank, intent)))
        .collect();
    let sums = on_all_cores(&cells, |(rank, intent)| {
        let here = Place {
            rank: *rank,
            intent: Some(*intent),
        };
        let members = examples.all.iter().zip(&places).zip(points);
        let members: Vec<(usize, &[f32])> = members
            .filter(|((_, place), _)| **place == here)
            .filter_map(|((example, _), point)| Some((example.intent?, point.as_slice())))
            .collect();
        (!members.is_empty()).then(|| Moments::of(&members, dims, classes))
    });
    let without = |fold: Option<usize>| {
        let mut moments = Moments::none(dims, classes);
        for ((rank, intent), sums) in cells.iter().zip(&sums) {
            if fold != Some(*rank) && fold != Some(*intent) {
                sums.iter().for_each(|sums| moments.join(sums));
            }
        }
        Discriminant::learned(&moments)
    };
    let tried = tried(&places);
    let folds: Vec<Option<usize>> = (0..FOLDS).map(Some).chain([None]).collect();
    let mut learned = on_all_cores(&folds, |fold| {
        let discriminant = without(*fold);
        let Some(fold) = *fold else {
            return (Some(discriminant), Vec::new());
        };
        let kept = |i: usize| places[i].rank != fold && places[i].intent != Some(fold);
        let has_rest = (0..places.len()).any(|i| places[i].intent.is_some() && kept(i));
        let tried = tried.iter().filter(|(_, of)| *of == fold && has_rest);
        let tried: Vec<usize> = tried.map(|(i, _)| *i).collect();
        let held_out = tried.chunks(AT_ONCE).flat_map(|tried| {
            let vectors: Vec<&Vector> = tried.iter().map(|i| &examples.all[*i].vector).collect();
            let similarities = examples.similarities_of(&vectors);
            tried.iter().copied().zip(similarities)
        });
        let held_out = held_out.map(|(i, similarities)| {
            let position = discriminant.position(&points[i]);
            let nearness = understanding.nearness(&similarities, &kept);
            let intent = examples.all[i].intent;
            HeldOut {
                is_inside: intent.is_some_and(|intent| position.logits[intent].is_finite()),
                intent,
                strangeness: understanding.strangeness(&position, &similarities, &kept),
                fits: fits(&position, &nearness),
            }
        });
        (None, held_out.collect())
    });
    let whole = learned.pop().and_then(|(discriminant, _)| discriminant);
    let held_out = learned.into_iter().flat_map(|(_, held_out)| held_out);
    let whole = whole.unwrap_or_else(|| without(None));
    (whole, held_out.collect())
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
fn tried(places: &[Place]) -> Vec<(usize, usize)> {
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
            .collect();
        let most = most.min(all.len());
        tried.extend((0..most).map(|n| all[n * all.len() / most]));
    }
    tried
}

/// What `work` makes of each of `items`, in order, on as many threads as there are cores.
fn on_all_cores<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items
            .chunks(share)
            .map(|items| scope.spawn(move || items.iter().map(work).collect::<Vec<O>>()))
            .collect();
        let done = threads.into_iter().flat_map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        done.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_has_its_share_and_the_order_stays() {
        let items: Vec<usize> = (0..10).collect();
        assert_eq!(on_all_cores(&items, |i| i * 2)[9], 18);
        assert!(on_all_cores(&[] as &[usize], |i| *i).is_empty());
    }

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
            tried(&places),
            [(1, 1), (2, 0), (0, 0), (1, 0), (2, 1), (3, 2)]
        );
    }
}
