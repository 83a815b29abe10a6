//! What enters a card without the personal data that the configuration keeps from cards.
//!
//! It is masked on the way in, before anything is quoted or cut: half a number would be told by
//! nobody.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::card::{Card, Claim};
use crate::privacy::{Kinds, mask, mask_json};
use crate::signal::{Evidence, Trigger};
use crate::state::State;

/// The facts that a card is made of.
pub(super) struct Facts<'f> {
    pub(super) state: Cow<'f, State>,
    pub(super) trigger: Cow<'f, Trigger>,
}

impl<'f> Facts<'f> {
    /// Those of `state` and `trigger`, with personal data of these kinds masked.
    pub(super) fn of(state: &'f State, trigger: &'f Trigger, kinds: Kinds) -> Self {
        let (mut state, mut trigger) = (Cow::Borrowed(state), Cow::Borrowed(trigger));
        if !kinds.is_empty() {
            mask_state(state.to_mut(), kinds);
            mask_trigger(trigger.to_mut(), kinds);
        }
        Self { state, trigger }
    }
}

impl Card {
    /// The card that a model wrote, with personal data of these kinds masked.
    #[must_use]
    pub fn masked(mut self, kinds: Kinds) -> Self {
        if kinds.is_empty() {
            return self;
        }
        let claims = [&mut self.customer_intent, &mut self.recommended_action];
        let lists = [
            &mut self.actions_attempted,
            &mut self.blockers,
            &mut self.promised,
        ];
        let claims = claims.into_iter().chain(lists.into_iter().flatten());
        claims.for_each(|Claim { text, .. }| words(text, kinds));
        mask_trigger(&mut self.trigger, kinds);
        self
    }
}

fn mask_state(state: &mut State, kinds: Kinds) {
    for turn in &mut state.window {
        let turn = Arc::make_mut(turn);
        words(&mut turn.text, kinds);
        for citation in &mut turn.citations {
            words(&mut citation.title, kinds);
        }
    }
    for attempt in &mut state.attempts {
        let action = &mut Arc::make_mut(attempt).action;
        values(&mut action.input, kinds);
        if let Some(result) = &mut action.result {
            values(result, kinds);
        }
    }
}

fn mask_trigger(trigger: &mut Trigger, kinds: Kinds) {
    let signals = trigger.signals.iter_mut();
    let evidence = signals.flat_map(|judged| &mut judged.signal.evidence);
    for Evidence { quote, why, .. } in evidence.chain(&mut trigger.evidence) {
        words(quote, kinds);
        words(why, kinds);
    }
}

fn words(text: &mut String, kinds: Kinds) {
    if let Cow::Owned(masked) = mask(text, kinds) {
        *text = masked;
    }
}

/// What a tool took or gave: JSON stays JSON.
fn values(text: &mut String, kinds: Kinds) {
    let mut value = Value::String(std::mem::take(text));
    mask_json(&mut value, kinds, &|_| false);
    if let Value::String(masked) = value {
        *text = masked;
    }
}
