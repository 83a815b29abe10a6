//! Figures of the detectors on public data, each measured through the same interface that the
//! runtime uses.
//!
//! | module | holds |
//! |---|---|
//! | [`mod@bench`] | what a suite works with: the data folder, the encoder, detectors, conversations |
//! | [`figure`] | a figure with its interval, its floor, published values and goal |
//! | [`ranked`], [`confidence`], [`interval`] | the metrics, and the bootstrap under them |
//! | [`curve`] | what is drawn: ROC, precision-recall, reliability, learning curves |
//! | [`card`] | the cards of another summarizer can be measured |
//! | [`report`], [`page`] | all figures as a table, as JSON, and as one HTML page |
//! | [`baseline`] | figures that may not get worse |
//!
//! A suite is a module of its own with a constant [`Suite`] and a line in [`SUITES`]. It reads its
//! data with [`Bench`], asks detectors about conversations, and answers [`Outcome`]. The data is
//! not part of the repository; a suite names the folder that it needs.

pub mod baseline;
mod begin;
pub mod bench;
mod bitext;
pub mod card;
mod clinc150;
mod clinc_single_domain_oos;
mod combination;
pub mod confidence;
mod convabuse;
pub mod curve;
mod endings;
mod evasions;
pub mod figure;
mod grounded;
mod held_back;
pub mod interval;
mod mood;
pub mod page;
mod ragtruth;
pub mod ranked;
mod reopening;
mod repeat_loop;
pub mod report;
mod star;
mod stsb;
mod tau_risk;
mod uss;

use std::time::Instant;

use futures::future::BoxFuture;

pub use baseline::Baseline;
pub use bench::{Bench, Subject};
pub use figure::{Figure, Outcome};
pub use report::{Measured, Report};

use crate::Error;

/// Every suite, in the order in which they run.
pub const SUITES: &[Suite] = &[
    clinc150::SUITE,
    clinc_single_domain_oos::SUITE,
    repeat_loop::SUITE,
    reopening::SUITE,
    stsb::SUITE,
    convabuse::SUITE,
    uss::SUITE,
    mood::SUITE,
    evasions::SUITE,
    bitext::SUITE,
    ragtruth::SUITE,
    begin::SUITE,
    tau_risk::SUITE,
    star::SUITE,
    card::SUITE,
];

/// The suites that ask a language model, which are run only when they are named.
pub const ASKING: &[Suite] = &[held_back::SUITE];

/// Something that is measured: one set of data, and the questions asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    /// The folders of the data that it reads.
    pub needs: &'static [&'static str],
    /// Measures. A quick run ([`Bench::quick`]) takes a slice of the data and some ten seconds.
    pub run: for<'a> fn(&'a Bench) -> BoxFuture<'a, Result<Outcome, Error>>,
}

impl Suite {
    /// The suites called `names`, in their own order; all of [`SUITES`] for no names.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] for a name that is none, with those that are.
    pub fn chosen(names: &[String]) -> Result<Vec<Suite>, Error> {
        let all = || SUITES.iter().chain(ASKING);
        let is_known = |name: &&String| all().any(|suite| suite.name == name.as_str());
        if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
            let known: Vec<&str> = all().map(|suite| suite.name).collect();
            return Err(Error::Option(format!(
                "there is no suite `{unknown}`; the suites are {}",
                known.join(", ")
            )));
        }
        if names.is_empty() {
            return Ok(SUITES.to_vec());
        }
        let wanted = |suite: &&Suite| names.iter().any(|name| name == suite.name);
        Ok(all().filter(wanted).copied().collect())
    }

    /// Measures, and takes the time.
    ///
    /// # Errors
    ///
    /// What kept it from measuring: data that is missing or another, a detector that failed.
    pub async fn measure(&self, bench: &Bench) -> Result<Measured, Error> {
        let began = Instant::now();
        let outcome = (self.run)(bench).await?;
        Ok(Measured {
            name: self.name,
            about: self.about,
            figures: outcome.figures,
            curves: outcome.curves,
            notes: outcome.notes,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_chosen_by_name_in_their_own_order() {
        assert_eq!(Suite::chosen(&[]).unwrap().len(), SUITES.len());
        let chosen = Suite::chosen(&["clinc150".to_owned()]).unwrap();
        assert_eq!(chosen[0].name, "clinc150");
        let error = Suite::chosen(&["clinc".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("the suites are clinc150"));
    }
}
