//! The metrics that the runtime records, described for whoever exports them.

mod measure;
mod trace;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) use measure::{Measure, measures};
pub use trace::TRACES;
pub(crate) use trace::{detector, found, turn};

/// Describes every metric of the runtime to the recorder that is installed.
///
/// Names have the prefix `warmline_`, base units, and never a customer's id as a label.
pub fn describe_metrics() {
    for (name, what) in [
        ("warmline_turns_total", "Turns by who said them"),
        (
            "warmline_duplicates_total",
            "Messages that were recorded before",
        ),
        ("warmline_handoffs_total", "Handoffs by trigger"),
        ("warmline_handbacks_total", "Handbacks to the assistant"),
        (
            "warmline_bounces_total",
            "Handbacks after which a human was needed again",
        ),
        (
            "warmline_outcomes_total",
            "Ends by outcome, as first stated",
        ),
        (
            "warmline_repeated_turns_total",
            "Customers' turns that say again what stands in the transcript",
        ),
        (
            "warmline_discarded_drafts_total",
            "Drafts that came too late to be said",
        ),
        (
            "warmline_notifications_total",
            "Times that operators were told somebody waits",
        ),
        (
            "warmline_queue_alarms_total",
            "Targets of queues that were missed, or soon would be, by queue and alarm",
        ),
        (
            "warmline_detector_failures_total",
            "Examinations without a finding, by detector",
        ),
        (
            "warmline_assistant_failures_total",
            "Drafts that the assistant did not bring",
        ),
        (
            "warmline_summarizer_failures_total",
            "Cards that the summarizer did not bring",
        ),
        (
            "warmline_card_claims_dropped_total",
            "Claims of written cards that the conversation does not carry, by reason",
        ),
        (
            "warmline_model_requests_total",
            "Requests to language models, by role and outcome",
        ),
        (
            "warmline_model_tokens_total",
            "Tokens of language models, by role and direction",
        ),
        (
            "warmline_conversation_crashes_total",
            "Conversations that crashed",
        ),
        (
            "warmline_reopened_total",
            "Ends after which the customer came back about the same thing",
        ),
        (
            "warmline_deliveries_total",
            "Turns delivered to push channels",
        ),
        (
            "warmline_delivery_failures_total",
            "Deliveries that failed and are tried again",
        ),
    ] {
        describe_counter!(name, what);
    }
    describe_gauge!("warmline_active_conversations", "Conversations in memory");
    for (name, what) in [
        (
            "warmline_queue_waiting",
            "Conversations that wait, by queue",
        ),
        (
            "warmline_queue_breached",
            "Those of them that have missed the target of the queue",
        ),
        (
            "warmline_queue_oldest_seconds",
            "For how long the one waits that waits longest, by queue",
        ),
        ("warmline_queue_open", "1 while the queue is open, else 0"),
    ] {
        describe_gauge!(name, what);
    }
    for (name, what) in [
        (
            "warmline_model_request_tokens",
            "Tokens of one answer of a language model, by role and direction",
        ),
        (
            "warmline_model_request_cost",
            "What one answer cost, by role, in the currency of the prices",
        ),
        (
            "warmline_rating",
            "Ratings from 1 to 5, by who was last at work",
        ),
        (
            "warmline_signal_score",
            "Scores of signals from 0 to 1, by signal",
        ),
    ] {
        describe_histogram!(name, what);
    }
    for (name, what) in [
        (
            "warmline_decision_seconds",
            "From a customer's turn to the decision about it",
        ),
        (
            "warmline_detector_seconds",
            "One detector's examination, by detector",
        ),
        ("warmline_assistant_seconds", "One draft"),
        (
            "warmline_model_seconds",
            "One request to a language model with its retries, by role",
        ),
        (
            "warmline_journal_append_seconds",
            "One step, until it is on disk",
        ),
        ("warmline_timer_lag_seconds", "How late a timer fired"),
        (
            "warmline_waiting_seconds",
            "How long a customer waited for an operator, by queue",
        ),
        (
            "warmline_handling_seconds",
            "How long an operator had a conversation",
        ),
        (
            "warmline_first_human_seconds",
            "From the first handoff to an operator's first word",
        ),
    ] {
        describe_histogram!(name, Unit::Seconds, what);
    }
}
