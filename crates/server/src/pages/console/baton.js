// The baton: claim, release, pass on, hand back, close. One click each; a close can be taken back
// for some seconds, because it is made only then.

import { at, make, put } from "../shared/elements.js";
import { ROOT } from "../shared/calls.js";
import { desk, path, when } from "./desk.js";
import { ask, beforeLeaving, headers, me, offered } from "./session.js";
import { mine, problem, readSoon } from "./talk.js";
import { OUTCOMES } from "./words.js";

/** How long a close can be taken back, in milliseconds. */
const UNDO = 7000;

/** Closes that can still be taken back, by conversation, the latest last. */
const closing = new Map();
/** The conversation that the dialog on the screen is about. */
let about = null;

export function begin() {
  at("claim").addEventListener("click", claim);
  at("release").addEventListener("click", release);
  at("handback-open").addEventListener("click", askHandback);
  at("pass-open").addEventListener("click", askPass);
  at("close").addEventListener("click", askClose);
  onSubmit("handback-form", handBack);
  onSubmit("pass-form", pass);
  at("outcomes").replaceChildren(
    ...Object.entries(OUTCOMES).map(([outcome, [words]]) =>
      make("button", { type: "button", onclick: () => (at("closing").close(), close(about, outcome)) }, words),
    ),
  );
  when("toast", (words) => toast(words));
  // Whoever leaves means what they said.
  beforeLeaving(() => Promise.all([...closing.values()].map((pending) => pending.now())));
  addEventListener("pagehide", () => closing.forEach((pending) => pending.now(true)));
}

/**
 * Does something to a conversation, says why if it was refused, and reads again what it changed.
 * `action` gets the id, and asks nowhere else for it: while it waits, another may be opened.
 */
export async function act(button, action, id = desk.chosen) {
  const stood = document.activeElement === button;
  button.disabled = true;
  problem();
  try {
    await action(id);
    return true;
  } catch (refusal) {
    const why = refusal.status === 409 ? friendly(refusal.message) : refusal.message;
    if (id === desk.chosen) problem(why);
    else toast(`In another conversation: ${why}`);
    return false;
  } finally {
    button.disabled = false;
    // A button that is out of use loses the focus.
    if (stood && document.activeElement === document.body) button.focus();
    readSoon();
  }
}

