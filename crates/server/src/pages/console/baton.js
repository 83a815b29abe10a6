// The baton: claim, release, pass on, hand back, close. One click each; a close can be taken back
// for some seconds, because it is made only then.

import { at, make, put } from "../shared/elements.js";
import { ROOT } from "../shared/calls.js";
import { desk, path, tell, when } from "./desk.js";
import { ask, headers, me, offered } from "./session.js";
import { mine, problem, readSoon } from "./talk.js";
import { OUTCOMES } from "./words.js";

/** How long a close can be taken back, in milliseconds. */
const UNDO = 7000;

const closing = new Map();

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
      make("button", { type: "button", onclick: () => (at("closing").close(), close(outcome)) }, words),
    ),
  );
  when("toast", (words) => toast(words));
  // Whoever leaves the page means what they said.
  addEventListener("pagehide", () => closing.forEach((pending) => pending.now(true)));
}

/** Does something, says why if it was refused, and reads again what it changed. */
export async function act(button, action) {
  const stood = document.activeElement === button;
  button.disabled = true;
  problem();
  try {
    await action();
    return true;
  } catch (refusal) {
    problem(refusal.status === 409 ? friendly(refusal.message) : refusal.message);
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

const post = (action, body) => ask("POST", path(desk.chosen, action), body);

/** Takes the open conversation. */
export function claim() {
  if (at("claim").hidden) return;
  return act(at("claim"), async () => {
    await post("/claim");
    tell("claimed");
  });
}

/** Puts it back where it came from. */
export function release() {
  if (mine()) return act(at("release"), () => post("/release", {}));
}

// Handing back.

const FIELDS = { done: "done", remaining: "remaining", limits: "limits", return_when: "return-when" };
const lines = (id) => at(id).value.split("\n").map((line) => line.trim()).filter(Boolean);

/** Asks for the note, filled in with what happened since the claim. */
export async function askHandback() {
  if (!mine()) return;
  at("handback-form").reset();
  put("handback-refused", "");
  at("handback-send").disabled = false;
  at("handback").showModal();
  at("remaining").focus();
  const prepared = await offered(ask("GET", path(desk.chosen, "/handback"))).catch(() => null);
  if (!prepared) return;
  for (const [field, id] of Object.entries(FIELDS)) at(id).value ||= prepared.note[field].join("\n");
  put("handback-refused", prepared.refused ?? "");
  at("handback-send").disabled = Boolean(prepared.refused);
}

async function handBack(button) {
  const note = Object.fromEntries(Object.entries(FIELDS).map(([field, id]) => [field, lines(id)]));
  button.disabled = true;
  try {
    await post("/handback", note);
    at("handback").close();
    toast("The assistant has it again.");
  } catch (refusal) {
    put("handback-refused", refusal.message);
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
  at("pass").showModal();
  const [queues, operators] = await Promise.all([
    offered(ask("GET", "v1/queues")).catch(() => null),
    offered(ask("GET", "v1/operators")).catch(() => null),
  ]);
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
  await act(button, async () => {
    if (why) await offered(post("/whispers", { text: why }));
    await post("/release", { [kind]: rest.join(" ") });
    toast(`Passed on to ${rest.join(" ")}.`);
  });
}

// Closing.

/** Asks how it ended. */
export function askClose() {
  if (!at("close").hidden) at("closing").showModal();
}

/** Closes the open conversation, unless it is taken back in time. */
export function close(outcome) {
  const id = desk.chosen;
  if (!id || closing.has(id)) return;
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
  const tosty = toast(`Closing: ${OUTCOMES[outcome][0]}.`, UNDO, make("button", { type: "button", id: "undo", onclick: undo }, "Undo"));
  closing.set(id, { now });
}

/** Takes the latest close back. */
export function undo() {
  at("undo")?.click();
}

/** Says something in passing. */
export function toast(words, lasting = 4000, button = null) {
  const item = make("p", { class: "toast" }, make("span", {}, words), button);
  at("toasts").append(item);
  if (!button) setTimeout(() => item.remove(), lasting);
  return item;
}
