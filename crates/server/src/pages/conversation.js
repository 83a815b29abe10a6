// How a conversation is drawn: turns with the words that detectors pointed at, and the card.

import { at, clock, make } from "/assets/live.js";

const WHO = { customer: "Customer", assistant: "Assistant", notice: "Told by Warmline" };

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

const OUTCOMES = {
  resolved_confirmed: "resolved, confirmed by the customer",
  resolved_unconfirmed: "resolved, not confirmed",
  resolved_by_human: "resolved by a human",
  abandoned: "the customer left",
  unresolved: "not resolved",
};

/** A trigger in words. */
export function reason(trigger) {
  if (!trigger) return "";
  const words = TRIGGERS[trigger.kind] ?? trigger.kind;
  return trigger.rule ? `${words}: ${trigger.rule.replaceAll("_", " ")}` : words;
}

/** An outcome in words. */
export function ending(outcome) {
  return OUTCOMES[outcome] ?? outcome ?? "ended";
}

/** The quotes that show something, by turn. */
export function quotes(conversation) {
  const found = new Map();
  const note = (evidence) => {
    if (!evidence.turn || !evidence.quote) return;
    if (!found.has(evidence.turn)) found.set(evidence.turn, []);
    found.get(evidence.turn).push(evidence);
  };
  const trigger = conversation.trigger ?? conversation.card?.trigger;
  trigger?.evidence.forEach(note);
  trigger?.signals.forEach((signal) => signal.evidence.forEach(note));
  for (const examination of conversation.signals) {
    for (const signal of examination.signals) {
      if (signal.threshold !== undefined && signal.score >= signal.threshold) signal.evidence.forEach(note);
    }
  }
  return found;
}

/** Words, with the quoted ones marked. */
function marked(text, evidence) {
  const places = evidence
    .map(({ quote, why }) => ({ from: text.indexOf(quote), to: text.indexOf(quote) + quote.length, why }))
    .filter((place) => place.from >= 0)
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const parts = [];
  let end = 0;
  for (const { from, to, why } of places) {
    if (from < end) continue;
    parts.push(text.slice(end, from), make("mark", { title: why }, text.slice(from, to)));
    end = to;
  }
  parts.push(text.slice(end));
  return make("div", { class: "words" }, ...parts);
}

function sources(citations) {
  if (!citations.length) return null;
  const list = citations.map((citation) => [
    make("strong", {}, citation.title),
    make("blockquote", { class: "words" }, citation.passage),
  ]);
  return make("details", { class: "sources" }, make("summary", {}, `Sources (${citations.length})`), ...list);
}

/** One turn of the transcript. */
export function turnItem(turn, evidence) {
  const who = turn.by === "operator" ? turn.operator : WHO[turn.by];
  return make(
    "li",
    { id: `turn-${turn.turn}`, "data-by": turn.by, tabindex: "-1" },
    make("div", { class: "who" }, `${turn.turn} · ${who} · `, clock(turn.at)),
    marked(turn.text, evidence ?? []),
    sources(turn.citations),
  );
}

/** The draft that was held back, and what it rests on. */
export function drawHeld(draft) {
  at("held").hidden = !draft;
  if (!draft) return;
  at("held-text").textContent = draft.text;
  at("held-sources").replaceChildren(...[sources(draft.citations)].filter(Boolean));
}

/** Shows a turn and points at it. */
function point(number) {
  const turn = at(`turn-${number}`);
  if (!turn) return;
  document.querySelectorAll("#turns > li.shown").forEach((other) => other.classList.remove("shown"));
  turn.classList.add("shown");
  turn.scrollIntoView({ block: "center" });
  turn.focus({ preventScroll: true });
}

function claim(statement, tag = "div") {
  const links = statement.turns.map((turn) =>
    make(
      "button",
      { type: "button", class: "turn", title: `Show turn ${turn}`, "aria-label": `Turn ${turn}`, onclick: () => point(turn) },
      String(turn),
    ),
  );
  return make(tag, { class: "words" }, statement.text, ...links);
}

function part(title, ...content) {
  return make("section", {}, make("h3", {}, title), ...content);
}

function list(claims) {
  return make("ul", {}, ...claims.map((statement) => claim(statement, "li")));
}

function badge(text, hot) {
  return make("span", { class: hot ? "badge hot" : "badge" }, text);
}

/** A signal's score held against its threshold. */
function scored(signal) {
  const name = signal.kind.replaceAll("_", " ");
  const against = signal.threshold === undefined ? "" : `, hands off from ${signal.threshold.toFixed(2)}`;
  const words = `${name}: ${signal.score.toFixed(2)}${against}`;
  const meter = make("meter", { min: "0", max: "1", value: String(signal.score), "aria-label": words });
  if (signal.threshold !== undefined) {
    meter.setAttribute("high", String(signal.threshold));
    meter.setAttribute("optimum", "0");
  }
  return make("div", {}, make("div", { class: "small" }, words), meter, signal.origin ? make("div", { class: "small quiet" }, signal.origin) : null);
}

function shown(evidence) {
  const words = evidence.quote ? `“${evidence.quote}”: ${evidence.why}` : evidence.why;
  return claim({ text: words, turns: evidence.turn ? [evidence.turn] : [] }, "li");
}

function because(trigger) {
  const evidence = [...trigger.evidence, ...trigger.signals.flatMap((signal) => signal.evidence)];
  return part(
    "Why it came to you",
    claim({ text: reason(trigger), turns: trigger.turn ? [trigger.turn] : [] }),
    ...trigger.signals.map(scored),
    evidence.length ? make("ul", { class: "small" }, ...evidence.map(shown)) : null,
  );
}

function noteParts(note) {
  const titles = { done: "Done", remaining: "Left to do", limits: "Limits", return_when: "Come back when" };
  return Object.entries(titles)
    .filter(([key]) => note[key].length)
    .map(([key, title]) => part(title, make("ul", {}, ...note[key].map((line) => make("li", { class: "words" }, line)))));
}

/** The card, the note, and what the detectors saw last. */
export function drawCard(conversation) {
  const { card, note, customer } = conversation;
  const parts = [];
  if (card) {
    const next = part("Next step", claim(card.recommended_action));
    next.className = "next";
    parts.push(
      card.customer_intent.text ? part("The customer wants", claim(card.customer_intent)) : null,
      next,
      card.blockers.length ? part("In the way", list(card.blockers)) : null,
      card.promised.length ? part("Promised", list(card.promised)) : null,
      card.actions_attempted.length ? part("Tried", list(card.actions_attempted)) : null,
      part(
        "Mood and care",
        badge(card.sentiment, card.sentiment === "upset"),
        ...card.sensitivities.map((sensitivity) => badge(sensitivity, true)),
      ),
      because(card.trigger),
    );
  }
  if (note) parts.push(make("h2", {}, card ? "The last handback" : "Handed back"), ...noteParts(note));
  const last = conversation.signals.at(-1);
  if (!card && last?.signals.length) parts.push(part("What the detectors see", ...last.signals.map(scored)));
  const known = [customer.customer, customer.channel, customer.segment, customer.language].filter(Boolean);
  if (known.length) parts.push(part("Customer", ...known.map((fact) => badge(fact))));
  at("card").replaceChildren(...parts.filter(Boolean));
}
