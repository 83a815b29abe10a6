// The customer's chat. What was said comes from the stream of events alone; what the customer
// writes waits in an outbox until the server has heard it, and is sent again with the same id.

import { call, freshId, pause } from "../shared/calls.js";
import { at, clock, make } from "../shared/elements.js";
import { follow } from "../shared/follow.js";
import { keeper } from "../shared/kept.js";

const kept = keeper(() => localStorage);
const WHO = { assistant: "Assistant (AI)", operator: "Our team" };
const SPEAKING = {
  assistant: "You are talking to our assistant, an AI.",
  waiting: "Waiting for a person. Keep writing, nothing is lost.",
  operator: "You are talking to a person.",
  ended: "This conversation has ended.",
};
const WANTS_PERSON = "I would like to talk to a person.";

let session = kept.get("warmline.chat");
let outbox = kept.get("warmline.outbox") ?? [];
let speaking = "assistant";
let rated = false;
let asking = 0;
let sending = false;
let stop = null;
const turns = new Map();
const heard = new Map();

const headers = () => ({ authorization: `Bearer ${session.token}` });

/** Opens a conversation if there is none. */
async function open() {
  if (session) return;
  const opened = await call("POST", "v1/chat", {});
  session = { conversation: opened.conversation, token: opened.token };
  kept.set("warmline.chat", session);
  listen();
}

function listen() {
  stop?.();
  stop = follow("v1/chat/events", headers, {
    event: ({ event, data }) => (event === "reset" ? clear() : take(JSON.parse(data))),
    connected: (connected) => tell(connected ? "" : "Connection lost. Trying again…"),
    refused: () => {
      forget();
      tell("The earlier conversation can no longer be opened. A new one begins here.");
    },
  });
}

/** Gives the conversation up. What is in the outbox goes into the next one. */
function forget() {
  stop?.();
  stop = null;
  session = null;
  kept.drop("warmline.chat");
  for (const message of outbox) message.sent = false;
  clear();
}

/** Takes everything off the screen that the stream brought. */
function clear() {
  turns.clear();
  speaking = "assistant";
  rated = false;
  at("log").replaceChildren();
  show();
}

function take(step) {
  if (step.message) {
    outbox = outbox.filter((message) => message.id !== step.message);
    keep();
    heard.get(step.message)?.();
    heard.delete(step.message);
  }
  for (const turn of step.turns) {
    if (turns.has(turn.turn)) continue;
    turns.set(turn.turn, turn);
    at("log").append(bubble(turn));
  }
  speaking = step.speaking;
  rated = step.rated !== undefined || (rated && speaking === "ended");
  show();
  scroll();
}

function bubble(turn) {
  const sources = turn.citations.map((citation) => [
    make("strong", {}, citation.title),
    make("blockquote", { class: "words" }, citation.passage),
  ]);
  return make(
    "li",
    { "data-by": turn.by, "data-turn": String(turn.turn) },
    turn.by === "notice"
      ? null
      : make("div", { class: "who" }, WHO[turn.by] ? `${WHO[turn.by]} · ` : "You · ", clock(turn.at)),
    make("div", { class: "words" }, turn.text),
    sources.length ? make("details", {}, make("summary", {}, "Sources"), ...sources) : null,
  );
}

function say(text) {
  const message = { id: freshId(), text };
  outbox.push(message);
  keep();
  show();
  scroll();
  flush();
  return message.id;
}

function keep() {
  kept.set("warmline.outbox", outbox);
}

