// The open conversation: reading it again when it changes, who has it, and what goes with it.

import { UNREACHABLE } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";
import { drawCard, latest } from "./card.js";
import { desk, path, tell, when } from "./desk.js";
import { ask, me, offered } from "./session.js";
import { atEnd, clear, drawHeld, drawTurns, toEnd } from "./transcript.js";
import { brief, ending, plain } from "./words.js";

/** How long changes are gathered before the conversation is read again. */
const GATHER = 120;

let due = null;
let quiet = null;
/** Why what is shown could not be read again, until it could. */
let unread = "";
/** How many readings were begun, and the latest that was answered. */
let [reads, answered] = [0, 0];

/** Whether whoever is here has the open conversation. */
export function mine() {
  return desk.open?.owner === "operator" && desk.open.operator === me.name;
}

/** Begins to show conversations. */
export function begin() {
  at("earlier").addEventListener("click", () => readEarlier().catch((refusal) => problem(refusal.message)));
  at("back").addEventListener("click", leave);
  at("card-open").addEventListener("click", () => {
    const open = at("desk").classList.toggle("carded");
    at("card-open").setAttribute("aria-expanded", String(open));
    if (open) at("side").focus();
  });
  when("choose", choose);
  when("problem", problem);
  when("typing", typing);
}

/** Says what went wrong, or that nothing does any more. */
export function problem(words = "") {
  put("problem", words);
}

/** The server is there again: that it was not means nothing any more. */
export function reached() {
  if (at("problem").textContent === UNREACHABLE) problem();
}

/** Opens a conversation. Nothing changes by it. */
export async function choose(id) {
  if (!id) return;
  desk.chosen = id;
  clear();
  problem();
  unread = "";
  put("typing", "");
  put("owner", "Reading…");
  put("about", "");
  at("banner").dataset.owner = "";
  for (const button of ["claim", "close"]) at(button).hidden = true;
  at("reply").hidden = true;
  at("card").replaceChildren();
  at("card").dataset.shape = "";
  at("nothing").hidden = true;
  at("open").hidden = false;
  at("desk").classList.add("opened");
  at("desk").classList.remove("carded");
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  tell("chosen");
  at("talk").focus();
  await readTalk();
}

/** Closes what is shown, not the conversation. */
export function leave() {
  desk.chosen = null;
  clear();
  unread = "";
  history.replaceState(null, "", location.pathname);
  at("open").hidden = true;
  at("nothing").hidden = false;
  at("desk").classList.remove("opened", "carded");
  at("card").replaceChildren();
  tell("chosen");
  at("window").focus();
}

/** Reads the open conversation again, soon. */
export function readSoon() {
  due ??= setTimeout(() => {
    due = null;
    if (desk.chosen) readTalk();
  }, GATHER);
}

async function readTalk() {
  const [wanted, read] = [desk.chosen, (reads += 1)];
  try {
    const conversation = await ask("GET", path(wanted));
    if (wanted !== desk.chosen) return;
    answered = Math.max(answered, read);
    const known = desk.open;
    // An older answer that comes late tells nothing.
    if (known && conversation.steps < known.steps) return;
    desk.open = conversation;
    // A refusal of something else stays.
    if (unread && at("problem").textContent === unread) problem();
    unread = "";
    if (known) {
      // A slower question of before still holds.
      conversation.past = known.past;
      conversation.feedback = latest([...known.feedback, ...conversation.feedback]);
      conversation.first_step = Math.min(known.first_step, conversation.first_step);
    } else readPast(wanted);
    drawTalk();
  } catch (refusal) {
    // What was answered since is newer.
    if (wanted !== desk.chosen || read < answered) return;
    if (refusal.status === 404) {
      leave();
      tell("toast", "This conversation does not exist.");
    } else {
      unread = refusal.message;
      if (!desk.open) put("owner", "It could not be read");
      problem(unread);
    }
  }
}

/** What the customer came for before, where the server tells. */
async function readPast(id) {
  const past = await offered(ask("GET", path(id, "/past"))).catch(() => null);
  if (!past || desk.open?.conversation !== id) return;
  desk.open.past = past.conversations;
  drawCard(desk.open);
}

function drawTalk() {
  const { open } = desk;
  drawBanner();
  const follows = atEnd();
  drawTurns(open);
  at("earlier").hidden = open.first_step === 0;
  drawHeld(open, mine() ? (text) => tell("compose", text) : null);
  drawCard(open);
  if (open.turns.at(-1)?.by === "customer") put("typing", "");
  tell("open");
  if (follows) toEnd();
}

function drawBanner() {
  const { open } = desk;
  const owner = mine() ? "mine" : open.owner;
  const words = {
    assistant: open.answering ? "The assistant is answering" : "The assistant has it",
    queue: `Waiting for a person${open.trigger ? ` · ${brief(open.trigger)}` : ""}`,
    operator: `${open.operator} has it`,
    mine: "You have the conversation",
    nobody: `Ended: ${ending(open.outcome)}${open.csat ? `, rated ${open.csat} of 5` : ""}`,
  }[owner];
  put("owner", words);
  at("banner").dataset.owner = owner;
  put("about", [open.customer.customer ?? open.conversation, plain(open.state)].join(" · "));
  at("claim").hidden = owner === "mine" || owner === "operator" || owner === "nobody";
  put("claim", owner === "queue" ? "Claim" : "Take over");
  at("close").hidden = owner === "nobody" || owner === "operator";
  at("reply").hidden = !(owner === "mine" || open.whispers !== undefined);
}

async function readEarlier() {
  const wanted = desk.chosen;
  const from = Math.max(0, desk.open.first_step - 500);
  const earlier = await ask("GET", `${path(wanted)}?from=${from}`);
  if (desk.open?.conversation !== wanted) return;
  desk.open.first_step = from;
  drawTurns(earlier);
  at("earlier").hidden = from === 0;
}

/** Somebody is writing. It holds for some seconds, unless they go on. */
function typing({ conversation, by, operator }) {
  if (conversation !== desk.chosen || (by === "operator" && operator === me.name)) return;
  put("typing", by === "customer" ? "The customer is writing…" : `${operator} is writing…`);
  if (atEnd()) toEnd();
  clearTimeout(quiet);
  quiet = setTimeout(() => put("typing", ""), 6000);
}
