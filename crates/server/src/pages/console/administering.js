// What the pages for supervisors and administrators share: who is let in, what could not be done,
// chips and moments.

import { at, make, put } from "../shared/elements.js";
import { enter, may } from "./session.js";

/** Waits until somebody is signed in, and shows the page to whoever has `permission`; others read whom
 * it is for. */
export async function admit(permission, whom) {
  if ((await enter()).leaving) return false;
  put("line", "");
  at("desk").hidden = false;
  if (may(permission)) return true;
  for (const section of at("desk").querySelectorAll("section")) section.hidden = true;
  put("problem", `This page is for ${whom}.`);
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

/** Words as chips, or a dash. */
export function chips(words) {
  return words.length ? make("div", {}, ...words.map((word) => make("span", { class: "chip" }, word))) : "–";
}

/** A moment, short; the whole of it for whoever hovers. */
export function moment(text) {
  if (!text) return "never";
  const then = new Date(text);
  const year = then.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const short = then.toLocaleString([], { ...year, month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return make("time", { datetime: text, title: text }, short);
}
