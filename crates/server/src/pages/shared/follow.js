// A stream of events that resumes where it broke off.

import { ROOT, pause } from "./calls.js";

/** The server shows a sign of life at least every 30 s; after this long the line is dead. */
const SILENCE = 75_000;

/**
 * Follows a stream of events for ever: comes back after a break, with the last id it saw.
 *
 * `EventSource` would do, if it could send a token other than in the address. `on.event` gets
 * `{id, event, data}`, `on.connected` a boolean. `on.refused` is called where whoever follows is not
 * let in, which waiting does not change; any other refusal may be a proxy's, and passes. Gives a
 * function that ends it.
 */
export function follow(path, headers, on) {
  let last = "";
  let stopped = false;
  let abort = new AbortController();
  // A line that outlasted a break of the network may be dead, and nobody would know for long.
  const broke = () => abort.abort();
  addEventListener("offline", broke);
  const run = async () => {
    let wait = 0;
    while (!stopped) {
      abort = new AbortController();
      try {
        const resume = last ? { "last-event-id": last } : {};
        const response = await fetch(new URL(path, ROOT), {
          headers: { accept: "text/event-stream", ...headers(), ...resume },
          cache: "no-store",
          signal: abort.signal,
        });
        if (response.status === 401 || response.status === 403) {
          on.refused?.();
          return;
        }
        if (response.ok) {
          wait = 0;
          on.connected?.(true);
          await read(response.body, abort, (event) => {
            if (event.id) last = event.id;
            on.event(event);
          });
        }
      } catch {
        // The line broke; the next attempt resumes.
      }
      if (stopped) return;
      on.connected?.(false);
      wait = Math.min(wait * 2 || 500, 10_000);
      await pause(wait * (0.5 + Math.random() / 2));
    }
  };
  run();
  return () => {
    stopped = true;
    removeEventListener("offline", broke);
    abort.abort();
  };
}

async function read(body, abort, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let event = { id: "", event: "message", data: [] };
  for (;;) {
    const silence = setTimeout(() => abort.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    text += value;
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length) take({ ...event, data: event.data.join("\n") });
        event = { id: "", event: "message", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") event.data.push(value);
      else if (field === "id") event.id = value;
      else if (field === "event") event.event = value;
    }
  }
}
