// The customer's chat. What was said comes from the stream of events alone; what the customer
// writes waits in the outbox until the stream shows it.

import { call, pause } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";
import { follow } from "../shared/follow.js";
import { keep, recall } from "./kept.js";
import * as log from "./log.js";
import * as out from "./outbox.js";
import * as place from "./place.js";
import { language, tongue, translate } from "./tongue.js";

/** How often the other side is told that the customer writes, in milliseconds. */
const TYPING = 3000;

let session = null;
let speaking = "assistant";
let rated = false;
let asking = 0;
let typed = 0;
let operatorWrites = null;
let stop = null;

const headers = () => ({ authorization: `Bearer ${session.token}` });

/** The conversation that went on before a reload, if one did. */
const recalled = recall().then((known) => {
  session = known;
  if (session) listen();
  show();
});

/** Opens a conversation if there is none. */
async function open() {
  await recalled;
  if (session) return;
  const { conversation, token } = await call("POST", "v1/chat", {});
  session = { conversation, token };
  keep(session);
  listen();
}

function listen() {
  stop?.();
  stop = follow("v1/chat/events", headers, {
    event: ({ event, data }) => {
      if (event === "reset") clear();
      else if (event === "typing") writes();
      else take(JSON.parse(data));
    },
    connected: (connected) => tell(connected ? "" : tongue("lost")),
    refused: () => {
      lose();
      flush();
    },
  });
}

/** Gives the conversation up. What is in the outbox goes into the next one. */
function forget() {
  stop?.();
  stop = null;
  session = null;
  keep(null);
  out.unsend();
  clear();
}

function lose() {
  forget();
  tell(tongue("new"));
}

function clear() {
  log.clear();
  speaking = "assistant";
  rated = false;
  show();
}

function take(step) {
  if (step.message) out.shown(step.message);
  const news = log.addTurns(step.turns);
  if (news) announce();
  if (step.turns.some((turn) => turn.by === "operator")) quiet();
  speaking = step.speaking;
  rated = step.rated !== undefined || (rated && speaking === "ended");
  show();
  log.toEnd(step.turns.some((turn) => turn.by === "customer"));
}

/** Tells the page around, where the chat stands in one, that there is something to read. */
function announce() {
  if (window.parent !== window && !document.hasFocus()) window.parent.postMessage({ warmline: "news" }, "*");
}

/** The operator is writing; it holds for some seconds. */
function writes() {
  clearTimeout(operatorWrites);
  operatorWrites = setTimeout(quiet, 6000);
  show();
  log.toEnd();
}

function quiet() {
  clearTimeout(operatorWrites);
  operatorWrites = null;
  show();
}

function say(text) {
  const id = out.add(text);
  show();
  log.toEnd(true);
  flush();
  return id;
}

function flush() {
  return out.flush({
    post: async (message) => {
      await open();
      return post(message);
    },
    changed: show,
    refused: (refusal, attempt) => {
      if (refusal.status === 401 || refusal.status === 403) return lose(), 0;
      if (!refusal.passing) return undefined;
      tell(tongue(navigator.onLine ? "later" : "offline"));
      return refusal.retryAfter ? refusal.retryAfter * 1000 : Math.min(500 * 2 ** attempt, 15_000);
    },
  });
}

async function post({ id, text }) {
  asking += 1;
  show();
  try {
    const known = /^[a-z]{2}$/.test(language) ? { language } : {};
    const heard = await call("POST", "v1/chat/messages", headers(), { id, text, ...known });
    tell("");
    return heard;
  } finally {
    asking -= 1;
    show();
  }
}

/** Asks for a person: as a message where no conversation goes on, else by the button alone. */
async function person() {
  at("person").disabled = true;
  try {
    if (log.count() === 0 || speaking === "ended") {
      const id = say(tongue("wants"));
      while (asking > 0 || out.underWay(id)) await pause(100);
    }
    if (speaking === "assistant") await call("POST", "v1/chat/handoff", headers());
  } catch (refusal) {
    // 409: a person has been asked for already, which the stream tells.
    if (refusal.status !== 409) tell(`${refusal.message} ${tongue("retry")}`);
  }
  show();
}

function tell(words) {
  put("line", words);
  at("line").hidden = !words;
}

/** Brings everything but the transcript up to date. */
function show() {
  put("speaking", tongue(speaking));
  at("speaking").dataset.speaking = speaking;
  at("hello").hidden = log.count() > 0;
  const assistant = asking > 0 && speaking === "assistant";
  const operator = operatorWrites !== null && speaking === "operator";
  at("writing").hidden = !assistant && !operator;
  put("writing-words", assistant ? tongue("assistant-writes") : operator ? tongue("operator-writes") : "");
  at("person").disabled = speaking === "waiting" || speaking === "operator";
  place.follow(speaking === "waiting" && session !== null, headers);
  const ended = speaking === "ended";
  at("rating").hidden = !ended || rated;
  at("thanks").hidden = !ended || !rated;
  at("again").hidden = !ended;
  log.drawOutbox(out.outbox(), (message) => {
    out.remove(message.id);
    at("text").value = message.text;
    at("text").focus();
    show();
  });
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
at("text").addEventListener("input", () => {
  // Only a person has use for it.
  if (!session || speaking !== "operator" || Date.now() - typed < TYPING) return;
  typed = Date.now();
  call("POST", "v1/chat/typing", headers()).catch(() => {});
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
    tell(`${refusal.message} ${tongue("retry")}`);
  }
  show();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && window.parent !== window) window.parent.postMessage({ warmline: "close" }, "*");
});

translate();
log.begin();
place.begin(tell);
show();
flush();
