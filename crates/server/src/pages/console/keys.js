// The keyboard: every command by a key, a bar that finds them by name, and the list of all.

import { at, make } from "../shared/elements.js";
import { keeper } from "../shared/kept.js";
import * as baton from "./baton.js";
import { suggest, use, write } from "./composer.js";
import { desk, tell } from "./desk.js";
import { current, move, showList } from "./list.js";
import { canned, changeable, edit } from "./macros.js";
import { choose, leave, mine } from "./talk.js";

const kept = keeper(() => localStorage);

/** Whether there is an open conversation that whoever is here has. */
const own = () => mine();
const open = () => Boolean(desk.open);

/** What can be done: its key, its name, when, and how. */
const COMMANDS = [
  ["n", "Take the one that waits longest", () => desk.waiting?.length, takeNext],
  ["c", "Claim or take over", () => open() && !at("claim").hidden, baton.claim],
  ["r", "Reply to the customer", own, () => write()],
  ["w", "Whisper to the team", () => open() && desk.open.whispers !== undefined, () => write(true)],
  ["s", "Suggest a reply", own, suggest],
  ["h", "AI can finish this", own, baton.askHandback],
  ["p", "Pass on to a queue or a person", own, baton.askPass],
  ["l", "Release", own, baton.release],
  ["x", "Close with an outcome", () => open() && !at("close").hidden, baton.askClose],
  ["z", "Undo the close", baton.undoable, baton.undo],
  ["i", "Show the card", open, () => (at("card-open").click(), at("side").focus())],
  ["1", "Show my conversations", null, () => showList("mine")],
  ["2", "Show who waits", null, () => showList("waiting")],
  ["3", "Show all conversations", null, () => showList("all")],
  ["/", "Search", null, () => at("search").focus()],
  ["j", "Next in the list", null, () => move(1)],
  ["k", "Previous in the list", null, () => move(-1)],
  ["Enter", "Open the marked conversation", () => current(), () => choose(current())],
  ["Escape", "Back to the list", open, leave],
  ["?", "Show every key", null, help],
];

async function takeNext() {
  const next = desk.waiting?.find((row) => !row.quarantined);
  if (!next) return;
  await choose(next.conversation);
  // Whoever has gone on to another one does not mean that one.
  if (desk.chosen === next.conversation) await baton.claim();
}

function help() {
  const shown = [["Ctrl K", "Commands by name"], ["Ctrl Enter", "Send"], ["Alt 1 … 9", "Macros"], ...COMMANDS];
  at("keys").replaceChildren(
    ...shown.map(([key, name]) => make("div", {}, make("dt", {}, ...key.split(" ").map((part) => make("kbd", {}, part.length === 1 ? part.toUpperCase() : part))), make("dd", {}, name))),
  );
  at("help").showModal();
}

// The bar.

let found = [];
let place = 0;

/** Opens the bar. */
export function openBar() {
  at("bar-text").value = "";
  find();
  at("bar").showModal();
}

function find() {
  const wanted = at("bar-text").value.trim().toLowerCase();
  const fits = (words) => wanted.split(/\s+/).every((part) => words.toLowerCase().includes(part));
  const commands = COMMANDS.filter(([, name, when]) => fits(name) && (!when || when())).map(([key, name, , run]) => ({ key, name, run }));
  const macros = own() ? canned().filter(({ name, text }) => fits(`canned ${name} ${text}`)).map((reply) => ({ key: reply.key ? `Alt ${reply.key}` : "", name: `Canned reply: ${reply.name}`, run: () => use(reply) })) : [];
  const editing = changeable() && fits("Change canned replies") ? [{ key: "", name: "Change canned replies", run: edit }] : [];
  const rows = wanted
    ? [...desk.rows.values()].filter((row) => fits(`${row.intent ?? ""} ${row.customer.customer ?? ""} ${row.conversation}`)).slice(0, 6)
    : [];
  const goings = rows.map((row) => ({ key: "", name: `Open: ${row.intent ?? row.customer.customer ?? row.conversation}`, run: () => choose(row.conversation) }));
  found = [...commands, ...macros, ...editing, ...goings].slice(0, 40);
  place = 0;
  drawFound();
}

function drawFound() {
  at("bar-list").replaceChildren(
    ...found.map(({ key, name }, index) =>
      make("li", { role: "option", id: `bar-${index}`, "aria-selected": String(index === place), onclick: () => run(index) }, make("span", {}, name), key ? make("kbd", {}, key.length === 1 ? key.toUpperCase() : key) : null),
    ),
    ...(found.length ? [] : [make("li", { class: "quiet", role: "option", "aria-selected": "false" }, "Nothing by that name")]),
  );
  at("bar-text").setAttribute("aria-activedescendant", found.length ? `bar-${place}` : "");
  at(`bar-${place}`)?.scrollIntoView({ block: "nearest" });
}

function run(index) {
  at("bar").close();
  found[index]?.run();
}

// The keys themselves.

function pressed(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (!at("desk").hidden && !document.querySelector("dialog[open]")) openBar();
    return;
  }
  if (at("desk").hidden || document.querySelector("dialog[open]") || event.isComposing) return;
  if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)) {
    event.preventDefault();
    tell("macro", event.code.at(-1));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = event.target.closest("input, textarea, select");
  // A field of a dialog that was closed just now may have the focus until the next frame.
  if (writing?.checkVisibility()) {
    if (event.key === "Escape") writing.blur();
    return;
  }
  // A key that an element takes for itself stays with it.
  if (event.key === "Enter" && event.target.closest("button, a, summary, [role=listbox]")) return;
  if (!at("single-keys").checked && event.key.length === 1) return;
  const command = COMMANDS.find(([key]) => key === (event.key.length === 1 ? event.key.toLowerCase() : event.key));
  if (!command || (command[2] && !command[2]())) return;
  event.preventDefault();
  command[3]();
}

export function begin() {
  document.addEventListener("keydown", pressed);
  at("bar-open").addEventListener("click", openBar);
  at("help-open").addEventListener("click", help);
  at("bar-text").addEventListener("input", find);
  at("bar-text").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) place = (place + step + found.length) % Math.max(1, found.length);
    else if (event.key === "Enter") return event.preventDefault(), run(place);
    else return;
    event.preventDefault();
    drawFound();
  });
  at("single-keys").checked = kept.get("warmline.keys") ?? true;
  at("single-keys").addEventListener("change", () => kept.set("warmline.keys", at("single-keys").checked));
}
