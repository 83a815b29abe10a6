//! Out of domain for a bot of one domain: banking and credit cards of CLINC150, with questions
//! from the same domain that it has no intent for (near) and from anywhere (far).

use futures::future::BoxFuture;
use warmline_core::signal::SignalKind;
use warmline_detect::{DetectConfig, Scope};

use super::Suite;
use super::bench::{Bench, said, scope_of, score};
use super::curve::Curve;
use super::figure::{Figure, Outcome};
use super::ranked::Ranked;
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "clinc_single_domain_oos",
    about: "Out of domain, bots of one domain, ten intents each; near and far questions.",
    needs: &[FOLDER],
    run,
};

const FOLDER: &str = "clinc_single_domain_oos";
const DOMAINS: [&str; 2] = ["banking", "credit_cards"];

/// Scores of the two domains' test turns, near and far ones apart.
#[derive(Default)]
struct Scores {
    near: Vec<(f32, bool)>,
    far: Vec<(f32, bool)>,
}

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut outcome = Outcome::default();
        let mut curves: Vec<(&str, Ranked)> = Vec::new();
        for with_known in [false, true] {
            let mut near = Vec::new();
            let mut far = Vec::new();
            for domain in DOMAINS {
                let scores = scores(bench, domain, with_known).await?;
                let suffix = if with_known { "_known" } else { "" };
                let ranked = Ranked::new(scores.near.iter().copied());
                let figure = Figure::higher(format!("near_auroc_{domain}{suffix}"), ranked.auroc());
                outcome
                    .figures
                    .push(figure.goal(if with_known { 0.96 } else { 0.92 }));
                near.extend(scores.near);
                far.extend(scores.far);
            }
            let (near, far) = (Ranked::new(near), Ranked::new(far));
            let suffix = if with_known { "_known" } else { "" };
            outcome.figures.extend([
                Figure::higher(format!("far_auroc{suffix}"), far.auroc()).goal(0.99),
                Figure::higher(format!("near_recall{suffix}"), near.recall(0.5)),
                Figure::lower(format!("false_alarms{suffix}"), near.false_alarms(0.5)),
            ]);
            curves.push((if with_known { "near, known" } else { "near" }, near));
        }
        let lines: Vec<(&str, &Ranked)> = curves.iter().map(|(n, ranked)| (*n, ranked)).collect();
        outcome.curves.push(Curve::roc(FOLDER, &lines));
        outcome.curves.push(Curve::precision_recall(FOLDER, &lines));
        outcome.notes.push(
            "`_known`: the configuration holds the validation split's examples out of scope. \
             They are of other intents than those in scope, and of the same as in the test."
                .to_owned(),
        );
        Ok(outcome)
    })
}

async fn scores(bench: &Bench, domain: &str, with_known: bool) -> Result<Scores, Error> {
    let texts = |part: &str| bench.lines(&format!("{FOLDER}/{domain}/{part}/seq.in"));
    let labels = bench.lines(&format!("{FOLDER}/{domain}/train/label"))?;
    let train: Vec<(String, String)> = texts("train")?.into_iter().zip(labels).collect();
    let known = match with_known {
        true => [texts("id-oos/valid")?, texts("ood-oos/valid")?].concat(),
        false => Vec::new(),
    };
    let scope: Scope = scope_of(&train, usize::MAX, known);
    let detectors = bench
        .detectors(&["domain"], DetectConfig::default(), &scope)
        .await?;
    let mut parts = Vec::new();
    for part in ["test", "id-oos/test", "ood-oos/test"] {
        let cases = texts(part)?.iter().map(|text| said(text)).collect();
        let findings = bench.examine(&detectors, cases).await?;
        let positive = part != "test";
        let scored = findings
            .iter()
            .map(|found| (score(found, SignalKind::OutOfDomain), positive));
        parts.push(scored.collect::<Vec<(f32, bool)>>());
    }
    Ok(Scores {
        near: [parts[0].as_slice(), &parts[1]].concat(),
        far: [parts[0].as_slice(), &parts[2]].concat(),
    })
}
