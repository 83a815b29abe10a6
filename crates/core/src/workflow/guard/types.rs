//! The static check of a guard: facts and functions exist, types fit, in every branch.

use std::collections::BTreeMap;
use std::ops::Range;

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::{IdedExpr, Program};

use super::terms::{Atom, Constant, Type, atom, constant, describe, parts, signal_kind, text};
use super::{FACTS, Fault, GuardError};
use crate::signal::{SignalKind, TriggerKind};
use crate::source::suggestion;

/// The functions that guards may call. `size` counts letters; `double` makes a whole number one
/// that can be used in arithmetic with amounts.
pub const FUNCTIONS: [&str; 5] = ["contains", "startsWith", "endsWith", "size", "double"];

/// What a guard asks about.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The facts, with the places where they are named.
    pub(super) places: Vec<(&'static str, Range<usize>)>,
    /// The facts by the constants that they are compared with.
    pub(super) constants: BTreeMap<Atom, Vec<Constant>>,
    /// Whether some fact is used in another way, so that these constants do not tell all cases
    /// apart.
    pub(super) otherwise: bool,
}

impl Asked {
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let of_fact = |atom: &Atom| matches!(atom, Atom::Fact(fact) if *fact == name);
        self.constants
            .iter()
            .filter(|(atom, _)| of_fact(atom))
            .flat_map(|(_, constants)| constants)
            .filter_map(|constant| match constant {
                Constant::Text(text) => Some(text.as_str()),
                Constant::Number(_) | Constant::Bool(_) => None,
            })
            .collect()
    }
}

/// Checks `program`, or says everything that is wrong with it.
pub(super) fn check(source: &str, program: &Program) -> Result<Asked, GuardError> {
    let mut checker = Checker {
        source,
        program,
        asked: Asked::default(),
        faults: Vec::new(),
    };
    let root = program.expression();
    checker.want(root, Type::Bool, "a guard");
    match checker.faults.is_empty() {
        true => Ok(checker.asked),
        false => Err(GuardError(checker.faults)),
    }
}

