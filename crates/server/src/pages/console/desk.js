// What every part of the console knows, and how the parts tell each other what changed.
//
// Topics: `rows` (the lists changed), `list` (another list is shown), `chosen` (another conversation
// is open), `open` (the open conversation was read), `typing`, `canned`, `line` (the connection).

export const desk = {
  /** Conversations that wait or are with operators, by id; others as far as they were shown. */
  rows: new Map(),
  /** Which list is shown: `mine`, `waiting` or `all`. */
  list: "waiting",
  /** Whether everything that waits has been read. */
  complete: false,
  /** The id of the conversation that is open. */
  chosen: null,
  /** What the server said of it. */
  open: null,
  /** Queues, as the server tells of them. */
  queues: [],
  /** Operators, where the server tells of them. */
  operators: [],
  connected: false,
};

const bus = new EventTarget();

/** Tells that something changed. */
export function tell(topic, detail) {
  bus.dispatchEvent(new CustomEvent(topic, { detail }));
}

/** Listens. */
export function when(topic, action) {
  bus.addEventListener(topic, (event) => action(event.detail));
}

/** The path of a conversation. */
export function path(id, action = "") {
  return `v1/conversations/${encodeURIComponent(id)}${action}`;
}
