// The list on the left. Only the rows in view exist as elements, so that thousands cost no more
// than a screenful.

import { at, make, put, since, span } from "../shared/elements.js";
import { desk, tell, when } from "./desk.js";
import { owed, readFurther, search, searching, shown } from "./rows.js";
import { me } from "./session.js";
import { brief, holder, tongue } from "./words.js";

/** The height of a row in pixels, as `list.css` has it. */
const HEIGHT = 92;
/** Rows above and below the window that exist already. */
const SPARE = 4;

let rows = [];
let cursor = 0;
let frame = null;
let onOpen = () => {};
/** Elements by the id of their conversation. */
const items = new Map();
/** Turns that were on the screen, by conversation: more than these are news. */
const looked = new Map();

/** Begins; `open` is called with the id of a conversation that somebody chose. */
export function begin(open) {
  onOpen = open;
  at("window").addEventListener("scroll", later, { passive: true });
  at("window").addEventListener("click", (event) => {
    const item = event.target.closest("[data-conversation]");
    if (item) pick(item.dataset.conversation);
  });
  at("window").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6, Home: -rows.length, End: rows.length }[event.key];
    if (step) move(step);
    else if (event.key === "Enter" && rows[cursor]) pick(rows[cursor].conversation);
    else return;
    event.preventDefault();
  });
  for (const tab of document.querySelectorAll("[data-list]")) {
    tab.addEventListener("click", () => showList(tab.dataset.list));
  }
  let pending = null;
  at("search").addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(() => search(at("search").value).catch((refusal) => tell("problem", refusal.message)), 200);
  });
  new ResizeObserver(later).observe(at("window"));
  when("rows", later);
  when("chosen", later);
  setInterval(tick, 1000);
}

/** Shows `mine`, `waiting` or `all`. */
export function showList(name) {
  desk.list = name;
  at("search").value = "";
  search("");
  for (const other of document.querySelectorAll("[data-list]")) {
    other.setAttribute("aria-pressed", String(other.dataset.list === name));
  }
  cursor = 0;
  at("window").scrollTop = 0;
  tell("list");
  later();
  if (name === "all") readFurther().catch(() => {});
}

/** Moves the cursor, and keeps it in view. */
export function move(by) {
  cursor = Math.max(0, Math.min(rows.length - 1, cursor + by));
  const box = at("window");
  const top = cursor * HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = top + HEIGHT - box.clientHeight;
  later();
}

/** The conversation under the cursor. */
export function current() {
  return rows[cursor]?.conversation ?? null;
}

function pick(id) {
  cursor = Math.max(0, rows.findIndex((row) => row.conversation === id));
  onOpen(id);
}

function later() {
  frame ??= requestAnimationFrame(() => {
    frame = null;
    drawList();
  });
}

function drawList() {
  const under = rows[cursor]?.conversation;
  rows = shown();
  // The cursor stays on its conversation while others come and go.
  const moved = rows.findIndex((row) => row.conversation === under);
  if (moved >= 0) cursor = moved;
  cursor = Math.max(0, Math.min(cursor, rows.length - 1));
  counts();
  const box = at("window");
  at("space").style.height = `${rows.length * HEIGHT}px`;
  const from = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - SPARE);
  const to = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / HEIGHT) + SPARE);
  const kept = new Set();
  for (let place = from; place < to; place += 1) {
    const row = rows[place];
    kept.add(row.conversation);
    drawRow(row, place);
  }
  for (const [id, item] of items) {
    if (kept.has(id)) continue;
    item.remove();
    items.delete(id);
  }
  const active = rows[cursor] && items.get(rows[cursor].conversation);
  if (active) box.setAttribute("aria-activedescendant", active.id);
  else box.removeAttribute("aria-activedescendant");
  if (to === rows.length && desk.list === "all") readFurther().catch(() => {});
}

function counts() {
  const waiting = desk.waiting?.length ?? 0;
  put("count-waiting", `${waiting}${desk.complete ? "" : "+"}`);
  put("count-mine", String(desk.mine?.length ?? 0));
  document.title = waiting ? `(${waiting}) Warmline console` : "Warmline console";
  const empty = rows.length === 0;
  at("window").hidden = empty;
  at("empty").hidden = !empty;
  if (!empty) return;
  const [words, more] = emptiness();
  put("empty-words", words);
  put("empty-more", more);
}

