// Calls to the server. Addresses are relative to where these files lie, so that the pages work
// under any path.

/** Where the server's paths begin. */
export const ROOT = new URL("../../", import.meta.url);

/** What a call says that got no answer. */
export const UNREACHABLE = "The server cannot be reached.";

/** An id that no other message has. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
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
    response = await fetch(new URL(path, ROOT), options);
  } catch {
    throw new Refusal(0, UNREACHABLE);
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
