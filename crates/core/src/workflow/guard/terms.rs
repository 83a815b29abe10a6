//! The terms of a guard: facts, constants, their types, and how they are nested.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::FACTS;
use crate::signal::SignalKind;

/// Something with a value of its own: a fact, or one kind of signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    Fact(&'static str),
    Signal(SignalKind),
}

/// What a fact is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Number(f64),
    Text(String),
    Bool(bool),
}

/// What a term stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Double,
    Text,
    Signals,
}

impl Type {
    pub(super) fn of_fact(name: &str) -> Self {
        match name {
            "amount" => Type::Double,
            "draft" => Type::Bool,
            "handbacks" | "turns" => Type::Int,
            "signals" => Type::Signals,
            _ => Type::Text,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Double)
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Type::Bool => "true or false",
            Type::Int => "a whole number",
            Type::Double => "a number",
            Type::Text => "a text",
            Type::Signals => "the signals by kind",
        }
    }
}

/// How many calls and selections are nested in `expr`.
pub(super) fn depth(expr: &IdedExpr) -> usize {
    1 + parts(expr).map(depth).max().unwrap_or(0)
}

/// The expressions that `expr` is made of.
pub(super) fn parts(expr: &IdedExpr) -> impl Iterator<Item = &IdedExpr> {
    let (target, rest): (Option<&IdedExpr>, &[IdedExpr]) = match &expr.expr {
        Expr::Call(call) => (call.target.as_deref(), &call.args),
        Expr::Select(select) => (Some(&select.operand), &[]),
        Expr::List(list) => (None, &list.elements),
        _ => (None, &[]),
    };
    target.into_iter().chain(rest)
}

pub(super) fn signal_kind(name: &str) -> Option<SignalKind> {
    SignalKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
}

/// The fact or signal that `expr` is, if it is nothing more.
pub(super) fn atom(expr: &IdedExpr) -> Option<Atom> {
    let signal = |operand: &IdedExpr, kind: &str| match &operand.expr {
        Expr::Ident(name) if name == "signals" => signal_kind(kind).map(Atom::Signal),
        _ => None,
    };
    match &expr.expr {
        Expr::Ident(name) => FACTS.into_iter().find(|fact| fact == name).map(Atom::Fact),
        Expr::Select(select) => signal(&select.operand, &select.field),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [map, key] => signal(map, text(key)?),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn constant(expr: &IdedExpr) -> Option<Constant> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Boolean(value)) => Some(Constant::Bool(*value.inner())),
        Expr::Literal(LiteralValue::Int(value)) => Some(Constant::Number(*value.inner() as f64)),
        Expr::Literal(LiteralValue::Double(value)) => Some(Constant::Number(*value.inner())),
        Expr::Literal(LiteralValue::String(value)) => {
            Some(Constant::Text(value.inner().to_owned()))
        }
        _ => None,
    }
}

pub(super) fn text(expr: &IdedExpr) -> Option<&str> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(value)) => Some(value.inner()),
        _ => None,
    }
}

/// `expr` in a message: its name or value if it is simple.
pub(super) fn describe(expr: &IdedExpr) -> String {
    match (atom(expr), constant(expr)) {
        (Some(Atom::Fact(name)), _) => format!("`{name}`"),
        (Some(Atom::Signal(kind)), _) => format!("`signals.{kind}`"),
        (_, Some(Constant::Number(number))) => format!("`{number}`"),
        (_, Some(Constant::Text(text))) => format!("`{text:?}`"),
        (_, Some(Constant::Bool(value))) => format!("`{value}`"),
        _ => "one side".to_owned(),
    }
}
