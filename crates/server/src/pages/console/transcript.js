// The transcript: what was said, the words that detectors pointed at, the passages that answers
// rest on, and what was held back.

import { at, atEnd as isAtEnd, clock, holdEnd, make } from "../shared/elements.js";
import { desk } from "./desk.js";
import { me } from "./session.js";
import { SPEAKERS } from "./words.js";

/** How far from its end, in pixels, the transcript still counts as read to it. */
const NEAR = 80;

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
    parts.push(text.slice(end, from), make("mark", { title: why }, text.slice(from, to), make("span", { class: "unseen" }, ` (${why})`)));
    end = to;
  }
  parts.push(text.slice(end));
  return make("div", { class: "words", dir: "auto" }, ...parts);
}

/** The passages that something rests on, each behind its title. */
export function sources(citations) {
  if (!citations?.length) return null;
  return make(
    "ul",
    { class: "sources" },
    ...citations.map((citation) =>
      make("li", {}, make("details", {}, make("summary", {}, citation.title || citation.document), make("blockquote", { class: "words", dir: "auto" }, citation.passage))),
    ),
  );
}

function turnItem(turn, evidence) {
  const who = turn.by === "operator" ? (turn.operator === me.name ? "You" : turn.operator) : SPEAKERS[turn.by];
  return make(
    "li",
    { id: `turn-${turn.turn}`, "data-by": turn.by, tabindex: "-1" },
    make("div", { class: "who" }, make("b", {}, who), " · ", clock(turn.at), make("span", { class: "number" }, ` #${turn.turn}`)),
    marked(turn.text, evidence ?? []),
    sources(turn.citations),
  );
}

function whisperItem(whisper) {
  return make(
    "li",
    { "data-by": "whisper" },
    make("div", { class: "who" }, make("b", {}, whisper.operator === me.name ? "You" : whisper.operator), " whispered · ", clock(whisper.at), " · the customer does not see this"),
    make("div", { class: "words", dir: "auto" }, whisper.text),
  );
}

/** Draws what is new or changed of a conversation; what stands there already stays. */
export function drawTurns(conversation) {
  const evidence = quotes(conversation);
  for (const turn of conversation.turns) {
    place(turn.turn, JSON.stringify([evidence.get(turn.turn) ?? [], turn.by]), () => turnItem(turn, evidence.get(turn.turn)));
  }
  for (const [index, whisper] of (conversation.whispers ?? []).entries()) {
    place(whisper.after + 0.5 + index / 10_000, `${whisper.at} ${whisper.text}`, () => whisperItem(whisper));
  }
}

/** Puts an item at its place in the order of turns. */
function place(order, shape, draw) {
  const list = at("turns");
  let before = null;
  // What is new mostly comes last.
  for (let item = list.lastElementChild; item; item = item.previousElementSibling) {
    const other = Number(item.dataset.order);
    if (other === order) {
      if (item.dataset.shape !== shape) item.replaceWith(shaped(draw(), order, shape));
      return;
    }
    if (other < order) break;
    before = item;
  }
  list.insertBefore(shaped(draw(), order, shape), before);
}

function shaped(item, order, shape) {
  item.dataset.order = order;
  item.dataset.shape = shape;
  return item;
}

/** The draft that was held back: its words, the calls that were not carried out, its sources. */
function heldItem(draft, onUse) {
  const calls = draft.actions.map((call) =>
    make("p", { class: "call" }, call.result ? "The assistant called " : "The assistant wanted to call ", make("code", {}, `${call.name}(${call.input})`), call.result ? `: ${call.result}` : " and did not."),
  );
  const parts = [
    make("h3", {}, "Held back: the customer has not seen this"),
    ...calls,
    draft.text ? make("p", { class: "words", dir: "auto" }, draft.text) : null,
    sources(draft.citations),
    draft.text && onUse ? make("button", { type: "button", id: "held-use", onclick: () => onUse(draft.text) }, "Start from it") : null,
  ];
  return make("li", { "data-by": "held", id: "held" }, ...parts);
}

/** Shows what was held back behind the turn that it was to answer, and behind what was said of the answer. */
export function drawHeld({ held_back: draft, trigger, turns }, onUse) {
  const known = at("held");
  if (!draft || !trigger || (!draft.text && !draft.actions?.length)) return known?.remove();
  const later = turns.filter(({ turn }) => turn > trigger.turn);
  const next = later.find(({ by }) => by !== "assistant")?.turn ?? Infinity;
  const said = later.filter(({ turn }) => turn < next);
  const order = (said.at(-1)?.turn ?? trigger.turn) + 0.2;
  if (known && Number(known.dataset.order) !== order) known.remove();
  place(order, JSON.stringify([draft, Boolean(onUse)]), () => heldItem(draft, onUse));
}

/** Shows a turn and points at it. */
export function point(number) {
  const turn = at(`turn-${number}`);
  if (!turn) return;
  document.querySelectorAll("#turns > li.shown").forEach((other) => other.classList.remove("shown"));
  turn.classList.add("shown");
  turn.scrollIntoView({ block: "center" });
  turn.focus({ preventScroll: true });
}

/** Keeps the end of the transcript in view where it is. */
export function begin() {
  holdEnd(at("transcript"), NEAR);
}

/** Whether the end of the transcript is in view. */
export function atEnd() {
  return isAtEnd(at("transcript"), NEAR) || !at("turns").children.length;
}

/** Shows the end of the transcript. */
export function toEnd() {
  at("transcript").scrollTop = at("transcript").scrollHeight;
}

/** Empties the transcript for another conversation. */
export function clear() {
  at("turns").replaceChildren();
  desk.open = null;
}
