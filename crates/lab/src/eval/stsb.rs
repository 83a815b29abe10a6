//! Whether similarity ranks as people do: the semantic textual similarity benchmark (Cer et al.
//! 2017), 1,379 pairs of sentences.

use futures::future::BoxFuture;

use super::Suite;
use super::bench::Bench;
use super::confidence::spearman;
use super::figure::{Figure, Outcome};
use crate::Error;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "stsb",
    about: "Similarity of the encoder's vectors beside what people say, 1,379 pairs.",
    needs: &["stsb"],
    run,
};

/// The columns, between tabs, of the score and the two sentences.
const COLUMNS: [usize; 3] = [4, 5, 6];

/// Every how manieth pair a quick run takes.
const QUICK_STRIDE: usize = 4;

fn run(bench: &Bench) -> BoxFuture<'_, Result<Outcome, Error>> {
    Box::pin(async move {
        let file = "stsb/sts-test.csv";
        let stride = if bench.quick { QUICK_STRIDE } else { 1 };
        let (mut said, mut left, mut right) = (Vec::new(), Vec::new(), Vec::new());
        for line in bench.text(file)?.lines().step_by(stride) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [score, a, b] = COLUMNS.map(|column| cells.get(column).copied());
            let (Some(score), Some(a), Some(b)) = (score.and_then(|s| s.parse().ok()), a, b) else {
                return Err(Error::Data {
                    file: bench.data.join(file).display().to_string(),
                    why: format!("no score and two sentences in {line:?}"),
                });
            };
            said.push(score);
            left.push(a.to_owned());
            right.push(b.to_owned());
        }
        let (left, right) = (bench.vectors(&left).await?, bench.vectors(&right).await?);
        let similarities = left.iter().zip(&right).map(|(a, b)| f64::from(a.cosine(b)));
        let pairs: Vec<(f64, f64)> = similarities.zip(said).collect();
        Ok(Outcome {
            figures: vec![
                Figure::higher("spearman", spearman(&pairs))
                    .floor(0.820)
                    .goal(0.820),
            ],
            ..Outcome::default()
        })
    })
}
