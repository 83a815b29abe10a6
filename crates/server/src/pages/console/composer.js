// What the operator writes: to the customer, or to the team alone. Words are kept until they are
// sent, for each conversation, with whom they are for. Nothing but the operator erases them.

import { freshId } from "../shared/calls.js";
import { at, make, put } from "../shared/elements.js";
import { keeper } from "../shared/kept.js";
import { scored } from "./card.js";
import { desk, path, when } from "./desk.js";
import { act, close } from "./baton.js";
import { canned, fill } from "./macros.js";
import { ask, me } from "./session.js";
import { mine } from "./talk.js";
import { sources, toEnd } from "./transcript.js";

/** How often the other side is told that somebody writes, in milliseconds. */
const TYPING = 3000;

const drafts = keeper(() => sessionStorage);
const key = (conversation = desk.chosen) => `warmline.draft.${conversation}`;

/** Whether the words are for the team, though the customer could be written to. */
let toTeam = false;
let typed = 0;
/** Ids of replies that were not sent yet, by conversation and words. */
const unsent = new Map();
let offered = [];
let chosen = 0;

export function begin() {
  const text = at("reply-text");
  at("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    act(at("send"), send);
  });
  text.addEventListener("input", () => {
    // What is begun as a whisper stays one, whoever gets the conversation meanwhile.
    if (!mine()) toTeam = text.value !== "";
    keep();
    offer();
    typing();
  });
  text.addEventListener("keydown", keys);
  text.addEventListener("blur", () => setTimeout(hide, 150));
  at("to-customer").addEventListener("click", () => mode(false));
  at("to-team").addEventListener("click", () => mode(true));
  at("suggest").addEventListener("click", suggest);
  when("chosen", () => {
    restore();
    hide();
  });
  when("open", shape);
  when("compose", (words) => {
    compose(words);
    text.focus();
  });
}

/** Whether what is written now goes to the team. */
const whispering = () => toTeam || !mine();

function keep() {
  const text = at("reply-text").value;
  if (text) drafts.set(key(), { text, toTeam });
  else drafts.drop(key());
}

/** Shows what is kept of the open conversation. */
function restore() {
  const kept = desk.chosen && drafts.get(key());
  at("reply-text").value = kept?.text ?? "";
  toTeam = kept?.toTeam ?? false;
  at("suggested").hidden = true;
  shape();
}

/**
 * Puts words for the customer into the composer where it is `free`; else below it, where a click
 * takes them in place of what is written. `notes` stand there too.
 */
function compose(words, notes = [], free = !at("reply-text").value.trim()) {
  if (free) {
    at("reply-text").value = words;
    toTeam = false;
    keep();
    shape();
  }
  const instead = () => {
    compose(words, notes, true);
    at("reply-text").focus();
  };
  const offer = [make("p", { class: "words", dir: "auto" }, words), make("button", { type: "button", onclick: instead }, "Use this instead")];
  const below = free ? notes : [...offer, ...notes];
  at("suggested").replaceChildren(...below);
  at("suggested").hidden = below.length === 0;
}

/** Begins to write, to the customer or to the team. */
export function write(team = false) {
  if (!at("reply").hidden) mode(team);
}

function mode(team) {
  if (mine()) {
    toTeam = team;
    keep();
    shape();
  }
  at("reply-text").focus();
}

/** What can be written, and to whom. */
function shape() {
  const whisper = whispering();
  at("to-customer").disabled = !mine();
  at("to-team").hidden = desk.open?.whispers === undefined;
  at("to-customer").setAttribute("aria-pressed", String(!whisper));
  at("to-team").setAttribute("aria-pressed", String(whisper));
  at("reply").classList.toggle("whispering", whisper);
  put("reply-label", whisper ? "Whisper: the customer does not see it" : "Reply to the customer");
  at("reply-text").placeholder = whisper ? "Only operators see this" : "Write to the customer";
  put("send", whisper ? "Whisper" : "Send");
  at("passing").hidden = !mine();
  at("suggest").hidden = !mine() || whisper;
}

