// The card: what an operator reads to take over, in the order in which it is needed.

import { at, clock, make, refill } from "../shared/elements.js";
import { desk, path, tell } from "./desk.js";
import { gauge, sparkline } from "./pictures.js";
import { ask, me } from "./session.js";
import { point } from "./transcript.js";
import { ending, plain, reason, tongue } from "./words.js";

function claim(statement, tag = "div") {
  const links = statement.turns.map((turn) =>
    make("button", { type: "button", class: "turn", title: `Show turn ${turn}`, "aria-label": `Show turn ${turn}`, onclick: () => point(turn) }, `#${turn}`),
  );
  return make(tag, { class: "words", dir: "auto" }, statement.text, ...links);
}

function part(title, ...content) {
  return make("section", {}, make("h3", {}, title), ...content);
}

function list(claims) {
  return make("ul", {}, ...claims.map((statement) => claim(statement, "li")));
}

function badge(text, kind = "") {
  return make("span", { class: `badge ${kind}` }, text);
}

/** A signal's score held against its threshold. */
export function scored(signal) {
  return make(
    "div",
    {},
    gauge(signal.score, signal.threshold, plain(signal.kind)),
    signal.origin ? make("div", { class: "small quiet" }, `Set in ${signal.origin}`) : null,
  );
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
    evidence.length ? make("ul", { class: "small evidence" }, ...evidence.map(shown)) : null,
  );
}

function noteParts(note) {
  const titles = { done: "Done", remaining: "Left to do", limits: "Limits", return_when: "Come back when" };
  return Object.entries(titles)
    .filter(([key]) => note[key].length)
    .map(([key, title]) => part(title, make("ul", {}, ...note[key].map((line) => make("li", { class: "words", dir: "auto" }, line)))));
}

/** How the customer felt, turn by turn. */
function mood(conversation) {
  const points = [];
  let threshold;
  for (const examination of conversation.signals) {
    if (examination.draft) continue;
    const signal = examination.signals.find((signal) => signal.kind === "sentiment");
    points.push({ turn: examination.turn, score: signal?.score ?? 0 });
    threshold = signal?.threshold ?? threshold;
  }
  return points.length > 1 ? sparkline(points.slice(-24), threshold, "Sentiment over turns") : null;
}

/** Draws the card, the note, and what the detectors saw last. */
export function drawCard(conversation) {
  const shape = JSON.stringify([conversation.conversation, conversation.card, conversation.note, conversation.signals.length, conversation.customer, conversation.past, conversation.feedback, conversation.owner, conversation.callback]);
  if (at("card").dataset.shape === shape) return;
  at("card").dataset.shape = shape;
  const { card, note, customer } = conversation;
  const curve = mood(conversation);
  const parts = [];
  if (card) {
    const next = part("Next step", claim(card.recommended_action));
    next.className = "next";
    const wants = card.customer_intent.text ? part("The customer wants", claim(card.customer_intent)) : null;
    wants?.classList.add("wants");
    parts.push(
      wants,
      next,
      card.blockers.length ? part("In the way", list(card.blockers)) : null,
      card.promised.length ? part("Promised", list(card.promised)) : null,
      card.actions_attempted.length ? part("Tried", list(card.actions_attempted)) : null,
      part("Mood and care", badge(card.sentiment, card.sentiment === "upset" ? "hot" : ""), ...card.sensitivities.map((name) => badge(name, "hot")), curve),
      because(card.trigger),
    );
  }
  if (note) parts.push(make("h2", {}, card ? "The last handback" : "Handed back"), ...noteParts(note));
  const last = conversation.signals.at(-1);
  if (!card && last?.signals.length) parts.push(part("What the detectors see", ...last.signals.map(scored)));
  if (!card && curve) parts.push(part("Mood", curve));
  const known = [customer.customer, customer.segment, customer.language && tongue(customer.language), customer.channel].filter(Boolean);
  if (known.length) parts.push(part("Customer", ...known.map((fact) => badge(fact))));
  if (conversation.callback) {
    const { contact, asked_at: asked } = conversation.callback;
    parts.push(part("Wants to be called back", make("div", { class: "words", dir: "auto" }, make("b", {}, contact), " · asked ", clock(asked))));
  }
  if (conversation.past?.length) parts.push(part("Before", past(conversation.past)));
  if (conversation.handoffs) parts.push(feedback(conversation));
  refill(at("card"), parts.filter(Boolean));
}

function past(rows) {
  return make(
    "ul",
    { class: "past" },
    ...rows.map((row) =>
      make(
        "li",
        {},
        make("button", { type: "button", class: "plain", onclick: () => tell("choose", row.conversation) }, row.intent || reason(row.trigger) || row.last?.text || "Conversation"),
        make("span", { class: "small quiet" }, " ", ending(row.outcome), row.csat ? `, rated ${row.csat} of 5` : "", " · ", clock(row.since, true)),
      ),
    ),
  );
}

/** Was the handoff needed? What operators say here makes thresholds better; the last word counts. */
function feedback({ conversation, handoffs, feedback: said }) {
  const last = said.find(({ handoff }) => handoff === handoffs);
  const answer = (needed, words) => make("button", { type: "button", "aria-pressed": String(last?.needed === needed), onclick: () => judge(conversation, needed) }, words);
  const section = part(
    "Was this handoff needed?",
    answer(true, "Yes"),
    " ",
    answer(false, "No"),
    said.length ? make("ul", { class: "small said" }, ...said.map((word) => saidItem(word, handoffs))) : null,
  );
  section.id = "feedback";
  return section;
}

/** The latest word on each handoff. What operators say of one is no step: nothing else shows that an
 * answer of the server is older than another. */
export function latest(said) {
  const words = new Map();
  for (const word of said) {
    if (!(words.get(word.handoff)?.at > word.at)) words.set(word.handoff, word);
  }
  return [...words.values()];
}

function saidItem({ handoff, needed, by, at }, handoffs) {
  const who = by === me.name ? "You" : (by ?? "A program");
  const which = handoff === handoffs ? "" : ` to handoff ${handoff}`;
  return make("li", {}, make("b", {}, who), ` said ${needed ? "yes" : "no"}${which} · `, clock(at));
}

async function judge(id, needed) {
  try {
    const said = await ask("POST", path(id, "/feedback"), { needed });
    if (desk.open?.conversation !== id) return;
    desk.open.feedback = latest([...desk.open.feedback, said]);
    drawCard(desk.open);
  } catch (refusal) {
    if (desk.open?.conversation === id) tell("problem", refusal.message);
  }
}
