//! `warmline eval`: the detectors' figures on public data, beside what is published.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use warmline::detect::SharedEncoder;
use warmline::detect::encoder::Limits;
use warmline_lab::eval::{ASKING, Baseline, Bench, Report, SUITES, Subject, Suite};

use crate::{Verdict, host};

/// One vector for each text of all suites: what was encoded once is not encoded again.
const REMEMBERED: usize = 150_000;

/// Measure the detectors on public data
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  warmline eval clinc150 --data ./evaluation-data\n\n\
    The data is not part of Warmline; docs/benchmarks.md says where each set comes from.\n\
    Exit code 1 if a figure is worse than the baseline."
)]
pub(crate) struct Eval {
    /// Which suites [default: all]
    #[arg(value_name = "SUITE")]
    suites: Vec<String>,
    /// The folder with the data, a folder for each set
    #[arg(
        long,
        value_name = "DIR",
        env = "WARMLINE_EVAL_DATA",
        required_unless_present = "list"
    )]
    data: Option<PathBuf>,
    /// Measure a slice of the data, in some ten seconds a suite
    #[arg(long)]
    quick: bool,
    /// Where `eval.json` and `eval.html` are written
    #[arg(long, value_name = "DIR", default_value = "eval")]
    out: PathBuf,
    /// Compare with this file [default: the baseline of this version]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Take the figures over into the file of --baseline, in place of comparing
    #[arg(long, requires = "baseline")]
    accept: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Ask the model of `confidence` so many questions at once
    #[arg(long, value_name = "N", default_value = "4")]
    at_once: NonZeroUsize,
    /// List the suites
    #[arg(long)]
    list: bool,
}

impl Eval {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let suites = Suite::chosen(&self.suites)?;
        let Some(data) = self.data.as_deref().filter(|_| !self.list) else {
            return list();
        };
        check(data, &suites)?;
        let baseline = match &self.baseline {
            Some(file) if !self.accept || file.exists() => {
                let text = std::fs::read_to_string(file);
                Baseline::parse(&text.with_context(|| format!("cannot read {}", file.display()))?)?
            }
            Some(_) => Baseline::default(),
            None => Baseline::committed()?,
        };
        let report = self.measured(data, &suites).await?;
        self.write(&report)?;
        if let Some(file) = self.baseline.as_deref().filter(|_| self.accept) {
            let mut baseline = baseline;
            baseline.update(&report);
            std::fs::write(file, baseline.toml()?)
                .with_context(|| format!("cannot write {}", file.display()))?;
            return Ok(Verdict::Fine);
        }
        let worse = baseline.worse(&report);
        for worse in &worse {
            writeln!(std::io::stderr(), "worse: {worse}")?;
        }
        Ok(Verdict::of(!worse.is_empty()))
    }

    async fn measured(&self, data: &Path, suites: &[Suite]) -> anyhow::Result<Report> {
        let files = crate::model::fetch()?;
        let limits = Limits {
            queue: REMEMBERED,
            remembered: REMEMBERED,
            ..Limits::default()
        };
        let bench = Bench {
            data: data.to_owned(),
            encoder: Arc::new(SharedEncoder::load(&files, limits)?),
            quick: self.quick,
            subject: self.subject(),
        };
        let bar = ProgressBar::new_spinner()
            .with_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}")?);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        let mut report = Report {
            version: env!("CARGO_PKG_VERSION"),
            encoder: format!("all-MiniLM-L6-v2, sha256 {}", files.weights_sha256()),
            quick: self.quick,
            suites: Vec::new(),
        };
        for suite in suites {
            bar.set_message(suite.name);
            let measured = suite.measure(&bench).await;
            report
                .suites
                .push(measured.with_context(|| format!("cannot measure {}", suite.name))?);
        }
        bar.finish_and_clear();
        Ok(report)
    }

    /// The model that the environment names, for suites that ask one.
    fn subject(&self) -> Option<Subject> {
        let endpoint = host::endpoint_of_environment()?;
        Some(Subject {
            base_url: endpoint.base_url,
            model: endpoint.model?,
            key_env: endpoint.key_env,
            at_once: self.at_once.get(),
        })
    }

    fn write(&self, report: &Report) -> anyhow::Result<()> {
        let json = report.json()?;
        let write = |name: &str, text: &str| {
            let file = self.out.join(name);
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
        };
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot create {}", self.out.display()))?;
        write("eval.json", &json)?;
        write("eval.html", &report.html())?;
        let mut out = std::io::stdout().lock();
        match self.json {
            true => writeln!(out, "{json}")?,
            false => write!(out, "{report}")?,
        }
        Ok(())
    }
}

fn list() -> anyhow::Result<Verdict> {
    let mut out = std::io::stdout().lock();
    for suite in SUITES.iter().chain(ASKING) {
        writeln!(out, "{:24} {}", suite.name, suite.about)?;
    }
    Ok(Verdict::Fine)
}

/// Every folder that is missing, before anything is measured.
fn check(data: &Path, suites: &[Suite]) -> anyhow::Result<()> {
    let needed = suites.iter().flat_map(|suite| suite.needs);
    let missing: Vec<String> = needed
        .map(|folder| data.join(folder))
        .filter(|folder| !folder.is_dir())
        .map(|folder| folder.display().to_string())
        .collect();
    anyhow::ensure!(
        missing.is_empty(),
        "there is no folder {}; name the suites whose data is there",
        missing.join(", ")
    );
    Ok(())
}
