// Presence: a sign of life every so often, so that nobody waits for an operator who is gone.

import { at, put } from "../shared/elements.js";
import { ask, me, offered } from "./session.js";
import { desk } from "./desk.js";

/** How often the server is told, in milliseconds. */
const BEAT = 20_000;

let status = "available";

async function beat() {
  if (!desk.connected && !navigator.onLine) return;
  const known = await offered(ask("PUT", "v1/presence", { status })).catch(() => undefined);
  // A server that knows no presence is not asked again.
  if (known === null && at("presence").hidden) return clearInterval(timer);
  if (known !== undefined) at("presence").hidden = false;
  put("presence", status === "available" ? "Available" : "Away");
  at("presence").dataset.status = status;
  at("presence").setAttribute("aria-pressed", String(status === "available"));
}

let timer = null;

export function begin() {
  if (!me.name) return;
  at("presence").addEventListener("click", () => {
    status = status === "available" ? "away" : "available";
    beat();
  });
  timer = setInterval(beat, BEAT);
  beat();
}
