// For supervisors: what other systems were told, what waits, what was given up, and its replay.

import { at, make, put } from "../shared/elements.js";
import { admit, attempt, moment } from "./administering.js";
import { ask, may } from "./session.js";
import { acts, fill, row } from "./tables.js";

const NONE = { dead: "Nothing was given up.", pending: "Nothing waits.", delivered: "Nothing was delivered yet." };
const kinds = [...at("standing").children];

let status = "dead";
/** Where the list goes on. */
let next = null;

function deliveryRow(delivery) {
  const answer = delivery.error ?? (delivery.answer ? String(delivery.answer) : null);
  return row([
    make("td", {}, delivery.event),
    delivery.endpoint,
    make("a", { href: `../console#${encodeURIComponent(delivery.conversation)}` }, delivery.conversation),
    make("td", { class: "when" }, moment(delivery.at)),
    String(delivery.attempts),
    make("td", { class: "when" }, delivery.attempts ? moment(delivery.tried) : "not yet"),
    make("td", { class: delivery.error ? "refused" : "" }, answer ?? "–"),
    delivery.status === "pending" || !may("administer") ? make("td") : acts(replayButton(delivery)),
  ]);
}

function replayButton(delivery) {
  const label = `Replay ${delivery.event} for ${delivery.conversation} to ${delivery.endpoint}`;
  return make("button", { type: "button", "aria-label": label, onclick: (event) => replay(delivery, event.currentTarget) }, "Replay");
}

async function replay(delivery, button) {
  button.disabled = true;
  const sent = await attempt(() => ask("POST", `v1/webhooks/deliveries/${encodeURIComponent(delivery.id)}/replay`));
  button.disabled = false;
  if (!sent) return;
  await attempt(() => read(null));
  put("told", `${delivery.event} goes to ${delivery.endpoint} again.`);
}

async function read(after) {
  const wanted = status;
  const page = await ask("GET", `v1/webhooks/deliveries?status=${wanted}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  // Another list was asked for meanwhile.
  if (wanted !== status) return;
  fill(at("rows"), page.deliveries.map(deliveryRow), Boolean(after));
  next = page.next ?? null;
  at("more").hidden = !next;
  at("log").hidden = !at("rows").children.length;
  const none = page.endpoints.length ? NONE[status] : "No endpoint is configured: `[webhooks.endpoints.NAME]` names one.";
  put("told", at("log").hidden ? none : "");
}

for (const kind of kinds) {
  kind.addEventListener("click", () => {
    status = kind.dataset.status;
    for (const one of kinds) one.setAttribute("aria-pressed", String(one === kind));
    attempt(() => read(null));
  });
}
at("more").addEventListener("click", () => attempt(() => read(next)));

if (await admit("supervise", "supervisors")) await attempt(() => read(null));
