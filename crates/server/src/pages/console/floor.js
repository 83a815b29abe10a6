// The supervisor's page: how many wait, for how long and why; who works; and a way into each
// conversation: to watch it, to whisper into it, to take it.

import { pause } from "../shared/calls.js";
import { at, draw, make, put, refill, since, span } from "../shared/elements.js";
import { follow } from "../shared/follow.js";
import { desk, path, tell, when } from "./desk.js";
import { forget, happened, readRows } from "./rows.js";
import { ask, enter, headers, may, me, offered } from "./session.js";
import { acts, row, table } from "./tables.js";
import { brief, kindOf } from "./words.js";

/** How often queues and operators are read, in milliseconds. */
const OFTEN = 5000;
/** Conversations with operators that are listed. */
const LISTED = 100;

let queues = [];
let operators = [];
let whispered = null;

async function readFloor() {
  const [known, people] = await Promise.all([offered(ask("GET", "v1/queues")), offered(ask("GET", "v1/operators"))]);
  queues = known?.queues ?? [];
  operators = people?.operators ?? [];
  drawFloor();
}

function drawFloor() {
  const waiting = desk.waiting ?? [];
  const owned = [...desk.rows.values()].filter((row) => row.owner === "operator");
  const oldest = waiting.reduce((most, row) => Math.max(most, since(row.since)), 0);
  const late = waiting.filter((row) => row.alarm === "breach" || (row.due && since(row.due) > 0)).length;
  const there = operators.filter((operator) => operator.presence === "available").length;
  numbers([
    ["Waiting", `${waiting.length}${desk.complete ? "" : "+"}`],
    ["Longest wait", waiting.length ? span(oldest) : "–"],
    ["Past the target", String(late), late > 0],
    ["With operators", String(owned.length)],
    ["Operators available", String(there)],
  ]);
  drawTriggers(waiting);
  list("queues", ["Queue", "Waiting", "Longest", "Target", "A new one waits", "Open"], queues.map((queue) => [
    queue.name,
    number(queue.waiting),
    number(queue.oldest_since ? span(since(queue.oldest_since)) : "–", queue.target_seconds && queue.oldest_since && since(queue.oldest_since) > queue.target_seconds),
    number(queue.target_seconds ? span(queue.target_seconds) : "–"),
    number(queue.expected_wait_seconds == null ? "unknown" : span(queue.expected_wait_seconds)),
    queue.open ? "open" : queue.opens ? `opens ${new Date(queue.opens).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" })}` : "closed",
  ]), "No queue.");
  list("people", ["Operator", "Presence", "Load", "Skills"], operators.map((operator) => [
    operator.name,
    `${operator.presence}${operator.since ? ` for ${span(since(operator.since))}` : ""}`,
    load(operator),
    [...operator.skills, ...operator.languages].join(", ") || "–",
  ]), "Nobody is here.");
  list("owned", ["Operator", "What it is about", "For", ""], owned.slice(0, LISTED).map((row) => [
    row.operator,
    make("div", { class: "words" }, row.intent ?? brief(row.trigger) ?? row.conversation),
    number(span(since(row.since))),
    acts(...actions(row)),
  ]), "No operator has a conversation.");
}

function numbers(list) {
  if (at("numbers").children.length !== list.length) {
    at("numbers").replaceChildren(...list.map(([name]) => make("div", {}, make("dt", {}, name), make("dd", {}))));
  }
  for (const [index, [, value, bad]] of list.entries()) {
    const box = at("numbers").children[index];
    if (box.lastChild.textContent !== value) box.lastChild.textContent = value;
    box.classList.toggle("bad", Boolean(bad));
  }
}

const number = (value, late = false) => make("span", { class: late ? "number late" : "number" }, String(value));

function load({ owned, capacity }) {
  const part = Math.min(1, owned / Math.max(1, capacity));
  return make(
    "span",
    {},
    draw("svg", { viewBox: "0 0 100 10", class: "load", "aria-hidden": "true", preserveAspectRatio: "none" }, draw("rect", { width: 100, height: 10, rx: 3 }), draw("rect", { width: 100 * part, height: 10, rx: 3, class: part >= 1 ? "full" : "bar" })),
    ` ${owned} of ${capacity}`,
  );
}

