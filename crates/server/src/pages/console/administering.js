// What the administrators' pages share: who is let in, dialogs that can be left, rows of tables.

import { at, make, put } from "../shared/elements.js";
import { enter, leave, may } from "./session.js";

/** Waits until an administrator is signed in, and shows the page; others read why not. */
export async function administer() {
  at("leave").addEventListener("click", leave);
  for (const button of document.querySelectorAll("[data-dismiss]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  await enter();
  at("desk").hidden = false;
  if (may("administer")) return true;
  for (const section of at("desk").querySelectorAll("section")) section.hidden = true;
  put("problem", "This page is for administrators.");
  return false;
}

/** Does something, and shows under `problem` why it could not be done; whether it could. */
export async function attempt(action, problem = "problem") {
  put(problem, "");
  try {
    await action();
    return true;
  } catch (refusal) {
    put(problem, refusal.message);
    return false;
  }
}

/** A row of a table, from what its cells hold. */
export function row(cells, properties = {}) {
  return make("tr", properties, ...cells.map((cell) => (cell?.tagName === "TD" ? cell : make("td", {}, cell ?? "–"))));
}

/** Words as chips, or a dash. */
export function chips(words) {
  return words.length ? make("td", {}, ...words.map((word) => make("span", { class: "chip" }, word))) : "–";
}

/** A moment, short; the whole of it for whoever hovers. */
export function moment(text) {
  if (!text) return "never";
  const then = new Date(text);
  const short = then.toLocaleString([], { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return make("time", { datetime: text, title: text }, short);
}