struct Checker<'a> {
    source: &'a str,
    program: &'a Program,
    asked: Asked,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    /// The type of `expr`; `None` after a fault, so that one slip is reported once.
    fn infer(&mut self, expr: &IdedExpr) -> Option<Type> {
        match &expr.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Some(Type::Bool),
                LiteralValue::Int(_) => Some(Type::Int),
                LiteralValue::Double(_) => Some(Type::Double),
                LiteralValue::String(_) => Some(Type::Text),
                LiteralValue::UInt(_) | LiteralValue::Bytes(_) | LiteralValue::Null => {
                    let hint = "guards compare texts, numbers, `true` and `false`";
                    self.fault(expr, "no fact is of this type", hint)
                }
            },
            Expr::Ident(name) => {
                let kind = self.fact(expr, name)?;
                if kind == Type::Bool {
                    self.compared(Atom::Fact("draft"), Constant::Bool(true));
                }
                Some(kind)
            }
            Expr::Select(select) if !select.test => {
                self.signal(expr, &select.operand, &select.field)
            }
            Expr::Call(call) => self.call(expr, call),
            _ => {
                let hint = "guards compare facts; lists stand after `in`";
                self.fault(expr, "this part of CEL has no use in a guard", hint)
            }
        }
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Option<Type> {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                let side = if name == operators::LOGICAL_AND {
                    "a side of `&&`"
                } else {
                    "a side of `||`"
                };
                let left = self.want(left, Type::Bool, side);
                let right = self.want(right, Type::Bool, side);
                left.and(right)
            }
            (operators::LOGICAL_NOT, [inner]) => self.want(inner, Type::Bool, "what `!` negates"),
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let condition = self.want(condition, Type::Bool, "the condition before `?`");
                let (yes_type, no_type) = (self.infer(yes), self.infer(no));
                condition?;
                self.want_same(expr, (yes, yes_type?), (no, no_type?))
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                self.comparison(expr, left, right, true)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [left, right],
            ) => self.comparison(expr, left, right, false),
            (operators::IN, [item, list]) => self.membership(expr, item, list),
            (operators::INDEX, [map, key]) => match text(key) {
                Some(kind) => self.signal(expr, map, kind),
                None => self.fault(expr, "only `signals` is indexed, by a kind", SIGNALS_HINT),
            },
            (
                operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE,
                [left, right],
            ) => self.arithmetic(expr, name, left, right),
            (operators::NEGATE, [inner]) => {
                let kind = self.infer(inner)?;
                if kind.is_number() {
                    return Some(kind);
                }
                self.fault(
                    inner,
                    format!("`-` wants a number, this is {}", kind.words()),
                    "",
                )
            }
            _ => self.function(expr, call),
        }
    }

    fn function(&mut self, expr: &IdedExpr, call: &CallExpr) -> Option<Type> {
        let name = call.func_name.as_str();
        let arguments: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        let member = call.target.is_some();
        self.asked.otherwise = true;
        match (name, member, arguments.as_slice()) {
            ("contains" | "startsWith" | "endsWith", true, [text, part]) => {
                let place = format!("what `{name}` is asked of");
                let text = self.want(text, Type::Text, &place);
                let part = self.want(part, Type::Text, &format!("what `{name}` looks for"));
                text.and(part).and(Some(Type::Bool))
            }
            ("size", _, [text]) => self
                .want(text, Type::Text, "what `size` measures")
                .and(Some(Type::Int)),
            ("double", false, [number]) => self
                .want(number, Type::Int, "what `double` converts")
                .and(Some(Type::Double)),
            (known, _, _) if FUNCTIONS.contains(&known) => {
                let hint = "they are called as `channel.startsWith(\"e\")` (also `contains`, \
                            `endsWith`), `size(channel)`, `double(turns)`";
                self.fault(expr, format!("`{known}` is called in another way"), hint)
            }
            (unknown, _, _) => {
                let shown = unknown.trim_matches(['_', '@']);
                let hint = suggestion(shown, &FUNCTIONS, "functions");
                self.fault(expr, format!("unknown function `{shown}`"), hint)
            }
        }
    }

    fn comparison(
        &mut self,
        expr: &IdedExpr,
        left: &IdedExpr,
        right: &IdedExpr,
        equality: bool,
    ) -> Option<Type> {
        let asked_before = self.asked.places.len();
        let (left_type, right_type) = (self.infer(left), self.infer(right));
        let (left_type, right_type) = (left_type?, right_type?);
        self.want_same(expr, (left, left_type), (right, right_type))?;
        if left_type == Type::Signals || (left_type == Type::Bool && !equality) {
            let message = format!("{} cannot be compared", left_type.words());
            return self.fault(expr, message, SIGNALS_HINT);
        }
        let (atom, other) = match (atom(left), atom(right)) {
            (Some(atom), None) => (Some(atom), right),
            (None, Some(atom)) => (Some(atom), left),
            _ => (None, right),
        };
        match (atom, constant(other)) {
            (Some(atom), Some(constant)) => {
                self.vocabulary(atom, &constant, other)?;
                self.compared(atom, constant);
                if left_type == Type::Text && !equality {
                    self.asked.otherwise = true;
                }
            }
            // A comparison without facts has one value, which any case shows.
            _ if self.asked.places.len() == asked_before => {}
            _ => self.asked.otherwise = true,
        }
        Some(Type::Bool)
    }

    fn membership(&mut self, expr: &IdedExpr, item: &IdedExpr, list: &IdedExpr) -> Option<Type> {
        let item_type = self.infer(item)?;
        let Expr::List(list) = &list.expr else {
            let hint = "such as `channel in [\"web\", \"email\"]`";
            return self.fault(expr, "`in` wants a list on its right side", hint);
        };
        let mut fits = true;
        for element in &list.elements {
            let checked = self.infer(element).and_then(|element_type| {
                self.want_same(element, (item, item_type), (element, element_type))?;
                match (atom(item), constant(element)) {
                    (Some(atom), Some(constant)) => {
                        self.vocabulary(atom, &constant, element)?;
                        self.compared(atom, constant);
                    }
                    _ => self.asked.otherwise = true,
                }
                Some(())
            });
            fits &= checked.is_some();
        }
        if list.elements.is_empty() {
            return self.fault(
                expr,
                "nothing is in an empty list",
                "name what it is compared with",
            );
        }
        fits.then_some(Type::Bool)
    }

    fn arithmetic(
        &mut self,
        expr: &IdedExpr,
        operator: &str,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Option<Type> {
        let (left_type, right_type) = (self.infer(left), self.infer(right));
        let (left_type, right_type) = (left_type?, right_type?);
        let operator = operator.trim_matches('_');
        let whole = "write whole numbers next to amounts and scores as `2.0`, or `double(turns)`";
        if !left_type.is_number() || !right_type.is_number() {
            let wrong = if left_type.is_number() {
                right_type
            } else {
                left_type
            };
            let message = format!("`{operator}` wants numbers, not {}", wrong.words());
            return self.fault(expr, message, "");
        }
        if left_type != right_type {
            let message = format!("`{operator}` wants both sides with or both without a point");
            return self.fault(expr, message, whole);
        }
        // Whole numbers divide by zero with an error, others with infinity.
        if operator == "/" && left_type == Type::Int {
            return self.fault(expr, "`/` does not divide whole numbers", whole);
        }
        Some(left_type)
    }

    /// The type of the fact `name`.
    fn fact(&mut self, expr: &IdedExpr, name: &str) -> Option<Type> {
        match FACTS.into_iter().find(|fact| *fact == name) {
            Some(fact) => {
                let place = self.place(expr);
                self.asked.places.push((fact, place));
                Some(Type::of_fact(fact))
            }
            None => {
                let hint = suggestion(name, &FACTS, "facts");
                self.fault(expr, format!("unknown fact `{name}`"), hint)
            }
        }
    }

    /// The type of `operand.kind`, where `operand` must be `signals`.
    fn signal(&mut self, expr: &IdedExpr, operand: &IdedExpr, kind: &str) -> Option<Type> {
        match self.infer(operand)? {
            Type::Signals if signal_kind(kind).is_some() => Some(Type::Double),
            Type::Signals => {
                let hint = suggestion(kind, &SignalKind::ALL.map(SignalKind::as_str), "signals");
                self.fault(expr, format!("unknown signal `{kind}`"), hint)
            }
            other => {
                let message = format!("{} has no part `{kind}`", other.words());
                self.fault(expr, message, SIGNALS_HINT)
            }
        }
    }

    fn want(&mut self, expr: &IdedExpr, wanted: Type, what: &str) -> Option<Type> {
        let found = self.infer(expr)?;
        if found == wanted {
            return Some(found);
        }
        let hint = match wanted {
            Type::Bool => "compare it with something, such as `amount > 100`",
            _ => "",
        };
        let message = format!(
            "{what} must be {}, this is {}",
            wanted.words(),
            found.words()
        );
        self.fault(expr, message, hint)
    }

    fn want_same(
        &mut self,
        place: &IdedExpr,
        (left, left_type): (&IdedExpr, Type),
        (right, right_type): (&IdedExpr, Type),
    ) -> Option<Type> {
        if left_type == right_type || (left_type.is_number() && right_type.is_number()) {
            return Some(left_type);
        }
        let (left, right) = (describe(left), describe(right));
        let message = format!(
            "{left} is {}, {right} is {}",
            left_type.words(),
            right_type.words()
        );
        let types = [left_type, right_type];
        let hint = match types.contains(&Type::Text) && types.iter().any(|t| t.is_number()) {
            true => "texts stand in quotes, numbers do not",
            false => "",
        };
        self.fault(place, message, hint)
    }

    /// Refuses a trigger that does not exist.
    fn vocabulary(&mut self, atom: Atom, constant: &Constant, place: &IdedExpr) -> Option<()> {
        let (Atom::Fact("trigger"), Constant::Text(kind)) = (atom, constant) else {
            return Some(());
        };
        let known = TriggerKind::ALL.map(TriggerKind::as_str);
        if kind.is_empty() || known.contains(&kind.as_str()) {
            return Some(());
        }
        let hint = suggestion(kind, &known, "triggers");
        self.fault(place, format!("unknown trigger `{kind}`"), hint)
    }

    fn compared(&mut self, atom: Atom, constant: Constant) {
        self.asked.constants.entry(atom).or_default().push(constant);
    }

    fn fault<T>(
        &mut self,
        expr: &IdedExpr,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<T> {
        let span = self.place(expr);
        self.faults.push(Fault {
            span,
            message: message.into(),
            hint: hint.into(),
        });
        None
    }

    /// Where `expr` stands with all its parts, in bytes.
    fn place(&self, expr: &IdedExpr) -> Range<usize> {
        let Some((first, last)) = self.program.source_info().offset_for(expr.id) else {
            return 0..self.source.len();
        };
        // A selection is placed at its point, a function's call at its parenthesis.
        let own = match &expr.expr {
            Expr::Select(select) => first as usize..last as usize + 1 + select.field.len(),
            Expr::Call(call)
                if self
                    .source
                    .get(first as usize..)
                    .is_some_and(|at| at.starts_with('(')) =>
            {
                (first as usize).saturating_sub(call.func_name.len())..last as usize + 1
            }
            _ => first as usize..last as usize + 1,
        };
        let whole = parts(expr)
            .map(|part| self.place(part))
            .fold(own, |a, b| a.start.min(b.start)..a.end.max(b.end));
        let end = whole.end.min(self.source.len());
        whole.start.min(end)..end
    }
}

const SIGNALS_HINT: &str = "signals are asked for one at a time, such as `signals.sentiment > 0.8`";