/** Sends what waits, in order. The next message goes as soon as the one before is on record. */
async function flush() {
  if (sending) return;
  sending = true;
  let wait = 0;
  for (;;) {
    const message = outbox.find((message) => !message.failed && !message.sent);
    if (!message) break;
    try {
      await open();
      const recorded = new Promise((resolve) => heard.set(message.id, resolve));
      await Promise.race([post(message), recorded]);
      // It leaves the outbox when the stream shows it.
      message.sent = true;
      wait = 0;
      tell("");
    } catch (refusal) {
      if (refusal.status === 401 || refusal.status === 403) {
        forget();
        tell("The earlier conversation can no longer be opened. A new one begins here.");
      } else if (refusal.passing) {
        wait = Math.min(wait * 2 || 1000, 15_000);
        tell(
          navigator.onLine
            ? "Your message has not been delivered yet. Trying again…"
            : "You are offline. Your message is sent as soon as you are back.",
        );
        await pause(refusal.retryAfter ? refusal.retryAfter * 1000 : wait);
      } else {
        message.failed = refusal.message;
      }
    }
    keep();
    show();
  }
  sending = false;
}

async function post(message) {
  asking += 1;
  show();
  try {
    const { id, text } = message;
    const language = navigator.language?.slice(0, 2).toLowerCase();
    const known = /^[a-z]{2}$/.test(language) ? { language } : {};
    return await call("POST", "v1/chat/messages", headers(), { id, text, ...known });
  } finally {
    asking -= 1;
    show();
  }
}

/** Asks for a person: as a message where no conversation goes on, else by the button alone. */
async function person() {
  at("person").disabled = true;
  try {
    if (turns.size === 0 || speaking === "ended") {
      const id = say(WANTS_PERSON);
      await settled(id);
    }
    if (speaking === "assistant") await call("POST", "v1/chat/handoff", headers());
  } catch (refusal) {
    // 409: a person has been asked for already, which the stream tells.
    if (refusal.status !== 409) tell(`${refusal.message} Please try again.`);
  }
  show();
}

/** Waits until a message is decided upon. */
async function settled(id) {
  while (asking > 0 || outbox.some((message) => message.id === id && !message.failed)) {
    await pause(100);
  }
}

function tell(words) {
  const line = at("line");
  if (line.textContent !== words) line.textContent = words;
  line.hidden = !words;
}

/** Brings everything but the transcript up to date. */
function show() {
  const status = at("speaking");
  if (status.textContent !== SPEAKING[speaking]) status.textContent = SPEAKING[speaking];
  status.dataset.speaking = speaking;
  at("hello").hidden = turns.size > 0;
  at("writing").hidden = asking === 0 || speaking !== "assistant";
  at("person").disabled = speaking === "waiting" || speaking === "operator";
  const ended = speaking === "ended";
  at("rating").hidden = !ended || rated;
  at("thanks").hidden = !ended || !rated;
  at("again").hidden = !ended;
  at("outbox").replaceChildren(...outbox.map(waiting));
}

function waiting(message) {
  const state = message.failed ? `Not sent: ${message.failed}` : message.sent ? "Sent" : "Sending…";
  const again = make("button", { type: "button", class: "link", onclick: () => retry(message) }, "Put it back to edit");
  return make(
    "li",
    { "data-by": "customer", class: message.failed ? "failed" : "" },
    make("div", { class: "words" }, message.text),
    make("div", { class: "who" }, state, message.failed ? " " : null, message.failed ? again : null),
  );
}

function retry(message) {
  outbox = outbox.filter((other) => other !== message);
  keep();
  at("text").value = message.text;
  at("text").focus();
  show();
}

function scroll() {
  at("scroll").scrollTop = at("scroll").scrollHeight;
}

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  say(text);
});
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("composer").requestSubmit();
  }
});
at("person").addEventListener("click", person);
at("anew").addEventListener("click", () => {
  forget();
  tell("");
  at("text").focus();
});
at("rating").addEventListener("submit", async (event) => {
  event.preventDefault();
  const score = Number(new FormData(at("rating")).get("score"));
  try {
    await call("POST", "v1/chat/csat", headers(), { score });
    rated = true;
    tell("");
  } catch (refusal) {
    tell(`${refusal.message} Please try again.`);
  }
  show();
});

if (session) listen();
show();
flush();
