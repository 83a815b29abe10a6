// While the customer waits: their place in the line, how long it takes, and a call-back instead.

import { call } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";
import { about, language, tongue } from "./tongue.js";

/** How often the place is asked for, in milliseconds. */
const OFTEN = 10_000;

let timer = null;
let headers = null;

/** Follows the place for as long as the customer waits. */
export function follow(waiting, carried) {
  headers = carried;
  if (!waiting) {
    clearInterval(timer);
    timer = null;
    at("place").hidden = true;
    // Whoever waits again is asked again.
    at("contact-done").hidden = true;
    return;
  }
  if (timer) return;
  timer = setInterval(read, OFTEN);
  read();
}

async function read() {
  let place = null;
  try {
    place = await call("GET", "v1/chat/wait", headers());
  } catch {
    // The line itself says what is wrong.
    return;
  }
  if (!timer || !place?.waiting) return;
  const words = place.opens ? [tongue("opens", { when: when(place.opens) })] : line(place);
  put("place-words", words.join(" "));
  at("contact-form").hidden = !place.contact_wanted || !at("contact-done").hidden;
  at("place").hidden = false;
}

function line({ position, expected_wait_seconds: wait }) {
  const words = [];
  if (position) words.push(position === 1 ? tongue("first") : tongue("number", { position }));
  words.push(wait === null || wait === undefined ? tongue("unsure") : tongue("about", { wait: about(wait) }));
  return words;
}

function when(at) {
  return new Date(at).toLocaleString(language, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
}

export function begin(tell) {
  at("contact-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const contact = at("contact").value.trim();
    try {
      await call("POST", "v1/chat/contact", headers(), { contact });
      if (!timer) return;
      put("contact-done", tongue("called", { contact }));
      at("contact-done").hidden = false;
      at("contact-form").hidden = true;
    } catch (refusal) {
      tell(`${refusal.message} ${tongue("retry")}`);
    }
  });
}
