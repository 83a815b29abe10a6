// What the customer wrote and the stream has not shown yet. It outlives a reload and a lost
// connection, and every message goes out under one id, so the server hears it once.

import { freshId, pause } from "../shared/calls.js";
import { keeper } from "../shared/kept.js";

const kept = keeper(() => localStorage);

let messages = kept.get("warmline.outbox") ?? [];
let sending = false;
const heard = new Map();

/** The messages, oldest first: `{id, text, sent, failed}`. */
export function outbox() {
  return messages;
}

function keep() {
  kept.set("warmline.outbox", messages);
}

/** Adds a message; gives its id. */
export function add(text) {
  const message = { id: freshId(), text };
  messages.push(message);
  keep();
  return message.id;
}

/** Takes a message out. */
export function remove(id) {
  messages = messages.filter((message) => message.id !== id);
  keep();
}

/** The stream showed the message: it was heard. */
export function shown(id) {
  remove(id);
  heard.get(id)?.();
  heard.delete(id);
}

/** Whether a message is still under way. */
export function underWay(id) {
  return messages.some((message) => message.id === id && !message.failed);
}

/** Everything is to be sent anew: it goes into another conversation. */
export function unsend() {
  for (const message of messages) message.sent = false;
  keep();
}

/**
 * Sends what waits, in order. The next message goes as soon as the one before is on record.
 * `post` sends one; `changed` is called after each; `refused(refusal)` says how long to wait, or
 * nothing where another attempt makes no sense.
 */
export async function flush({ post, changed, refused }) {
  if (sending) return;
  sending = true;
  for (let attempt = 0; ; ) {
    const message = messages.find((message) => !message.failed && !message.sent);
    if (!message) break;
    try {
      const recorded = new Promise((resolve) => heard.set(message.id, resolve));
      await Promise.race([post(message), recorded]);
      // It leaves the outbox when the stream shows it.
      message.sent = true;
      attempt = 0;
    } catch (refusal) {
      attempt += 1;
      const wait = refused(refusal, attempt);
      if (wait === undefined) message.failed = refusal.message;
      else await pause(wait);
    }
    keep();
    changed();
  }
  sending = false;
}
