//! Guards: conditions in CEL over typed facts, checked and compiled once.
//!
//! The language is the part of CEL without loops, so that a guard costs about a microsecond and
//! everything about it can be checked when the configuration is loaded: `&&`, `||`, `!`, `?:`,
//! comparisons, `in [..]`, `+ - * /`, and the functions in [`FUNCTIONS`]. Numbers compare with each
//! other whether they are written `100` or `100.0`; arithmetic, as everywhere in CEL, wants both
//! sides of one kind.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelDouble, CelInt, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, IdedExpr, ParseErrors, Program, Value};

use crate::signal::SignalKind;

mod cases;
mod terms;
mod types;

pub use types::FUNCTIONS;

/// What guards and gates can ask about. Unknown texts are empty, unknown amounts 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The reason of the handoff that is being decided, such as `hard_gate`.
    pub trigger: String,
    /// The gate or rule behind it.
    pub gate: String,
    /// The intent in play.
    pub intent: String,
    /// The largest amount of money named.
    pub amount: f64,
    /// Its currency.
    pub currency: String,
    /// Where the customer writes.
    pub channel: String,
    /// The customer's segment.
    pub segment: String,
    /// The customer's language.
    pub language: String,
    /// The queue that an operator named at a release.
    pub queue: String,
    /// Whether a draft is looked at, rather than the customer's words.
    pub draft: bool,
    /// How often the conversation was handed back.
    pub handbacks: i64,
    /// How many turns the customer has said.
    pub turns: i64,
    /// The scores of the signals by kind; 0 where none was raised.
    pub signals: BTreeMap<SignalKind, f64>,
}

/// The names of the facts, as guards spell them.
pub const FACTS: [&str; 13] = [
    "trigger",
    "gate",
    "intent",
    "amount",
    "currency",
    "channel",
    "segment",
    "language",
    "queue",
    "draft",
    "handbacks",
    "turns",
    "signals",
];

/// Longest guard, in bytes.
pub const MAX_GUARD: usize = 2048;

/// Deepest nesting of a guard; a chain of `&&` or `||` counts as its logarithm. The evaluator
/// takes about 60 kB of stack for each level in a build without optimisation.
pub const MAX_DEPTH: usize = 12;

/// A compiled condition over [`Facts`].
pub struct Guard {
    source: String,
    expression: IdedExpr,
    asked: types::Asked,
}

/// One thing wrong with a guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in the guard, in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

/// All that is wrong with a guard; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardError(pub Vec<Fault>);

impl Guard {
    /// Compiles `source` and checks that it can be answered from any [`Facts`].
    pub fn compile(source: &str) -> Result<Self, GuardError> {
        if source.len() > MAX_GUARD {
            let length = source.len();
            return Err(too_much(
                source,
                format!("{length} bytes long, at most {MAX_GUARD} are allowed"),
            ));
        }
        let program = parse(source).map_err(|errors| syntax(source, &errors))?;
        let depth = terms::depth(program.expression());
        if depth > MAX_DEPTH {
            return Err(too_much(
                source,
                format!("{depth} levels deep, at most {MAX_DEPTH} are allowed"),
            ));
        }
        let asked = types::check(source, &program)?;
        Ok(Self {
            source: source.to_owned(),
            expression: program.expression().clone(),
            asked,
        })
    }

    /// Whether it holds. The check leaves one way to fail, an integer out of range; it counts as
    /// not holding.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.answer(facts).unwrap_or(false)
    }

    fn answer(&self, facts: &Facts) -> Option<bool> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(facts);
        let value = Value::resolve_val(&self.expression, &context).ok()?;
        value.downcast_ref::<CelBool>().map(|held| *held.inner())
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it asks about any fact.
    pub fn asks_anything(&self) -> bool {
        !self.asked.places.is_empty()
    }

    /// The texts that it compares the fact `name` with.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.asked.texts(name)
    }

    /// Where it asks about the fact `name`, in bytes of its text.
    pub fn asks(&self, name: &str) -> Option<Range<usize>> {
        self.asked
            .places
            .iter()
            .find(|(fact, _)| *fact == name)
            .map(|(_, span)| span.clone())
    }
}

