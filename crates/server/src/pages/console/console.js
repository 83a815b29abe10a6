// The operators' console: the list, one conversation, its card, and the baton between them.
//
// Everything is live. A stream of events says what changed; what it does not say is read again.
// No rule of the product stands here: who may do what, the server decides.

import { at, put } from "../shared/elements.js";
import { follow } from "../shared/follow.js";
import * as baton from "./baton.js";
import * as composer from "./composer.js";
import { desk, tell } from "./desk.js";
import * as keys from "./keys.js";
import * as list from "./list.js";
import * as macros from "./macros.js";
import * as notify from "./notify.js";
import * as presence from "./presence.js";
import { forget, happened, readRows } from "./rows.js";
import { ask, enter, headers } from "./session.js";
import * as talk from "./talk.js";
import * as transcript from "./transcript.js";

function connected(yes) {
  desk.connected = yes;
  if (yes) talk.reached();
  line(yes ? "live" : navigator.onLine ? "lost" : "offline");
  if (!yes) return;
  readRows().catch((refusal) => put("line", refusal.message));
  if (desk.chosen) talk.readSoon();
}

const LINES = { connecting: "Connecting…", live: "Live", lost: "Reconnecting…", offline: "Offline" };
const LOST = {
  lost: "The connection to Warmline is lost. What you see may be out of date. Trying again…",
  offline: "You are offline. What you see may be out of date. Nothing you write is lost.",
};

function line(state) {
  put("line", LINES[state]);
  at("line").dataset.line = state;
  at("lost").hidden = !LOST[state];
  put("lost", LOST[state] ?? "");
}

function take({ event, data }) {
  const told = JSON.parse(data);
  if (event === "reset") return connected(true);
  if (event === "typing") return tell("typing", told);
  if (event === "erased") {
    forget(told.conversation);
    if (told.conversation === desk.chosen) talk.leave();
    return;
  }
  happened(told);
  tell("happened", told);
  if (told.conversation === desk.chosen) talk.readSoon();
}

async function start() {
  line("connecting");
  for (const part of [baton, composer, keys, macros, talk, transcript]) part.begin();
  list.begin(talk.choose);
  if ((await enter()).leaving) return;
  const workflow = await ask("GET", "v1/workflow").catch(() => ({ states: [] }));
  desk.queues = [...new Set(workflow.states.map((state) => state.queue).filter(Boolean))];
  at("desk").hidden = false;
  notify.begin();
  presence.begin();
  macros.readCanned().catch(() => {});
  follow("v1/events", headers, { event: take, connected, refused: () => location.reload() });
  // The way in from a link: /console#CONVERSATION
  const named = decodeURIComponent(location.hash.slice(1));
  if (named) talk.choose(named);
}

start();