function emptiness() {
  if (searching()) return ["Nothing was found.", "Words are looked for in what waits or is with operators; numbers and customers everywhere."];
  if (!desk.complete) return [desk.connected ? "Reading the list…" : "Not connected.", ""];
  return {
    mine: ["You have no conversation.", "Press N to take the one that waits longest."],
    waiting: ["Nobody is waiting.", "New conversations appear here by themselves."],
    all: ["There is no conversation yet.", "Open /chat to begin one."],
  }[desk.list];
}

function drawRow(row, place) {
  let item = items.get(row.conversation);
  const news = owed(row) && row.operator === me.name && row.turns > (looked.get(row.conversation) ?? 0);
  if (row.conversation === desk.chosen) looked.set(row.conversation, row.turns);
  const shape = [row.epoch, row.turns, row.owner, row.operator, row.alarm, row.priority, row.intent, row.trigger?.kind, desk.list, news].join("|");
  if (!item) {
    item = make("div", { role: "option", id: `row-${row.conversation}`, "data-conversation": row.conversation });
    items.set(row.conversation, item);
    at("space").append(item);
  }
  if (item.dataset.shape !== shape) {
    item.dataset.shape = shape;
    item.replaceChildren(...content(row, news));
  }
  item.style.top = `${place * HEIGHT}px`;
  item.setAttribute("aria-posinset", String(place + 1));
  item.setAttribute("aria-setsize", String(rows.length));
  item.setAttribute("aria-selected", String(row.conversation === desk.chosen));
  item.classList.toggle("cursor", place === cursor);
  pace(item, row);
}

function content(row, news) {
  const { segment, language, channel, customer } = row.customer;
  const badge = (words, kind = "") => (words ? make("span", { class: `badge ${kind}` }, words) : null);
  const title = row.quarantined ? "Damaged" : brief(row.trigger) || holder(row, me.name);
  const words = row.quarantined ?? row.intent ?? row.last?.text ?? customer ?? row.conversation;
  return [
    make("span", { class: "top" }, news ? make("span", { class: "news" }, "New ") : null, make("span", { class: "title" }, title), make("span", { class: "wait" })),
    make("span", { class: "intent" }, desk.list === "mine" && row.last ? `${row.last.by === "customer" ? "" : "You: "}${row.last.text}` : words),
    make(
      "span",
      { class: "facts" },
      badge(row.priority > 0 ? `priority ${row.priority}` : "", "hot"),
      badge(row.callback ? "call back" : "", "hot"),
      badge(row.reserved_for === me.name || (row.owner === "queue" && row.last_operator === me.name) ? "yours before" : "", "mine"),
      badge(row.sentiment === "upset" ? "upset" : "", "hot"),
      badge(segment, "strong"),
      badge(language ? tongue(language) : ""),
      ...(row.skills ?? []).map((skill) => badge(skill)),
      badge(channel),
      ...row.sensitivities.map((name) => badge(name)),
      desk.list === "waiting" ? null : badge(holder(row, me.name)),
    ),
    make("span", { class: "pace", "aria-hidden": "true" }),
  ];
}

/** Shows how long it waits, and how much of its time is gone. */
function pace(item, row) {
  const wait = item.querySelector(".wait");
  const seconds = since(row.since);
  const target = row.due ? (Date.parse(row.due) - Date.parse(row.since)) / 1000 : 0;
  const waits = row.owner === "queue";
  const words = waits && target > 0 ? `${span(seconds)} of ${span(target)}` : span(seconds);
  if (wait.textContent !== words) wait.textContent = words;
  const late = row.alarm === "breach" || (target > 0 && seconds >= target);
  const soon = row.alarm === "warning" || (target > 0 ? seconds >= target * 0.75 : seconds >= 120);
  item.dataset.pace = !waits ? "" : late ? "late" : soon ? "soon" : "well";
  item.querySelector(".pace").style.width = waits && target > 0 ? `${Math.min(100, (100 * seconds) / target)}%` : "0";
}

function tick() {
  if (document.hidden) return;
  for (const [id, item] of items) {
    const row = desk.rows.get(id);
    if (row) pace(item, row);
  }
}