/// Stack for the parser, which takes hundreds of kB for a level in a build without optimisation and
/// gives up at about a hundred levels.
const PARSER_STACK: usize = 128 << 20;

/// Parses on a thread with room for the deepest nesting: a guard must not end the process that
/// checks it.
fn parse(source: &str) -> Result<Program, ParseErrors> {
    std::thread::scope(|scope| {
        let parser = std::thread::Builder::new().stack_size(PARSER_STACK);
        match parser.spawn_scoped(scope, || ENV.compile(source)) {
            Ok(parser) => parser
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => ENV.compile(source),
        }
    })
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({:?})", self.source)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for GuardError {}

/// CEL's own functions, without the macros that loop. Built once: it costs more than a thousand
/// evaluations.
static ENV: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

impl VariableResolver for Facts {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        // The evaluator asks for the longest name first: `signals.sentiment`, then `signals`.
        if let Some(kind) = name.strip_prefix("signals.") {
            return Some(CowVal::owned(CelDouble::from(self.signal(kind)?)));
        }
        let text = |text: &'b str| CowVal::owned(CelString::from(text));
        Some(match name {
            "trigger" => text(&self.trigger),
            "gate" => text(&self.gate),
            "intent" => text(&self.intent),
            "amount" => CowVal::owned(CelDouble::from(self.amount)),
            "currency" => text(&self.currency),
            "channel" => text(&self.channel),
            "segment" => text(&self.segment),
            "language" => text(&self.language),
            "queue" => text(&self.queue),
            "draft" => CowVal::owned(CelBool::from(self.draft)),
            "handbacks" => CowVal::owned(CelInt::from(self.handbacks)),
            "turns" => CowVal::owned(CelInt::from(self.turns)),
            "signals" => CowVal::owned(self.signal_map()),
            _ => return None,
        })
    }
}

impl Facts {
    fn signal(&self, kind: &str) -> Option<f64> {
        let kind = SignalKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)?;
        Some(self.signals.get(&kind).copied().unwrap_or(0.0))
    }

    /// Every kind with its score, for guards that write `signals["sentiment"]`.
    fn signal_map(&self) -> CelMap<'static> {
        let scores: HashMap<_, Box<dyn Val>> = SignalKind::ALL
            .into_iter()
            .map(|kind| {
                let score = self.signals.get(&kind).copied().unwrap_or(0.0);
                let score: Box<dyn Val> = Box::new(CelDouble::from(score));
                (kind.as_str().into(), score)
            })
            .collect();
        CelMap::from(scores)
    }
}

fn too_much(source: &str, what: String) -> GuardError {
    GuardError(vec![Fault {
        span: 0..source.len(),
        message: format!("the guard is {what}"),
        hint: "split it into several rules or gates".to_owned(),
    }])
}

/// The parser's complaints, at their places in `source`.
fn syntax(source: &str, errors: &ParseErrors) -> GuardError {
    let faults = errors.errors.iter().map(|error| {
        let (line, column) = error.pos;
        let line = usize::try_from(line).unwrap_or(1).max(1) - 1;
        let column = usize::try_from(column).unwrap_or(1).max(1) - 1;
        let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
        let within: usize = source[start..]
            .chars()
            .take(column)
            .map(char::len_utf8)
            .sum();
        Fault {
            span: start + within..source.len(),
            message: complaint(&error.msg),
            hint: "a guard is a CEL condition, such as `amount > 100 && channel == \"web\"`"
                .to_owned(),
        }
    });
    // One slip makes the parser complain several times; the first complaint is about the slip.
    GuardError(faults.take(1).collect())
}

/// The parser's words without the list of all that could stand there.
fn complaint(message: &str) -> String {
    let message = message.trim_start_matches("Syntax error: ");
    let short = message.split(" expecting").next().unwrap_or(message);
    if short.contains("Recursion") || short.contains("recursion") {
        return "the guard is nested too deeply".to_owned();
    }
    if short.contains("<EOF>") {
        return "the guard ends too early".to_owned();
    }
    short
        .replace("extraneous input", "unexpected")
        .replace("mismatched input", "unexpected")
}

#[cfg(test)]
mod tests;
