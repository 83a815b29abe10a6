// Canned replies, which everybody here shares, and macros: those with a key.

import { at, make } from "../shared/elements.js";
import { tell } from "./desk.js";
import { ask, offered } from "./session.js";

/** What there is before anybody wrote one of their own. */
const FIRST = [
  { name: "Hello", text: "Hello, this is {operator}. I have read what you wrote and I am looking into it.", key: "1", then: "edit" },
  { name: "One moment", text: "One moment please, I am checking that for you.", key: "2", then: "send" },
  { name: "Anything else", text: "Is there anything else that I can do for you?", key: "3", then: "edit" },
];

let replies = FIRST;
/** Whether the server keeps them. */
let kept = false;

/** The canned replies, in the order of their names. */
export function canned() {
  return replies;
}

/** A canned reply in somebody's mouth. */
export function fill(text, me) {
  return text.replaceAll("{operator}", me.display || me.name);
}

/** Reads what the server keeps. */
export async function readCanned() {
  const page = await offered(ask("GET", "v1/canned-replies"));
  kept = page !== null;
  if (page?.replies.length) replies = page.replies;
  tell("canned");
}

/** Whether they can be changed. */
export function changeable() {
  return kept;
}

/** Shows them, to be changed. */
export function edit() {
  drawMacros();
  at("macros").showModal();
}

function drawMacros() {
  at("macro-list").replaceChildren(
    ...replies.map((reply) =>
      make(
        "li",
        {},
        make("div", {}, make("b", {}, reply.name), reply.key ? make("kbd", {}, `Alt ${reply.key}`) : null, make("p", { class: "quiet small words" }, reply.text)),
        make("button", { type: "button", onclick: () => load(reply) }, "Change"),
        make("button", { type: "button", "aria-label": `Remove ${reply.name}`, onclick: () => save("DELETE", reply) }, "Remove"),
      ),
    ),
  );
}

function load(reply) {
  for (const field of ["name", "text", "key", "then"]) at(`macro-${field}`).value = reply[field] ?? "";
  at("macro-text").focus();
}

async function save(method, { name, ...rest }) {
  const body = method === "PUT" ? rest : undefined;
  try {
    // Those of the beginning are kept as soon as anybody changes one of them.
    if (replies === FIRST) for (const reply of FIRST) await put(reply);
    await ask(method, `v1/canned-replies/${encodeURIComponent(name)}`, body);
    replies = [];
    await readCanned();
    drawMacros();
    return true;
  } catch (refusal) {
    tell("toast", refusal.message);
    return false;
  }
}

const put = ({ name, ...rest }) => ask("PUT", `v1/canned-replies/${encodeURIComponent(name)}`, rest);

export function begin() {
  at("macro-key").replaceChildren(make("option", { value: "" }, "none"), ...Array.from("123456789", (key) => make("option", { value: key }, `Alt ${key}`)));
  at("macro-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const value = (field) => at(`macro-${field}`).value.trim();
    const reply = { name: value("name"), text: value("text"), key: value("key") || null, then: value("then") };
    if (await save("PUT", reply)) at("macro-form").reset();
  });
}
