// What the operator writes: to the customer, or to the team alone. Words are kept until they are
// sent, for each conversation.

import { freshId } from "../shared/calls.js";
import { at, make, put } from "../shared/elements.js";
import { keeper } from "../shared/kept.js";
import { scored } from "./card.js";
import { desk, path, tell, when } from "./desk.js";
import { act, close } from "./baton.js";
import { canned, fill } from "./macros.js";
import { ask, me } from "./session.js";
import { mine } from "./talk.js";
import { sources, toEnd } from "./transcript.js";

/** How often the other side is told that somebody writes, in milliseconds. */
const TYPING = 3000;

const drafts = keeper(() => sessionStorage);
const key = (conversation = desk.chosen) => `warmline.draft.${conversation}`;

let whispering = false;
/** Whether the conversation was theirs when the composer was last shaped. */
let owned = false;
let typed = 0;
let unsent = null;
let offered = [];
let chosen = 0;

export function begin() {
  const text = at("reply-text");
  at("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    act(at("send"), send);
  });
  text.addEventListener("input", () => {
    drafts.set(key(), text.value);
    offer();
    typing();
  });
  text.addEventListener("keydown", keys);
  text.addEventListener("blur", () => setTimeout(hide, 150));
  at("to-customer").addEventListener("click", () => mode(false));
  at("to-team").addEventListener("click", () => mode(true));
  at("suggest").addEventListener("click", suggest);
  when("chosen", () => {
    text.value = (desk.chosen && drafts.get(key())) ?? "";
    at("suggested").hidden = true;
    whispering = true;
    owned = false;
    hide();
  });
  when("open", shape);
  when("compose", (words) => compose(words));
}

/** Puts words into the composer. */
export function compose(words) {
  if (whispering) mode(false);
  at("reply-text").value = words;
  drafts.set(key(), words);
  at("reply-text").focus();
}

/** Begins to write, to the customer or to the team. */
export function write(toTeam = false) {
  if (at("reply").hidden) return;
  mode(toTeam || !mine());
  at("reply-text").focus();
}

function mode(toTeam) {
  whispering = toTeam;
  shape();
  at("reply-text").focus();
}

/** What can be written, and to whom. */
function shape() {
  // Whoever gets the conversation speaks to the customer; but what was begun as a whisper stays one.
  if (mine() !== owned) {
    owned = mine();
    whispering = !owned || (whispering && at("reply-text").value !== "");
  }
  at("to-customer").disabled = !mine();
  at("to-team").hidden = desk.open?.whispers === undefined;
  at("to-customer").setAttribute("aria-pressed", String(!whispering));
  at("to-team").setAttribute("aria-pressed", String(whispering));
  at("reply").classList.toggle("whispering", whispering);
  put("reply-label", whispering ? "Whisper: the customer does not see it" : "Reply to the customer");
  at("reply-text").placeholder = whispering ? "Only operators see this" : "Write to the customer";
  put("send", whispering ? "Whisper" : "Send");
  at("passing").hidden = !mine();
  at("suggest").hidden = !mine() || whispering;
}

async function send() {
  const conversation = desk.chosen;
  const text = at("reply-text").value.trim();
  if (!text) return;
  if (whispering) await ask("POST", path(conversation, "/whispers"), { text });
  else await say(conversation, text);
  drafts.drop(key(conversation));
  if (conversation !== desk.chosen) return;
  // Whoever went on typing keeps what they typed; the focus stays wherever they took it.
  const done = at("reply-text").value.trim() === text;
  if (done) at("reply-text").value = "";
  else drafts.set(key(), at("reply-text").value);
  at("suggested").hidden = true;
  if (done && whispering && mine()) {
    whispering = false;
    shape();
  }
  toEnd();
}

async function say(conversation, text) {
  // The same words tried again keep their id, so that the customer never gets them twice.
  if (unsent?.text !== text || unsent.conversation !== conversation) unsent = { id: freshId(), text, conversation };
  await ask("POST", path(conversation, "/replies"), { id: unsent.id, text });
  unsent = null;
}

function typing() {
  if (whispering || !mine() || Date.now() - typed < TYPING) return;
  typed = Date.now();
  ask("POST", path(desk.chosen, "/typing")).catch(() => {});
}

function keys(event) {
  if (!at("canned").hidden) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) offer((chosen + step + offered.length) % offered.length);
    else if (event.key === "Enter" || event.key === "Tab") use(offered[chosen]);
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
        { role: "option", id: `canned-${index}`, "aria-selected": String(index === chosen), onmousedown: (event) => (event.preventDefault(), use(reply)) },
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

/** Puts a canned reply in place, and does what it says next. */
export async function use(reply) {
  if (!reply || !mine()) return;
  hide();
  const text = fill(reply.text, me);
  compose(text);
  if (reply.then === "edit") return;
  const done = await act(at("send"), send);
  if (done && reply.then === "close") close("resolved_by_human");
}

/** The assistant drafts; the operator edits and sends. */
export function suggest() {
  if (!mine()) return;
  const wanted = desk.chosen;
  put("suggest", "Drafting…");
  act(at("suggest"), async () => {
    const draft = await ask("POST", path(wanted, "/suggestion"));
    if (wanted !== desk.chosen) return;
    const fired = draft.signals.filter((signal) => signal.threshold !== undefined && signal.score >= signal.threshold);
    // A model takes a while: what was written meanwhile stays, and the draft waits beside it.
    const beside = at("reply-text").value.trim() || document.activeElement?.matches("input, select") || whispering;
    if (!beside) compose(draft.text);
    const take = make("button", { type: "button", id: "suggested-use", onclick: () => (take.remove(), compose(draft.text)) }, "Use it");
    at("suggested").hidden = false;
    at("suggested").replaceChildren(
      make("p", { class: "small" }, fired.length ? "The assistant drafted this. It would have been held back:" : "The assistant drafted this. Read it before you send it."),
      ...(beside ? [make("p", { class: "words", dir: "auto" }, draft.text), take] : []),
      ...fired.map(scored),
      ...[sources(draft.citations)].filter(Boolean),
    );
  }).finally(() => put("suggest", "Suggest a reply"));
}

when("macro", (digit) => use(canned().find((reply) => reply.key === digit)));
