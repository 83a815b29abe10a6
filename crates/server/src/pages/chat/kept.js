// Where the chat keeps which conversation is open: in the browser; or, in a frame that may keep
// nothing, with the widget on the page around it. Only pages that the server names show the chat.

import { keeper } from "../shared/kept.js";

const NAME = "warmline.chat";
/** How long the page around may take to answer, in milliseconds. */
const ANSWER = 1000;

const kept = keeper(() => localStorage);
const around = window.parent !== window && !allowed();

/** Whether this page may keep anything: browsers forbid it to frames of other sites, or can be told to. */
function allowed() {
  try {
    return Boolean(localStorage);
  } catch {
    return false;
  }
}

/** Gives what was kept, or null. */
export async function recall() {
  if (!around) return kept.get(NAME);
  const answered = new Promise((resolve) => {
    setTimeout(() => resolve(null), ANSWER);
    addEventListener("message", ({ source, data }) => {
      if (source === window.parent && data?.warmline === "kept") resolve(data.session);
    });
  });
  window.parent.postMessage({ warmline: "recall" }, "*");
  const session = await answered;
  return typeof session?.token === "string" ? session : null;
}

/** Keeps it over a reload; null is nothing any more. */
export function keep(session) {
  if (around) window.parent.postMessage({ warmline: "keep", session }, "*");
  else if (session) kept.set(NAME, session);
  else kept.drop(NAME);
}
