// The lists, kept up to date: everything that waits or is with operators is read once, and what
// happens is applied to it. Only what a step does not tell is read again, many rows at once.

import { pause } from "../shared/calls.js";
import { desk, tell } from "./desk.js";
import { ask, me } from "./session.js";

/** Rows of the first page, which is shown at once, and of those after it. */
const FIRST = 50;
const PAGE = 250;
/** Rows that can be named in one request. */
const NAMED = 50;
/** How long changes are gathered before they are read and shown. */
const GATHER = 250;

let reading = 0;
let changed = new Set();
/** How far steps have told of conversations since everything began to be read: `{epoch, turns}`. */
let heard = new Map();
let gathering = null;
/** How far the list of everything has been read: undefined before its first page, null at its end. */
let further;
/** What a search found, best first; null while nothing is searched for. */
let found = null;
let searched = 0;

/** Reads everything that waits or is with operators, and shows it as it comes. */
export async function readRows() {
  reading += 1;
  const mine = reading;
  const seen = new Set();
  heard = new Map();
  desk.complete = false;
  further = undefined;
  for (const owner of ["operator", "queue"]) {
    let after = null;
    do {
      const page = await ask("GET", `v1/conversations?owner=${owner}&limit=${after ? PAGE : FIRST}${cursor(after)}`);
      if (mine !== reading) return;
      for (const row of page.conversations) {
        seen.add(row.conversation);
        take(row);
      }
      after = page.next;
      show();
      // Whatever the operator does goes first.
      if (after) await pause(30);
    } while (after);
  }
  for (const [id, row] of desk.rows) {
    if (!seen.has(id) && !heard.has(id) && (row.owner === "queue" || row.owner === "operator")) desk.rows.delete(id);
  }
  desk.complete = true;
  show();
}

const cursor = (after) => (after ? `&after=${encodeURIComponent(after)}` : "");

/** Takes a row that was read; reads it again where steps have told more since then. */
function take(row) {
  const id = row.conversation;
  const told = heard.get(id);
  if (told && !row.quarantined && (row.epoch < told.epoch || row.turns < told.turns)) {
    changed.add(id);
    gather();
    return;
  }
  row.spoken = Date.parse(row.since);
  desk.rows.set(id, row);
}

/** Applies a step. */
export function happened(step) {
  const row = desk.rows.get(step.conversation);
  const held = step.owner === "queue" || step.owner === "operator";
  const last = step.turns.at(-1);
  if (row || held || !desk.complete) {
    const turns = last?.turn ?? heard.get(step.conversation)?.turns ?? 0;
    heard.set(step.conversation, { epoch: step.epoch, turns });
  }
  if (!row && !held) return;
  // What was read tells more already.
  if (row && (step.epoch < row.epoch || last?.turn < row.turns)) return;
  const moved = row?.epoch !== step.epoch || row?.state !== step.state;
  if (row) {
    row.owner = step.owner;
    row.state = step.state;
    row.epoch = step.epoch;
    if (moved) row.spoken = Date.parse((row.since = step.at));
    if (step.event === "operator_claimed") row.operator = row.last_operator = step.operator;
    else if (step.owner !== "operator") row.operator = null;
    if (last) {
      row.turns = last.turn;
      if (last.by !== "notice") row.last = { by: last.by, text: last.text.slice(0, 160), at: last.at };
    }
  }
  // What the step does not tell: the card, the trigger in full, priority and target.
  const more = !row || (moved && step.event !== "operator_claimed") || ["timer_fired", "card_written"].includes(step.event);
  if (more) changed.add(step.conversation);
  gather();
}

/** Forgets a conversation. */
export function forget(id) {
  desk.rows.delete(id);
  changed.delete(id);
  // Whatever was read of it before is late.
  heard.set(id, { epoch: Infinity, turns: 0 });
  gather();
}

function gather() {
  gathering ??= setTimeout(async () => {
    const ids = [...changed];
    changed = new Set();
    if (ids.length) await readNamed(ids).catch(() => ids.forEach((id) => changed.add(id)));
    gathering = null;
    show();
    if (changed.size) gather();
  }, GATHER);
}

async function readNamed(ids) {
  for (let from = 0; from < ids.length; from += NAMED) {
    const named = ids.slice(from, from + NAMED);
    const page = await ask("GET", `v1/conversations?ids=${encodeURIComponent(named.join(" "))}`);
    const there = new Set(page.conversations.map((row) => row.conversation));
    page.conversations.forEach(take);
    named.filter((id) => !there.has(id)).forEach((id) => desk.rows.delete(id));
  }
}

/** A point of priority is like a minute of waiting, as the server's own order has it. */
const rank = (row) => row.spoken - (row.priority ?? 0) * 60_000;
const byNeed = (a, b) => rank(a) - rank(b);
const byAnswer = (a, b) => owed(b) - owed(a) || byNeed(a, b);

/** Whether the customer spoke last. */
export function owed(row) {
  return Number(row.last?.by === "customer");
}

function show() {
  const waiting = [];
  const mine = [];
  for (const row of desk.rows.values()) {
    if (row.owner === "queue") waiting.push(row);
    else if (row.owner === "operator" && row.operator === me.name) mine.push(row);
  }
  desk.waiting = waiting.sort(byNeed);
  desk.mine = mine.sort(byAnswer);
  tell("rows");
}

/** The rows of the list that is shown. */
export function shown() {
  if (found) return found.map((id) => desk.rows.get(id)).filter(Boolean);
  if (desk.list === "mine") return desk.mine ?? [];
  if (desk.list === "waiting") return desk.waiting ?? [];
  return [...desk.rows.values()].sort((a, b) => b.spoken - a.spoken);
}

/** Reads on in the list of everything; whether there may be more. */
export async function readFurther() {
  if (desk.list !== "all" || further === null || found) return false;
  const page = await ask("GET", `v1/conversations?limit=100${cursor(further)}`);
  further = page.next;
  page.conversations.forEach(take);
  show();
  return further !== null;
}

/** Looks for conversations; empty words end the search. */
export async function search(words) {
  const wanted = words.trim();
  searched += 1;
  const mine = searched;
  if (!wanted) {
    found = null;
    tell("rows");
    return;
  }
  const page = await ask("GET", `v1/conversations?limit=100&q=${encodeURIComponent(wanted)}`);
  page.conversations.forEach(take);
  // Meanwhile something else is searched for, or nothing.
  if (mine !== searched) return;
  found = page.conversations.map((row) => row.conversation);
  tell("rows");
}

/** Whether a search is on. */
export function searching() {
  return found !== null;
}
