// What things are called on the screen.

const TRIGGERS = {
  hard_gate: "Needs a human by rule",
  customer_request: "Asked for a person",
  out_of_domain: "Outside the assistant's scope",
  sentiment: "Upset customer",
  repeat_loop: "Going round in circles",
  low_confidence: "The answer was not well founded",
  commitment: "The answer would have promised something",
  assistant_failure: "The assistant failed",
  operator_takeover: "Taken over",
  scope_pivot: "Left what was handed back",
  rule: "Handed over by rule",
};

/** Outcomes in words: as an operator chooses one, and as it is told of later. */
export const OUTCOMES = {
  resolved_by_human: ["Resolved by me", "resolved by a human"],
  resolved_confirmed: ["Resolved, the customer confirmed", "resolved, confirmed by the customer"],
  resolved_unconfirmed: ["Resolved, not confirmed", "resolved, not confirmed"],
  abandoned: ["The customer left", "the customer left"],
  unresolved: ["Not resolved", "not resolved"],
};

export const SPEAKERS = { customer: "Customer", assistant: "Assistant", notice: "Told by Warmline" };

/** A name of the configuration as words. */
export function plain(name) {
  return String(name).replace(/[_-]/g, " ");
}

/** A trigger in words. */
export function reason(trigger) {
  if (!trigger) return "";
  const words = TRIGGERS[trigger.kind] ?? plain(trigger.kind);
  return trigger.rule ? `${words}: ${plain(trigger.rule)}` : words;
}

/** A trigger in few words, for a list. */
export function brief(trigger) {
  if (trigger?.rule) return plain(trigger.rule).replace(/^./, (first) => first.toUpperCase());
  return reason(trigger);
}

/** What a kind of trigger is called, for counts. */
export function kindOf(kind) {
  return TRIGGERS[kind] ?? plain(kind);
}

/** An outcome in words. */
export function ending(outcome) {
  return OUTCOMES[outcome]?.[1] ?? (outcome ? plain(outcome) : "ended");
}

/** Who has a conversation, in words. */
export function holder(row, me) {
  if (row.owner === "operator") return row.operator === me ? "yours" : `with ${row.operator}`;
  if (row.owner === "nobody") return ending(row.outcome);
  return row.owner === "queue" ? "waiting" : "with the assistant";
}

/** A language by its English name. */
export function tongue(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
