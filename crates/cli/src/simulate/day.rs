//! `warmline simulate day` and `staffing`: customers and operators on virtual time.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use warmline_lab::audit::Rules;
use warmline_lab::day::{self, Account, DayOptions, Persona, Target, erlang};

use crate::Verdict;
use crate::chosen::{self, ConfigOption};

/// Who comes and who works.
#[derive(Debug, Args)]
struct Traffic {
    #[command(flatten)]
    config: ConfigOption,
    /// How many conversations begin
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    conversations: u64,
    /// Over which time, evenly by chance
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    over: Duration,
    /// How many conversations an operator has at once
    #[arg(long, value_name = "N", default_value_t = 3)]
    capacity: u32,
    /// How long an operator needs for one, on average
    #[arg(long, value_name = "TIME", default_value = "6m", value_parser = humantime::parse_duration)]
    handle: Duration,
    /// The share of them that operators hand back
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    handback: f64,
    /// The share of the time in which an operator is away without a word
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    absence: f64,
    /// How long customers wait before they give up, on average; 0 for ever
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    patience: Duration,
    /// The share of questions that the assistant can answer
    #[arg(long, value_name = "SHARE", default_value_t = 0.7)]
    known: f64,
    /// Kinds of customers and their shares, such as `patient=5,hostile=1` [default: a guess]
    #[arg(long, value_name = "MIX", value_delimiter = ',', value_parser = share)]
    mix: Vec<(Persona, f64)>,
    /// What an operator costs in an hour
    #[arg(long, value_name = "COST", default_value_t = 30.0)]
    operator_hour: f64,
    /// What a draft of the assistant costs
    #[arg(long, value_name = "COST", default_value_t = 0.01)]
    draft_cost: f64,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Compare spelling instead of meaning: no sentence model is needed
    #[arg(long)]
    without_model: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Play a day of made-up customers and operators on virtual time
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    warmline simulate day --config returns --conversations 20000 --operators 14\n\n\
    Kinds of customers: patient, terse, polite_rage, looping, pivoting, silent, hostile,\n\
    wants_human. Detectors, gates and the core decide as they do live; nothing is sent anywhere.")]
pub(crate) struct Day {
    /// How many operators work
    #[arg(long, value_name = "N", default_value_t = 10)]
    operators: usize,
    #[command(flatten)]
    traffic: Traffic,
}

/// Say how many operators a mean wait takes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    warmline simulate staffing --wait 2m --config returns --conversations 5000\n\n\
    Beside it stands the answer of Erlang C, which holds where each operator has one conversation\n\
    at a time, nobody gives up and nobody is away: `--capacity 1 --patience 0s`.")]
pub(crate) struct Staffing {
    /// The mean wait of those who need a human, also of those who give up
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = humantime::parse_duration)]
    wait: Duration,
    /// The share of them that may be lost: they give up, or nobody claims them in time
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    lost: f64,
    /// Most operators that are tried
    #[arg(long, value_name = "N", default_value_t = 200)]
    most: usize,
    #[command(flatten)]
    traffic: Traffic,
}

impl Day {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let options = self.traffic.options(self.operators);
        let (rules, questions) = self.traffic.rules().await?;
        let bar = ProgressBar::new(options.conversations);
        bar.set_style(ProgressStyle::with_template(
            "{bar:30} {human_pos}/{human_len} conversations, {eta}",
        )?);
        let account = day::play(&rules, &questions, &options, |begun| {
            bar.set_position(begun);
        })
        .await?;
        bar.finish_and_clear();
        print(&account, self.traffic.json)?;
        Ok(Verdict::of(false))
    }
}

impl Staffing {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let options = self.traffic.options(1);
        let (rules, questions) = self.traffic.rules().await?;
        let target = Target {
            wait: self.wait,
            lost: self.lost,
        };
        let tried = day::staffing(&rules, &questions, &options, &target, self.most).await?;
        let wait = self.wait.as_secs_f64();
        let enough = tried.iter().find(|account| target.is_met(account));
        let load = tried.last().map_or(0.0, |account| account.load);
        let formula = erlang::operators(load, wait / options.handle.as_secs_f64());
        let mut out = std::io::stdout().lock();
        if self.traffic.json {
            let answer = serde_json::json!({
                "operators": enough.map(|account| account.operators),
                "erlang_c": formula,
                "tried": tried,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
            return Ok(Verdict::of(enough.is_none()));
        }
        writeln!(
            out,
            "operators   mean wait   claimed, 95 % under   lost      room used"
        )?;
        for one in &tried {
            writeln!(
                out,
                "{:>9}   {:>7.1} s   {:>17.1} s   {:>5.1} %   {:>7.1} %",
                one.operators,
                one.mean_wait(),
                one.wait.p95,
                100.0 * one.lost_share(),
                100.0 * one.occupancy
            )?;
        }
        match enough {
            Some(account) => writeln!(out, "\n{} operators are enough", account.operators)?,
            None => writeln!(out, "\n{} operators are not enough", self.most)?,
        }
        writeln!(
            out,
            "Erlang C says {formula}, for one conversation at a time"
        )?;
        Ok(Verdict::of(enough.is_none()))
    }
}

impl Traffic {
    fn options(&self, operators: usize) -> DayOptions {
        let usual = DayOptions::default();
        DayOptions {
            conversations: self.conversations,
            over: self.over,
            operators,
            capacity: self.capacity,
            handle: self.handle,
            handback: self.handback,
            absence: self.absence,
            patience: (!self.patience.is_zero()).then_some(self.patience),
            known: self.known,
            mix: match self.mix.is_empty() {
                true => usual.mix.clone(),
                false => self.mix.clone(),
            },
            operator_hour: self.operator_hour,
            draft_cost: self.draft_cost,
            seed: self.seed,
            ..usual
        }
    }

    /// What decides, and what customers ask: the examples of the configuration's scope.
    async fn rules(&self) -> anyhow::Result<(Rules, Vec<Vec<String>>)> {
        let config = chosen::config(self.config.config.as_deref())?;
        let encoder = chosen::encoder(!self.without_model)?;
        let rules = Rules::new(config.workflow, &config.detect, &config.scope, encoder).await?;
        let intents = config.scope.intents.iter();
        let questions = intents
            .filter(|intent| intent.name != "human_request" && !intent.examples.is_empty())
            .map(|intent| intent.examples.clone());
        Ok((rules, questions.collect()))
    }
}

fn print(account: &Account, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(account)?)?,
        false => write!(out, "{account}")?,
    }
    Ok(())
}

/// `PERSONA=SHARE`.
fn share(text: &str) -> Result<(Persona, f64), String> {
    let wrong = || format!("write `patient=2`, not `{text}`");
    let (name, share) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.parse()?, share.parse().map_err(|_| wrong())?))
}
