//! `warmline check`: everything that is wrong in configuration files.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use warmline::Config;
use warmline::core::source::{Problem, Problems};
use warmline_server::{ServerConfig, WebhooksConfig, tenants};

use crate::Verdict;
use crate::policing::Upkeep;
use crate::promoted::{Promoted, said};

/// Check configuration files; exit code 1 if anything is wrong
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  warmline check config/*.toml\n  \
    warmline check warmline.toml --data /var/lib/warmline")]
pub(crate) struct Check {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    promoted: Promoted,
    /// Print the problems as a JSON array
    #[arg(long)]
    json: bool,
}

/// A problem as a program reads it.
#[derive(Serialize)]
struct ProblemRow<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    key: &'a str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Problem> for ProblemRow<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self {
            file: &problem.file,
            line: problem.line,
            column: problem.column,
            key: &problem.key,
            message: &problem.message,
            hint: &problem.hint,
        }
    }
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<Verdict> {
        let layer = self.promoted.layer()?;
        let mut out = std::io::stdout().lock();
        let problems: Vec<Problem> = self.files.iter().flat_map(|file| problems(file)).collect();
        if self.json {
            let rows: Vec<ProblemRow<'_>> = problems.iter().map(ProblemRow::from).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        } else {
            for problem in &problems {
                writeln!(out, "{problem}")?;
            }
            let files = match self.files.len() {
                1 => "1 file".to_owned(),
                files => format!("{files} files"),
            };
            for file in &self.files {
                if let (Some(layer), Ok(config)) = (&layer, Config::load(file)) {
                    writeln!(out, "{}", said(file, &config, layer))?;
                }
            }
            match problems.len() {
                0 => writeln!(out, "{files} checked, nothing is wrong")?,
                1 => writeln!(out, "{files} checked, 1 problem")?,
                found => writeln!(out, "{files} checked, {found} problems")?,
            }
        }
        Ok(Verdict::of(!problems.is_empty()))
    }
}

fn problems(file: &Path) -> Vec<Problem> {
    let checked = Config::load(file).and_then(|config| {
        config.check_names(&[])?;
        tenants::parse(&config.source)?;
        WebhooksConfig::parse(&config.source)?;
        Upkeep::read(&config, file.parent().unwrap_or(Path::new("")))?;
        ServerConfig::parse(&config.source).map(|_: ServerConfig| ())
    });
    match checked {
        Ok(()) => Vec::new(),
        Err(Problems(problems)) => problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_every_section_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "[server]\nlisten = 5\n").unwrap();
        assert_eq!(problems(&path).len(), 1);
        std::fs::write(&path, "[servre]\n").unwrap();
        assert!(problems(&path)[0].hint.contains("server"));
        assert_eq!(problems(&folder.path().join("missing.toml")).len(), 1);
    }
}
