// What every page needs: calls that carry a token, a stream of events that resumes, and elements
// that are made of text and never of markup.

/** Makes an element. Strings among the children become text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id. */
export function at(id) {
  return document.getElementById(id);
}

/** An id that no other message has. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps values over a reload, or at least until one, where the browser forbids storage. */
export function keeper(storage) {
  const memory = new Map();
  return {
    get(key) {
      try {
        return JSON.parse(storage().getItem(key)) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(key, value) {
      memory.set(key, value);
      try {
        storage().setItem(key, JSON.stringify(value));
      } catch {
        // Kept in memory.
      }
    },
    drop(key) {
      memory.delete(key);
      try {
        storage().removeItem(key);
      } catch {
        // Kept in memory only.
      }
    },
  };
}

/** A refusal by the server, or no answer at all (status 0). */
export class Refusal extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Calls the server and gives its JSON. */
export async function call(method, path, headers, body) {
  const options = { method, headers: { ...headers }, cache: "no-store" };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0, "The server cannot be reached.");
  }
  const text = await response.text().catch(() => "");
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    content = null;
  }
  if (!response.ok) {
    const seconds = Number(response.headers.get("retry-after")) || undefined;
    throw new Refusal(response.status, content?.detail ?? response.statusText, seconds);
  }
  return content;
}

/** Waits, or until the browser is online again. */
export function pause(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
  });
}

/** The server shows a sign of life at least every 30 s; after this long the line is dead. */
const SILENCE = 75_000;

/**
 * Follows a stream of events for ever: comes back after a break, with the last id it saw.
 *
 * `EventSource` would do, if it could send a token other than in the address. `on.event` gets
 * `{id, event, data}`, `on.connected` a boolean, `on.refused` a status that will not change by
 * waiting. Gives a function that ends it.
 */
export function follow(path, headers, on) {
  let last = "";
  let stopped = false;
  let abort = new AbortController();
  const run = async () => {
    let wait = 0;
    while (!stopped) {
      abort = new AbortController();
      try {
        const resume = last ? { "last-event-id": last } : {};
        const response = await fetch(path, {
          headers: { accept: "text/event-stream", ...headers(), ...resume },
          cache: "no-store",
          signal: abort.signal,
        });
        if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          on.refused?.(response.status);
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

/** The time of day of an RFC 3339 moment, with its full form for those who want it. */
export function clock(at) {
  const moment = new Date(at);
  const short = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return make("time", { datetime: at, title: moment.toLocaleString() }, short);
}
