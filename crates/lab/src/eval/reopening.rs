//! Returns about the same thing told from returns about something else, by the meaning of what was
//! asked: what the similarity of `[outcomes]` rests on.
//!
//! No public set has customers who come back. So a return is two questions of one intent after two
//! others of the same intent, in other words; and what is none, two questions of another intent of
//! the same bot: a domain of CLINC150 or HWU64, or the shop of Bitext. As live, the greatest cosine
//! of anything asked now with anything asked then counts.

use std::collections::BTreeMap;

use fastrand::Rng;
use futures::future::BoxFuture;
use warmline_core::outcome::Reopening;

use super::Suite;
use super::bench::Bench;
use super::bitext;
use super::figure::{Figure, Outcome};
use super::interval::Estimate;
use super::ranked::Ranked;
use super::repeat_loop::{clinc150, hwu64};
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "reopening",
    about: "Returns about the same thing, by the meaning of what was asked then and now.",
    needs: &["clinc150", "hwu64", "bitext_sample"],
    run,
};

/// What chance begins with: the same returns in every run.
const SEED: u64 = 5;
/// Returns of each kind and set, in all and in a quick run.
const RETURNS: usize = 2_000;
const QUICK_RETURNS: usize = 200;
/// Questions then, and questions now.
const ASKED: usize = 2;
/// The share of returns about something else that may be taken for the same: they count against an
/// assistant that did nothing wrong.
const FALSE: f64 = 0.05;

/// Texts by intent, by bot.
type Bots = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let count = if bench.quick { QUICK_RETURNS } else { RETURNS };
        let shipped = Reopening::default().similarity;
        let mut outcome = Outcome::default();
        for (name, bots) in [
            ("clinc150", clinc150(bench)?.test),
            ("hwu64", hwu64(bench)?.test),
            ("bitext", shop(bench)?),
        ] {
            let returns = returns(&bots, count);
            let scored = scored(bench, &returns).await?;
            let least = Estimate::exact(least(&scored, FALSE), scored.len());
            let ranked = Ranked::new(scored);
            let named = |figure: &str| format!("{figure}_{name}");
            outcome.figures.extend([
                Figure::higher(named("auroc"), ranked.auroc()),
                Figure::higher(named("recall"), ranked.recall(shipped)),
                Figure::lower(named("false"), ranked.false_alarms(shipped)),
                Figure::lower(named("least_similarity"), least),
            ]);
        }
        outcome.notes.push(format!(
            "At the shipped similarity of {shipped}. `least_similarity`: from which {} % of the \
             returns about something else would count as the same. An intent in common, where the \
             scope has intents, counts before meaning does.",
            FALSE * 100.0
        ));
        Ok(outcome)
    })
}

/// The shop of Bitext: one bot.
fn shop(bench: &Bench) -> Result<Bots, Error> {
    let (learned, measured) = bitext::halves(bench, 1)?;
    let mut intents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (text, intent) in learned.into_iter().chain(measured) {
        intents.entry(intent).or_default().push(text);
    }
    Ok(BTreeMap::from([("shop".to_owned(), intents)]))
}

/// The similarity that only `share` of the returns about something else reach.
fn least(scored: &[(f32, bool)], share: f64) -> f64 {
    let others = scored.iter().filter(|(_, same)| !same);
    let mut others: Vec<f32> = others.map(|(cosine, _)| *cosine).collect();
    others.sort_by(|a, b| b.total_cmp(a));
    let place = (others.len() as f64 * share) as usize;
    others
        .get(place)
        .map_or(f64::NAN, |cosine| f64::from(*cosine))
}

/// What was asked then, what is asked now, and whether it is the same.
struct Return {
    then: Vec<String>,
    now: Vec<String>,
    same: bool,
}

/// As many returns about the same as about something else.
fn returns(bots: &Bots, count: usize) -> Vec<Return> {
    let mut chance = Rng::with_seed(SEED);
    let bots = bots.values().map(|intents| {
        let known = intents.values().filter(|texts| texts.len() >= 2 * ASKED);
        known.collect::<Vec<_>>()
    });
    let bots: Vec<Vec<&Vec<String>>> = bots.filter(|intents| intents.len() >= 2).collect();
    let mut returns = Vec::new();
    if bots.is_empty() {
        return returns;
    }
    let some = |texts: &[String], count: usize, chance: &mut Rng| -> Vec<String> {
        let chosen = chance.choose_multiple(texts.iter(), count);
        chosen.into_iter().cloned().collect()
    };
    for _ in 0..count {
        let intents = &bots[chance.usize(..bots.len())];
        let mut then = some(
            intents[chance.usize(..intents.len())],
            2 * ASKED,
            &mut chance,
        );
        let now = then.split_off(ASKED);
        returns.push(Return {
            then,
            now,
            same: true,
        });
        let two = chance.choose_multiple(0..intents.len(), 2);
        let [one, other] = [two[0], two[1]].map(|intent| some(intents[intent], ASKED, &mut chance));
        returns.push(Return {
            then: one,
            now: other,
            same: false,
        });
    }
    returns
}

/// The greatest cosine of each return, and whether it is about the same.
async fn scored(bench: &Bench, returns: &[Return]) -> Result<Vec<(f32, bool)>, Error> {
    let texts: Vec<String> = returns
        .iter()
        .flat_map(|one| one.then.iter().chain(&one.now).cloned())
        .collect();
    let vectors = bench.vectors(&texts).await?;
    let scored = returns.iter().zip(vectors.chunks(2 * ASKED));
    let scored = scored.map(|(one, vectors)| {
        let (then, now) = vectors.split_at(ASKED.min(vectors.len()));
        let cosines = now
            .iter()
            .flat_map(|now| then.iter().map(|then| now.cosine(then)));
        (cosines.fold(-1.0, f32::max), one.same)
    });
    Ok(scored.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_about_one_intent_and_what_is_none_about_two() {
        let intent = |name: &str| {
            let texts = (0..6).map(|n| format!("{name}{n}")).collect();
            (name.to_owned(), texts)
        };
        let bots = BTreeMap::from([("shop".to_owned(), BTreeMap::from(["a", "b"].map(intent)))]);
        let returns = returns(&bots, 20);
        assert_eq!(returns.len(), 40);
        for one in returns {
            let first = |texts: &[String]| texts[0][..1].to_owned();
            assert_eq!(first(&one.then) == first(&one.now), one.same);
            assert!(one.then.iter().all(|text| !one.now.contains(text)));
        }
    }
}
