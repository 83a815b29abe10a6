//! The command line: `warmline demo | serve | audit | calibrate | check | graph | inspect | replay |
//! simulate | eval | train | model fetch`.
//!
//! A module per command, each with its arguments beside what it does. `host` is what `demo` and
//! `serve` share, `policing` brings the lab to the server, `store` opens journals for reading,
//! `chosen` is the configuration of a command that reads, `promoted` says what stands over a file,
//! `presets` carries `config/` in the binary.
//!
//! Deliberately absent: rules of any kind. Exit codes: 0 for success, 1 for findings, 2 for misuse
//! and for whatever kept a command from doing its work.

mod another;
mod audit;
mod calibrate;
mod check;
mod chosen;
mod demo;
mod eval;
mod graph;
mod host;
mod inspect;
mod logs;
mod model;
mod policing;
mod presets;
mod promoted;
mod replay;
mod report;
mod serve;
mod simulate;
mod store;
mod train;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// Every turn makes and drops thousands of small things on several threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The handoff layer for AI agents that talk to customers.
#[derive(Debug, Parser)]
#[command(name = "warmline", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    logs: logs::LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Audit(audit::AuditCommand),
    Calibrate(calibrate::Calibrate),
    Check(check::Check),
    Graph(graph::Graph),
    Inspect(inspect::Inspect),
    Replay(replay::Replay),
    Report(report::Report),
    Simulate(simulate::Simulate),
    Eval(eval::Eval),
    #[command(subcommand)]
    Train(train::Train),
    #[command(subcommand)]
    Model(model::Model),
}

/// How a command that did its work came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    Findings,
}

impl Verdict {
    /// The verdict over something that may have findings.
    fn of(findings: bool) -> Self {
        match findings {
            true => Self::Findings,
            false => Self::Fine,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let quiet = !matches!(cli.command, Command::Serve(_));
    if let Err(error) = logs::start(&cli.logs, quiet) {
        let _ = writeln!(std::io::stderr(), "warmline: {error:#}");
        return ExitCode::from(2);
    }
    let verdict = match cli.command {
        Command::Demo(demo) => on_runtime(demo.run()),
        Command::Serve(serve) => on_runtime(serve.run()),
        Command::Audit(audit) => on_runtime(audit.run()),
        Command::Calibrate(calibrate) => on_runtime(calibrate.run()),
        Command::Check(check) => check.run(),
        Command::Graph(graph) => graph.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Replay(replay) => on_runtime(replay.run()),
        Command::Report(report) => report.run(),
        Command::Simulate(simulate) => on_runtime(simulate.run()),
        Command::Eval(eval) => on_runtime(eval.run()),
        Command::Train(train) => on_runtime(train.run()),
        Command::Model(model) => model.run(),
    };
    logs::stop();
    match verdict {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        // Whoever reads our output has seen enough.
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "warmline: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<Verdict>>) -> anyhow::Result<Verdict> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn visit(command: &clap::Command) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(visit);
                return;
            }
            let help = command.get_after_help().map(ToString::to_string);
            let name = command.get_name();
            assert!(
                help.is_some_and(|help| help.contains("warmline ")),
                "{name}"
            );
        }
        let cli = Cli::command();
        cli.get_subcommands()
            .filter(|command| command.get_name() != "help")
            .for_each(visit);
    }
}
