//! Spans for traces: one for each turn, with the detectors and the models under it, named after the
//! semantic conventions of OpenTelemetry for generative AI.
//!
//! They have a target of their own, so that logs leave them out and cost nothing where nobody
//! traces. Nothing that anybody said is in them.

use tracing::{Span, info_span};
use warmline_core::privacy::{Kinds, mask};
use warmline_core::signal::Findings;
use warmline_core::{ConversationId, TurnNumber};

/// The target of everything that is for traces alone.
pub const TRACES: &str = "warmline_trace";

/// The span of the answer to a customer's turn. What channels call conversations may be personal:
/// these kinds are masked.
pub(crate) fn turn(conversation: &ConversationId, through: TurnNumber, masked: Kinds) -> Span {
    let conversation = mask(conversation.as_str(), masked);
    info_span!(
        target: TRACES,
        parent: None,
        "turn",
        otel.name = "invoke_agent",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.conversation.id = %conversation,
        warmline.turn = through.0,
    )
}

/// The span of one detector's look at a turn or a draft.
pub(crate) fn detector(name: &str, at_draft: bool) -> Span {
    info_span!(
        target: TRACES,
        "detector",
        otel.name = %format_args!("evaluate {name}"),
        warmline.detector = name,
        warmline.stage = if at_draft { "draft" } else { "turn" },
        "error.type" = tracing::field::Empty,
    )
}

/// Notes in `span` what a detector found.
pub(crate) fn found(span: &Span, findings: &Findings) {
    for signal in &findings.signals {
        tracing::event!(
            target: TRACES,
            parent: span,
            tracing::Level::INFO,
            {
                gen_ai.evaluation.name = signal.kind.as_str(),
                gen_ai.evaluation.score.value = f64::from(signal.score),
            },
            "gen_ai.evaluation.result"
        );
    }
}
