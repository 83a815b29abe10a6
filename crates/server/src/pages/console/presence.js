// Presence: a sign of life every so often, so that nobody waits for an operator who is gone.

import { at, put } from "../shared/elements.js";
import { ask, me } from "./session.js";
import { desk } from "./desk.js";

/** How often the server is told, in milliseconds. */
const BEAT = 20_000;

let status = "available";

async function beat() {
  if (!desk.connected && !navigator.onLine) return;
  try {
    await ask("PUT", "v1/presence", { status });
    at("presence").hidden = false;
  } catch {
    // The next one may arrive; the line itself says what is wrong.
    return;
  }
  put("presence", status === "available" ? "Available" : "Away");
  at("presence").dataset.status = status;
  at("presence").setAttribute("aria-pressed", String(status === "available"));
}

export function begin() {
  if (!me.name) return;
  at("presence").addEventListener("click", () => {
    status = status === "available" ? "away" : "available";
    beat();
  });
  setInterval(beat, BEAT);
  beat();
}