/** Draws a table anew where what it says changed. Whoever stands on one of its buttons stays. */
function list(id, titles, lines, empty) {
  const rows = lines.map((cells) => row(cells));
  const shape = rows.map((row) => row.textContent).join("\n");
  if (at(id).dataset.shape === shape && at(id).children.length) return;
  at(id).dataset.shape = shape;
  refill(at(id), [rows.length ? table(titles, rows) : make("p", { class: "quiet" }, empty)]);
}

function drawTriggers(waiting) {
  const counts = new Map();
  for (const row of waiting) counts.set(row.trigger?.kind ?? "other", (counts.get(row.trigger?.kind ?? "other") ?? 0) + 1);
  const list = [...counts].sort((a, b) => b[1] - a[1]);
  const shape = JSON.stringify(list);
  if (at("triggers").dataset.shape === shape) return;
  at("triggers").dataset.shape = shape;
  const most = list[0]?.[1] ?? 1;
  at("triggers").replaceChildren(
    list.length
      ? make("ul", {}, ...list.map(([kind, count]) => make("li", {}, make("span", {}, kindOf(kind)), make("b", {}, String(count)), draw("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }, draw("rect", { width: (100 * count) / most, height: 4 })))))
      : make("p", { class: "quiet" }, "Nobody is waiting."),
  );
}

function actions(row) {
  const about = row.intent ?? row.conversation;
  const key = (act) => ({ "data-act": `${act} ${row.conversation}` });
  return [
    make("a", { class: "button", href: `../console#${encodeURIComponent(row.conversation)}`, "aria-label": `Watch ${about}`, ...key("watch") }, "Watch"),
    make("button", { type: "button", "aria-label": `Whisper into ${about}`, ...key("whisper"), onclick: () => whisper(row) }, "Whisper"),
    row.operator === me.name ? null : make("button", { type: "button", "aria-label": `Take ${about}`, ...key("take"), onclick: () => takeOver(row) }, "Take"),
  ];
}

function whisper(row) {
  whispered = row.conversation;
  put("whisper-title", `Whisper to ${row.operator}`);
  at("whisper-form").reset();
  at("whisper").showModal();
}

/** Takes a conversation from its operator, who reads who took it. */
async function takeOver(row) {
  await act(async () => {
    await ask("POST", path(row.conversation, "/take"));
    location.assign(`../console#${encodeURIComponent(row.conversation)}`);
  });
}

async function act(action) {
  put("problem", "");
  try {
    await action();
  } catch (refusal) {
    put("problem", refusal.message);
  }
}

function connected(yes) {
  put("line", yes ? "Live" : "Reconnecting…");
  at("line").dataset.line = yes ? "live" : "lost";
  at("lost").hidden = yes;
  put("lost", yes ? "" : "The connection to Warmline is lost. What you see may be out of date. Trying again…");
  if (yes) Promise.all([readRows(), readFloor()]).catch((refusal) => put("problem", refusal.message));
}

function take({ event, data }) {
  const told = JSON.parse(data);
  if (event === "reset") connected(true);
  else if (event === "erased") forget(told.conversation);
  else if (event === "step") happened(told);
}

async function start() {
  put("line", "Connecting…");
  at("whisper-form").addEventListener("submit", (event) => {
    event.preventDefault();
    at("whisper").close();
    act(async () => {
      await ask("POST", path(whispered, "/whispers"), { text: at("whisper-text").value.trim() });
      tell("toast", "Whispered.");
    });
  });
  when("rows", drawFloor);
  when("toast", (words) => {
    const item = make("p", { class: "toast" }, words);
    at("toasts").append(item);
    setTimeout(() => item.remove(), 4000);
  });
  if ((await enter()).leaving) return;
  at("desk").hidden = false;
  if (!may("supervise")) return put("problem", "This page is for supervisors.");
  follow("v1/events", headers, { event: take, connected, refused: () => location.reload() });
  for (;;) {
    await pause(OFTEN);
    if (!document.hidden) await readFloor().catch(() => {});
  }
}

setInterval(() => document.hidden || drawFloor(), 1000);
start();
