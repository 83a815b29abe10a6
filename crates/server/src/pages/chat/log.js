// What was said, as the customer sees it.

import { at, atEnd, clock, holdEnd, make } from "../shared/elements.js";
import { tongue } from "./tongue.js";

/** How far from its end, in pixels, the conversation still counts as read to it. */
const NEAR = 160;

const turns = new Map();

/** Keeps the end in view where it is. */
export function begin() {
  holdEnd(at("scroll"), NEAR);
}

/** How many turns are shown. */
export function count() {
  return turns.size;
}

/** Adds turns that are not there yet; whether any was by somebody else than the customer. */
export function addTurns(list) {
  let news = false;
  for (const turn of list) {
    if (turns.has(turn.turn)) continue;
    const before = turns.get(turn.turn - 1);
    turns.set(turn.turn, turn);
    at("log").append(bubble(turn, before?.by === turn.by));
    news ||= turn.by !== "customer";
  }
  return news;
}

/** Takes everything off the screen. */
export function clear() {
  turns.clear();
  at("log").replaceChildren();
}

/** One turn; parts of one answer stand together, under one name. */
function bubble(turn, goesOn) {
  const who = { customer: tongue("you"), assistant: tongue("by-assistant"), operator: tongue("by-operator") }[turn.by];
  const sources = turn.citations.map((citation) => [
    make("strong", {}, citation.title),
    make("blockquote", { class: "words", dir: "auto" }, citation.passage),
  ]);
  return make(
    "li",
    { "data-by": turn.by, "data-turn": String(turn.turn), class: goesOn ? "goes-on" : "" },
    who && !goesOn ? make("div", { class: "who" }, `${who} · `, clock(turn.at)) : null,
    make("div", { class: "words", dir: "auto" }, turn.text),
    sources.length ? make("details", {}, make("summary", {}, tongue("sources")), ...sources) : null,
  );
}

/** What is on its way, each with what became of it. */
export function drawOutbox(messages, onEdit) {
  at("outbox").replaceChildren(
    ...messages.map((message) => {
      const state = message.failed ? tongue("failed", { why: message.failed }) : tongue(message.sent ? "sent" : "on-way");
      const edit = message.failed ? make("button", { type: "button", class: "link", onclick: () => onEdit(message) }, tongue("edit")) : null;
      return make(
        "li",
        { "data-by": "customer", class: message.failed ? "failed" : "" },
        make("div", { class: "words", dir: "auto" }, message.text),
        make("div", { class: "who" }, state, " ", edit),
      );
    }),
  );
}

/** Shows the end, where the reader was there before or `always`. */
export function toEnd(always = false) {
  const box = at("scroll");
  if (always || atEnd(box, NEAR)) box.scrollTop = box.scrollHeight;
}
