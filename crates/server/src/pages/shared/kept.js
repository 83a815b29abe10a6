// What a page keeps over a reload.

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
