// For administrators: who saw which conversation and who did what.

import { at, make } from "../shared/elements.js";
import { admit, attempt, moment } from "./administering.js";
import { ask } from "./session.js";
import { fill, row } from "./tables.js";

/** Where the list goes on. */
let next = null;
/** What was asked for. */
let asked = "";

/** The operations, in words; others show their own name. */
const WORDS = {
  show: "read the conversation",
  claim: "claimed",
  release: "released",
  reply: "replied",
  hand_back: "handed back",
  hand_off: "asked for a human",
  close: "closed",
  erase: "erased",
  sign_in: "signed in",
  sign_out: "signed out",
  set_up: "became the first administrator",
  change_password: "changed their password",
  add_person: "added",
  change_person: "changed",
  reset_password: "gave a new password",
  list_people: "read the list of people",
  make_token: "made a token",
  revoke_token: "revoked a token",
  list_tokens: "read the list of tokens",
  trail: "read the trail",
  teach: "taught the scope",
  propose_thresholds: "calibrated thresholds",
  promote_thresholds: "promoted thresholds",
  discard_thresholds: "discarded thresholds",
  roll_back_thresholds: "rolled back thresholds",
  follow: "followed the conversation",
  follow_everything: "followed everything",
  list: "read the list of conversations",
  search: "searched",
  past: "read earlier conversations",
  take: "took over",
  whisper: "whispered",
  suggest: "asked for a suggestion",
  prepare: "began a handback",
  feedback: "judged the handoff",
  say: "spoke for the customer",
  rate: "rated for the customer",
  keep_canned_reply: "changed a canned reply",
  drop_canned_reply: "removed a canned reply",
  report: "read the report",
  page: "read the report",
  deliveries: "read what was told",
  replay: "told again",
  shadow: "read what the shadow found",
  taught: "read what was taught",
};

function trailRow(entry) {
  const refused = entry.status >= 400;
  const conversation = entry.conversation ? make("a", { href: `../console#${encodeURIComponent(entry.conversation)}` }, entry.conversation) : null;
  return row([
    make("td", { class: "when" }, moment(entry.at)),
    make("td", {}, make("strong", {}, entry.person ?? "a machine"), make("div", { class: "small quiet" }, entry.by)),
    WORDS[entry.action] ?? entry.action.replaceAll("_", " "),
    make("td", {}, conversation ?? entry.subject ?? "–"),
    entry.from,
    make("td", { class: refused ? "refused" : "" }, refused ? `refused (${entry.status})` : "done"),
  ]);
}

async function read(after) {
  const page = await ask("GET", `v1/trail?limit=100${asked}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  fill(at("rows"), page.rows.map(trailRow), Boolean(after));
  next = page.next;
  at("more").hidden = !next;
  at("empty").hidden = at("rows").children.length > 0;
}

function wanted() {
  const fields = [
    ["person", at("by-person").value.trim()],
    ["conversation", at("by-conversation").value.trim()],
    ...["since", "until"].map((id) => [id, at(id).value ? new Date(at(id).value).toISOString() : ""]),
  ];
  return fields.filter(([, value]) => value).map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}

at("filter").addEventListener("submit", async (event) => {
  event.preventDefault();
  asked = wanted();
  await attempt(() => read(null));
});
at("more").addEventListener("click", () => attempt(() => read(next)));

if (await admit("administer", "administrators")) await attempt(() => read(null));