async function send(conversation) {
  const text = at("reply-text").value.trim();
  if (!text) return;
  if (whispering()) await ask("POST", path(conversation, "/whispers"), { text });
  else await say(conversation, text);
  // Whoever went on typing keeps what they typed; the focus stays wherever they took it.
  if (drafts.get(key(conversation))?.text.trim() === text) {
    drafts.drop(key(conversation));
    if (conversation === desk.chosen) restore();
  }
  if (conversation === desk.chosen) toEnd();
}

async function say(conversation, text) {
  // The same words tried again keep their id, so that the customer never gets them twice.
  const words = `${conversation} ${text}`;
  const id = unsent.get(words) ?? freshId();
  unsent.set(words, id);
  await ask("POST", path(conversation, "/replies"), { id, text });
  unsent.delete(words);
}

function typing() {
  if (whispering() || Date.now() - typed < TYPING) return;
  typed = Date.now();
  ask("POST", path(desk.chosen, "/typing")).catch(() => {});
}

function keys(event) {
  if (!at("canned").hidden) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) offer((chosen + step + offered.length) % offered.length);
    else if (event.key === "Enter" || event.key === "Tab") pick(offered[chosen]);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("reply").requestSubmit();
}

/** Offers the canned replies that fit what stands after a leading slash. */
function offer(place = 0) {
  const words = at("reply-text").value;
  if (!words.startsWith("/") || words.includes("\n")) return hide();
  const wanted = words.slice(1).toLowerCase();
  offered = canned().filter(({ name, text }) => `${name} ${text}`.toLowerCase().includes(wanted)).slice(0, 8);
  chosen = Math.min(place, Math.max(0, offered.length - 1));
  at("canned").hidden = offered.length === 0;
  at("canned").replaceChildren(
    ...offered.map((reply, index) =>
      make(
        "li",
        { role: "option", id: `canned-${index}`, "aria-selected": String(index === chosen), onmousedown: (event) => (event.preventDefault(), pick(reply)) },
        make("b", {}, reply.name),
        reply.key ? make("kbd", {}, `Alt ${reply.key}`) : null,
        make("span", { class: "quiet" }, reply.text),
      ),
    ),
  );
  at("reply-text").setAttribute("aria-activedescendant", offered.length ? `canned-${chosen}` : "");
}

function hide() {
  at("canned").hidden = true;
  at("reply-text").removeAttribute("aria-activedescendant");
}

/** Takes what was offered in place of what asked for it. */
function pick(reply) {
  if (!reply || !mine()) return;
  at("reply-text").value = "";
  keep();
  use(reply);
}

/** Puts a canned reply in place, or sends it as it is where that is what it is for. */
export async function use(reply) {
  if (!reply || !mine()) return;
  hide();
  const text = fill(reply.text, me);
  if (reply.then === "edit") {
    compose(text);
    at("reply-text").focus();
    return;
  }
  const conversation = desk.chosen;
  const done = await act(at("send"), () => say(conversation, text));
  if (conversation === desk.chosen) toEnd();
  if (done && reply.then === "close") close(conversation, "resolved_by_human");
}

/** The assistant drafts; the operator edits and sends. */
export function suggest() {
  if (!mine()) return;
  // A button that is disabled loses the focus; whoever took it elsewhere keeps it there.
  const pressed = document.activeElement === at("suggest");
  put("suggest", "Drafting…");
  act(at("suggest"), async (conversation) => {
    const draft = await ask("POST", path(conversation, "/suggestion"));
    if (conversation !== desk.chosen) return;
    const fired = draft.signals.filter((signal) => signal.threshold !== undefined && signal.score >= signal.threshold);
    const notes = [
      make("p", { class: "small" }, fired.length ? "The assistant drafted this. It would have been held back:" : "The assistant drafted this. Read it before you send it."),
      ...fired.map(scored),
      ...[sources(draft.citations)].filter(Boolean),
    ];
    compose(draft.text, notes, !at("reply-text").value.trim() && !whispering());
    if (pressed && document.activeElement === document.body) at("reply-text").focus();
  }).finally(() => put("suggest", "Suggest a reply"));
}

when("macro", (digit) => use(canned().find((reply) => reply.key === digit)));
