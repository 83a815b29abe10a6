// What a page keeps over a reload.

import { ROOT } from "./calls.js";

/** Several servers share an origin, each under a path of its own: none finds what another keeps. */
const within = (key) => ROOT.pathname.slice(1) + key;

/** Keeps values over a reload, or at least until one, where the browser forbids storage. */
export function keeper(storage) {
  const memory = new Map();
  return {
    get(key) {
      try {
        return JSON.parse(storage().getItem(within(key))) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(key, value) {
      memory.set(key, value);
      try {
        storage().setItem(within(key), JSON.stringify(value));
      } catch {
        // Kept in memory.
      }
    },
    drop(key) {
      memory.delete(key);
      try {
        storage().removeItem(within(key));
      } catch {
        // Kept in memory only.
      }
    },
  };
}