/** A refusal because somebody else was faster, as one would say it. */
function friendly(message) {
  const owner = message.match(/operator `([^`]+)` has the conversation/)?.[1];
  return owner ? `${owner} was faster and has this conversation now.` : message;
}

function onSubmit(form, action) {
  at(form).addEventListener("submit", (event) => {
    event.preventDefault();
    action(event.submitter ?? at(form).querySelector(".main"));
  });
}

/** Shows a dialog about the open conversation. It stays about this one, whichever is opened behind it. */
function show(dialog) {
  about = desk.chosen;
  at(dialog).showModal();
}

/** Whether a dialog about this conversation is still there. */
const stands = (dialog, id) => at(dialog).open && about === id;

const post = (id, action, body) => ask("POST", path(id, action), body);

/** Takes the open conversation. */
export function claim() {
  if (at("claim").hidden) return;
  return act(at("claim"), (id) => post(id, "/claim"));
}

/** Puts it back where it came from. */
export function release() {
  if (mine()) return act(at("release"), (id) => post(id, "/release", {}));
}

// Handing back.

const FIELDS = { done: "done", remaining: "remaining", limits: "limits", return_when: "return-when" };
const lines = (input) => at(input).value.split("\n").map((line) => line.trim()).filter(Boolean);

/** Asks for the note, filled in with what happened since the claim. */
export async function askHandback() {
  if (!mine()) return;
  at("handback-form").reset();
  put("handback-refused", "");
  at("handback-send").disabled = false;
  show("handback");
  at("remaining").focus();
  const id = about;
  const prepared = await offered(ask("GET", path(id, "/handback"))).catch(() => null);
  if (!prepared || !stands("handback", id)) return;
  for (const [field, input] of Object.entries(FIELDS)) at(input).value ||= prepared.note[field].join("\n");
  put("handback-refused", prepared.refused ?? "");
  at("handback-send").disabled = Boolean(prepared.refused);
}

async function handBack(button) {
  const id = about;
  const note = Object.fromEntries(Object.entries(FIELDS).map(([field, input]) => [field, lines(input)]));
  button.disabled = true;
  try {
    await post(id, "/handback", note);
    if (stands("handback", id)) at("handback").close();
    toast("The assistant has it again.");
  } catch (refusal) {
    if (stands("handback", id)) put("handback-refused", refusal.message);
    else toast(`Not handed back: ${refusal.message}`);
  }
  button.disabled = false;
  readSoon();
}

// Passing on.

/** Asks where to: at once among the queues of the workflow, and as soon as it is known with who waits
 * and who is there. */
export async function askPass() {
  if (!mine()) return;
  at("pass-why").value = "";
  offerPlaces(desk.queues.map((name) => ({ name })), []);
  show("pass");
  const id = about;
  const [queues, operators] = await Promise.all([
    offered(ask("GET", "v1/queues")).catch(() => null),
    offered(ask("GET", "v1/operators")).catch(() => null),
  ]);
  if (!stands("pass", id)) return;
  const others = (operators?.operators ?? []).filter((other) => other.name !== me.name && other.presence !== "offline");
  offerPlaces(queues?.queues ?? desk.queues.map((name) => ({ name })), others);
}

function offerPlaces(queues, others) {
  const chosen = at("pass-to").value;
  const option = (value, words) => make("option", { value, selected: value === chosen }, words);
  at("pass-to").replaceChildren(
    make("optgroup", { label: "Queues" }, ...queues.map((queue) => option(`queue ${queue.name}`, queue.waiting === undefined ? queue.name : `${queue.name} (${queue.waiting} waiting)`))),
    ...(others.length
      ? [make("optgroup", { label: "People" }, ...others.map((other) => option(`operator ${other.name}`, `${other.name} (${other.presence}, has ${other.owned} of ${other.capacity})`)))]
      : []),
  );
}

async function pass(button) {
  const [kind, ...rest] = at("pass-to").value.split(" ");
  const why = at("pass-why").value.trim();
  at("pass").close();
  const passOn = async (id) => {
    if (why) await offered(post(id, "/whispers", { text: why }));
    await post(id, "/release", { [kind]: rest.join(" ") });
    toast(`Passed on to ${rest.join(" ")}.`);
  };
  await act(button, passOn, about);
}

// Closing.

/** Asks how it ended. */
export function askClose() {
  if (!at("close").hidden) show("closing");
}

/** Closes a conversation, unless it is taken back in time. */
export function close(id, outcome) {
  if (closing.has(id)) return;
  const now = async (leaving = false) => {
    clearTimeout(timer);
    closing.delete(id);
    tosty.remove();
    const body = JSON.stringify({ outcome });
    if (leaving) {
      const options = { method: "POST", body, keepalive: true, headers: { ...headers(), "content-type": "application/json" } };
      fetch(new URL(path(id, "/close"), ROOT), options);
      return;
    }
    await ask("POST", path(id, "/close"), { outcome }).catch((refusal) => toast(`Not closed: ${refusal.message}`));
    readSoon();
  };
  const undo = () => {
    clearTimeout(timer);
    closing.delete(id);
    tosty.remove();
    toast("It stays open.");
  };
  const timer = setTimeout(now, UNDO);
  const tosty = toast(`Closing: ${OUTCOMES[outcome][0]}.`, UNDO, make("button", { type: "button", class: "undo", onclick: undo }, "Undo"));
  closing.set(id, { now, undo });
}

/** Whether a close can be taken back. */
export function undoable() {
  return closing.size > 0;
}

/** Takes the latest close back. */
export function undo() {
  [...closing.values()].at(-1)?.undo();
}

/** Says something in passing. */
export function toast(words, lasting = 4000, button = null) {
  const item = make("p", { class: "toast" }, make("span", {}, words), button);
  at("toasts").append(item);
  if (!button) setTimeout(() => item.remove(), lasting);
  return item;
}
