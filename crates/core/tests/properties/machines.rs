//! The machines that the properties hold for: the default one, every preset, and two built to
//! reach what those do not.

use std::path::Path;

use warmline_core::Workflow;
use warmline_core::source::Source;

/// Two tiers with hours, targets and call-backs, timers that only reassure, an assistant that changes
/// its state, a rule that calls operators because of what the customer is, and operators who may lose
/// a conversation to time.
const TIERS: &str = r#"
[workflow]
name = "tiers"
initial = "greeter"

[limits]
max_handbacks = 2

[states.greeter]
owner = "assistant"
tell.en = "Hello again."
timers.quiet = { after = "5m", restarts_on = "customer" }
timers.nudge = { after = "10s" }

[states.helper]
owner = "assistant"
tell.en = "Let me go on."
timers.idle = { after = "1h", restarts_on = "customer" }

[states.desk]
owner = "queue"
tell.en = "One moment."
tell.de = "Einen Moment."
timers.patience = { after = "1m", restarts_on = "customer" }
timers.claim = { after = "3m" }

[states.experts]
owner = "queue"
queue = "second_tier"
tell.en = "An expert will look at it."
timers.claim = { after = "10m" }

# Open for half an hour on the day on which the moves begin, and hardly ever after that.
[queues.desk]
target = "90s"
offer_call_back = "1m"
outside = "assistant"
priority = [{ when = 'segment == "vip"', points = 5 }, { when = 'amount > 100.0', points = -1 }]
hours = { thursday = "00:00-00:30", sunday = "12:00-24:00" }

[queues.second_tier]
target = "5m"
warn = "1m"
outside = "contact"
offer_call_back = "2m"
timezone = "Pacific/Auckland"
hours = { thursday = ["13:30-15:00", "16:00-24:00"] }
holidays = ["1970-01-08"]

[states.human]
owner = "operator"
tell.en = "I'm Dana."
timers.silence = { after = "5m", restarts_on = "operator" }

[states.over]
owner = "nobody"
tell.en = "Goodbye."

[[rules]]
from = "greeter"
on = "customer_spoke"
when = 'segment == "vip"'
to = "desk"

[[rules]]
from = "greeter"
on = "timer_fired"
timer = "quiet"
to = "helper"

[[rules]]
from = "greeter"
on = "timer_fired"
timer = "nudge"
to = "greeter"
tell.en = "I'm still looking."

[[rules]]
from = "helper"
on = "timer_fired"
timer = "idle"
to = "over"
outcome = "abandoned"

[[rules]]
from = ["greeter", "helper"]
on = "handoff_triggered"
when = 'trigger == "hard_gate" || handbacks > 1'
to = "experts"

[[rules]]
from = ["greeter", "helper"]
on = "handoff_triggered"
to = "desk"

[[rules]]
from = "desk"
on = "timer_fired"
timer = "patience"
to = "desk"
tell.en = "Thank you for waiting."

[[rules]]
from = "desk"
on = "timer_fired"
timer = "claim"
to = "experts"
tell.en = "I'm asking our experts."

[[rules]]
from = "experts"
on = "timer_fired"
timer = "claim"
to = "helper"
tell.en = "Nobody is free."

[[rules]]
from = ["desk", "experts"]
on = "operator_claimed"
to = "human"

[[rules]]
from = "human"
on = "operator_released"
when = 'queue == "second_tier"'
to = "experts"
tell.en = "I'm passing you on to an expert."

[[rules]]
from = "human"
on = "operator_released"
to = "desk"

[[rules]]
from = "human"
on = "timer_fired"
timer = "silence"
to = "helper"

[[rules]]
from = "human"
on = "handed_back"
to = "helper"

[[rules]]
from = ["greeter", "helper", "human"]
on = "closed"
to = "over"

[[rules]]
from = "over"
on = "customer_spoke"
when = 'segment == "vip"'
to = "experts"

[[rules]]
from = "over"
on = "customer_spoke"
to = "greeter"

[[gates]]
name = "refund"
when = 'intent == "refund" && amount > 100.0'

[failures]
assistant = "continue"
"#;

/// Conversations begin with a person and are closed by time alone.
const DESK: &str = r#"
[workflow]
name = "desk first"
initial = "desk"

[states.desk]
owner = "queue"
tell.en = "Somebody will be with you soon."
timers.claim = { after = "2m" }

[states.human]
owner = "operator"
tell.en = "Hello."
timers.silence = { after = "5m", restarts_on = "operator" }

[states.helper]
owner = "assistant"
tell.en = "I can finish this."
timers.idle = { after = "1h", restarts_on = "customer" }

[states.over]
owner = "nobody"
tell.en = "Goodbye."

[[rules]]
from = ["desk", "helper"]
on = "operator_claimed"
to = "human"

[[rules]]
from = "desk"
on = "timer_fired"
timer = "claim"
to = "helper"

[[rules]]
from = "human"
on = "timer_fired"
timer = "silence"
to = "over"

[[rules]]
from = "human"
on = "handed_back"
to = "helper"

[[rules]]
from = "helper"
on = "handoff_triggered"
to = "desk"

[[rules]]
from = "helper"
on = "timer_fired"
timer = "idle"
to = "over"
outcome = "resolved_unconfirmed"

[[rules]]
from = "over"
on = "customer_spoke"
to = "desk"
"#;

/// Every machine that there is, by a name for people.
pub(super) fn all() -> Vec<(String, Workflow)> {
    let mut sources = vec![
        Source::new("default", ""),
        Source::new("tiers", TIERS),
        Source::new("desk first", DESK),
    ];
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut presets: Vec<_> = std::fs::read_dir(config)
        .expect("the configurations are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|end| end == "toml"))
        .collect();
    presets.sort();
    for preset in presets {
        let text = std::fs::read_to_string(&preset).expect("the preset can be read");
        sources.push(Source::new(preset.display().to_string(), text));
    }
    sources
        .into_iter()
        .map(|source| match Workflow::parse(&source) {
            Ok(workflow) => (source.name, workflow),
            Err(problems) => panic!("{problems}"),
        })
        .collect()
}
