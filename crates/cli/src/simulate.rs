//! `warmline simulate`: customers and operators against a running server, or on virtual time.

mod day;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use warmline_lab::simulate::Progress;
use warmline_lab::{Options, Simulation};

use crate::Verdict;

/// What is played on virtual time.
#[derive(Debug, Subcommand)]
enum OnVirtualTime {
    Day(day::Day),
    Staffing(day::Staffing),
}

/// Drive customers and operators through a running server, or through a day on virtual time
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:\n  \
    warmline simulate --dialogues runs.json --rate 100 --url http://127.0.0.1:7717\n  \
    warmline simulate day --config returns --operators 14\n  \
    warmline simulate staffing --wait 2m\n\n\
    Dialogues are JSON lines ({\"id\": \"1\", \"turns\": [\"Hello\"]}), lists of runs with `traj` \
    or `messages`,\nSTAR dialogues, folders of these, or a .tar.gz of them.\n\
    Exit code 1 if a turn was lost or doubled, or two parties answered.")]
pub(crate) struct Simulate {
    #[command(subcommand)]
    on_virtual_time: Option<OnVirtualTime>,
    /// Files, folders or archives with dialogues
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    dialogues: Vec<PathBuf>,
    /// Where the server is
    #[arg(long, default_value = "http://127.0.0.1:7717")]
    url: String,
    /// The server's machine token
    #[arg(long, env = "WARMLINE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Customers' turns per second in all; 0 for as many as the server takes
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// How many conversations; the dialogues begin again where there are fewer [default: each
    /// dialogue once]
    #[arg(long, value_name = "N")]
    conversations: Option<u64>,
    /// How many customers write at the same time
    #[arg(long, value_name = "N", default_value_t = 64)]
    concurrency: usize,
    /// How many operators work
    #[arg(long, value_name = "N", default_value_t = 8)]
    operators: usize,
    /// How long people think at most before they write
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = humantime::parse_duration)]
    thinking: Duration,
    /// After how long everybody goes home
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    time: Duration,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        match self.on_virtual_time {
            Some(OnVirtualTime::Day(day)) => return day.run().await,
            Some(OnVirtualTime::Staffing(staffing)) => return staffing.run().await,
            None => {}
        }
        let options = Options {
            token: self.token,
            rate: self.rate,
            conversations: self.conversations,
            concurrency: self.concurrency,
            operators: self.operators,
            thinking: self.thinking,
            time: self.time,
            seed: self.seed,
            ..Options::new(self.url)
        };
        let bar = progress_bar(self.conversations)?;
        let mut simulation = Simulation::start(options, self.dialogues).await?;
        while !simulation.wait(Duration::from_millis(200)).await? {
            show(&bar, simulation.progress());
        }
        show(&bar, simulation.progress());
        bar.set_message("operators finish, every conversation is read back");
        let report = simulation.finish().await?;
        bar.finish_and_clear();
        let mut out = std::io::stdout().lock();
        match self.json {
            true => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
            false => write!(out, "{report}")?,
        }
        Ok(Verdict::of(!report.is_sound()))
    }
}

fn progress_bar(conversations: Option<u64>) -> anyhow::Result<ProgressBar> {
    let (bar, template) = match conversations {
        Some(most) => (
            ProgressBar::new(most),
            "{bar:30} {human_pos}/{human_len} conversations, {msg} {eta}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {human_pos} conversations, {msg}",
        ),
    };
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_position(progress.spoken);
    let Progress {
        turns,
        handoffs,
        claims,
        ..
    } = progress;
    bar.set_message(format!(
        "{turns} turns, {handoffs} handoffs, {claims} claimed"
    ));
}
