//! For whom thresholds are: each conversation is in one scope, that of the section that decides it.

use std::collections::BTreeMap;

use warmline_core::CustomerContext;

use super::{Labelled, Limit, needed_at_least};

/// How many times the least that can be bounded a part must have to be one of its own: with the
/// least itself not one may be missed.
const ROOM: usize = 2;

/// For which conversations a section of thresholds is. Of those that hold one the last decides, in
/// the order of this type, which is that of the patch: so the policy reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those in no other scope.
    Others,
    /// Those of a channel.
    Channel(String),
    /// Those of a segment.
    Segment(String),
}

impl Scope {
    pub(super) fn holds(&self, context: &CustomerContext) -> bool {
        match self {
            Scope::Others => true,
            Scope::Channel(channel) => context.channel.as_ref() == Some(channel),
            Scope::Segment(segment) => context.segment.as_ref() == Some(segment),
        }
    }

    /// The channel that a section for it names.
    pub fn channel(&self) -> Option<&str> {
        match self {
            Scope::Channel(channel) => Some(channel),
            _ => None,
        }
    }

    /// The segment that a section for it names.
    pub fn segment(&self) -> Option<&str> {
        match self {
            Scope::Segment(segment) => Some(segment),
            _ => None,
        }
    }

    /// A customer of whom nothing but the scope is known.
    pub(super) fn customer(&self) -> CustomerContext {
        CustomerContext {
            channel: self.channel().map(str::to_owned),
            segment: self.segment().map(str::to_owned),
            ..CustomerContext::default()
        }
    }
}

/// The scopes of a calibration, in order; the first is [`Scope::Others`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    /// The channels and segments of which enough conversations in `part` needed a human, and the
    /// others. The smallest are put to the others until every scope, the others included, has
    /// enough. It rests on who they are and what they needed, and on no score.
    pub(super) fn of(part: &[&Labelled], limit: Limit) -> Self {
        let mut scopes = Self::named(part, ROOM * needed_at_least(limit));
        while scopes.0.len() > 1 {
            let mut needed = vec![0; scopes.0.len()];
            for one in part.iter().filter(|one| one.needed) {
                needed[scopes.place(&one.context)] += 1;
            }
            let particular = 1..scopes.0.len();
            let Some(smallest) = particular.min_by_key(|place| needed[*place]) else {
                break;
            };
            let least = ROOM * needed_at_least(scopes.share(limit));
            if needed[0].min(needed[smallest]) >= least {
                break;
            }
            scopes.0.remove(smallest);
        }
        scopes
    }

    /// The others, and the channels and segments with `least` that needed a human.
    fn named(part: &[&Labelled], least: usize) -> Self {
        let mut counts: BTreeMap<Scope, usize> = BTreeMap::new();
        for one in part.iter().filter(|one| one.needed) {
            let channel = one.context.channel.clone().map(Scope::Channel);
            let segment = one.context.segment.clone().map(Scope::Segment);
            for scope in channel.into_iter().chain(segment) {
                *counts.entry(scope).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count >= least);
        let named = counts.into_keys();
        Self(std::iter::once(Scope::Others).chain(named).collect())
    }

    /// The place of the scope that a conversation is in.
    fn place(&self, context: &CustomerContext) -> usize {
        let last = self.0.iter().rposition(|scope| scope.holds(context));
        last.unwrap_or_default()
    }

    /// What each scope may miss: each is a claim of its own, and all of them hold together with the
    /// confidence of `limit` (Bonferroni).
    pub(super) fn share(&self, limit: Limit) -> Limit {
        Limit {
            confidence: 1.0 - (1.0 - limit.confidence) / self.0.len() as f64,
            ..limit
        }
    }

    /// The conversations of `part`, each in its scope, in the order of the scopes.
    pub(super) fn divide(&self, part: &[&Labelled]) -> Vec<(Scope, Vec<Labelled>)> {
        let mut divided: Vec<(Scope, Vec<Labelled>)> = self
            .0
            .iter()
            .map(|scope| (scope.clone(), Vec::new()))
            .collect();
        for one in part {
            let inside = &mut divided[self.place(&one.context)].1;
            inside.push((*one).clone());
        }
        divided
    }
}

#[cfg(test)]
impl Scopes {
    /// Those of a calibration.
    pub(super) fn those_of(found: &super::Calibration) -> Self {
        Self(
            found
                .groups
                .iter()
                .map(|group| group.scope.clone())
                .collect(),
        )
    }
}
