//! What the host brings: where thresholds come from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use warmline::core::policy::Policy;
use warmline::{SignalKind, Timestamp, Warmline};

/// Finds thresholds in what a journal knows of how conversations ended.
pub trait Calibrator: Send + Sync + 'static {
    /// Finds the thresholds that are wanted. It reads the disk and computes: it is called where
    /// that holds up nobody.
    ///
    /// # Errors
    /// Why nothing could be found, in words for a person.
    fn calibrate(&self, warmline: &Warmline, wanted: &Wanted) -> Result<Found, String>;
}

/// Which thresholds are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The share of the conversations that needed a human that may be missed.
    pub miss: f64,
    /// How sure that must be.
    pub confidence: f64,
    /// What chance begins with when the conversations are split.
    pub seed: u64,
    /// Only conversations that ended, or were spoken of, from this moment on.
    pub since: Timestamp,
    /// And up to this one.
    pub until: Timestamp,
}

/// What was found.
pub struct Found {
    /// What it rests on.
    pub data: Data,
    /// The thresholds; none where nothing can be promised.
    pub thresholds: Vec<Fitted>,
    /// What they promise, in words; none without thresholds.
    pub promise: Option<String>,
    /// What is wrong with the data, in words.
    pub warnings: Vec<String>,
    /// What a policy comes to on the conversations that nothing was fitted to.
    pub held_out: HeldOut,
}

/// What a policy comes to on conversations that nothing was fitted to.
pub type HeldOut = Box<dyn Fn(&Policy) -> Figures + Send + Sync>;

/// What a calibration rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Data {
    /// Conversations of which it is known whether they needed a human.
    pub conversations: usize,
    /// Those that did.
    pub needed: usize,
    /// Those that nothing was fitted to.
    pub held_out: usize,
}

/// A threshold that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The signal.
    pub signal: SignalKind,
    /// Only for this channel.
    pub channel: Option<String>,
    /// Only for this segment.
    pub segment: Option<String>,
    /// The score from which it hands off; none where it is off.
    pub score: Option<f32>,
}

/// What a policy comes to on some conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// Conversations.
    pub conversations: usize,
    /// Those that needed a human.
    pub needed: usize,
    /// Of these, those that are not handed off.
    pub missed: usize,
    /// Conversations that are handed off.
    pub handoffs: usize,
    /// Of these, those that needed none.
    pub false_alarms: usize,
}
