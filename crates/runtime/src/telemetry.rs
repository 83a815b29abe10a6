//! The metrics that the runtime records, described for whoever exports them.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

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
        (
            "warmline_discarded_drafts_total",
            "Drafts that came too late to be said",
        ),
        (
            "warmline_notifications_total",
            "Times that operators were told somebody waits",
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
    describe_gauge!(
        "warmline_model_cost",
        "What language models cost since the start, by role, in the currency of the prices"
    );
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
    ] {
        describe_histogram!(name, Unit::Seconds, what);
    }
}
