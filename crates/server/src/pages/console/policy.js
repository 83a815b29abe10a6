// For administrators: thresholds that are proposed, promoted and rolled back; drift; the shadow.

import { at, make, put } from "../shared/elements.js";
import { admit, attempt, moment } from "./administering.js";
import { ask } from "./session.js";
import { fill, row, table } from "./tables.js";

const STANDING = {
  nothing: "nothing could be proposed",
  proposed: "waits for a decision",
  promoted: "promoted",
  discarded: "discarded",
  rolled_back: "rolled back",
  replaced: "replaced by a later one",
};

const CHANGES = {
  same: "does the same",
  newly: "hands off, where nobody did",
  earlier: "hands off earlier",
  later: "hands off later",
  no_more: "hands off no more",
  other_reason: "hands off for another reason",
};

const LEVELS = { steady: "steady", moderate: "has moved", major: "has moved far: calibrate again" };

const spelled = (score) => (score === null ? "off" : score.toFixed(3));
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Does something to the policy, says what came of it, and shows everything anew. */
async function change(path, said) {
  put("line", "One moment …");
  const done = await attempt(async () => {
    try {
      await ask("POST", path);
    } finally {
      await load();
    }
  });
  put("line", done ? said : "");
}

function thresholds(changes) {
  const rows = changes.map((it) => row([
    make("td", {}, it.signal.replaceAll("_", " "), it.channel ? ` (channel ${it.channel})` : "", it.segment ? ` (segment ${it.segment})` : ""),
    spelled(it.now),
    make("td", {}, it.now === it.then ? spelled(it.then) : make("strong", {}, spelled(it.then))),
  ]));
  return table(["Signal", "Was", "Proposed"], rows);
}

function heldOut({ now, then }) {
  const line = (name, it) => row([
    name, `${it.missed} of ${it.needed}`, `${it.handoffs} of ${it.conversations}`, String(it.false_alarms),
  ]);
  return table(["Held out", "Missed", "Handed off", "Of these needless"], [line("In force", now), line("Proposed", then)]);
}

/** A proposal; `force` is the id of the one in force. */
function proposal(it, force) {
  const inForce = it.id === force;
  const data = it.data
    ? `${it.data.conversations} conversations that ended since ${new Date(it.since).toLocaleDateString()}, ${it.data.needed} needed a human, ${it.data.held_out} held out.`
    : "";
  const acts = [];
  if (it.patch && !inForce) {
    acts.push(make("button", { type: "button", class: "main", onclick: () => change(`v1/policy/proposals/${it.id}/promote`, "It is in force from the next turns on.") }, "Promote"));
  }
  if (it.standing === "proposed") {
    acts.push(make("button", { type: "button", onclick: () => change(`v1/policy/proposals/${it.id}/discard`, "It is discarded.") }, "Discard"));
  }
  const details = it.changes.length ? make("details", { open: it.standing === "proposed" }, make("summary", {}, "Thresholds"), thresholds(it.changes)) : null;
  return make("article", { class: inForce ? "proposal promoted" : "proposal", id: it.id },
    make("div", { class: "bar" },
      make("h3", {}, moment(it.at), ` by ${it.by}: ${inForce ? "in force" : STANDING[it.standing]}`),
      make("p", {}, ...acts)),
    data ? make("p", { class: "quiet" }, data) : null,
    it.promise ? make("p", {}, `It ${it.promise}.`) : null,
    make("p", {}, it.fit ? "Fit to be promoted by itself:" : "Not promoted by itself:"),
    make("ul", {}, ...it.reasons.map((reason) => make("li", {}, reason))),
    it.warnings.length ? make("ul", { class: "quiet" }, ...it.warnings.map((warning) => make("li", {}, warning))) : null,
    it.held_out ? heldOut(it.held_out) : null,
    details,
    it.history.length ? make("ul", { class: "small quiet" }, ...it.history.map((step) => make("li", {}, moment(step.at), ` ${STANDING[step.to]} by ${step.by}`))) : null);
}

function showForce(policy) {
  const { promoted, version } = policy;
  if (!promoted) put("force", `Configuration ${version}: the file as it stands. Nothing is promoted over it.`);
  else if (promoted.void) put("force", `Configuration ${version}: the file as it stands. What ${promoted.by} promoted is void since the file says something else.`);
  else put("force", `Configuration ${version}: the file, and over it what ${promoted.by} promoted on ${new Date(promoted.at).toLocaleString()}.`);
  at("layer").hidden = !promoted;
  put("layer", promoted?.patch ?? "");
  at("roll-back").hidden = !promoted;
  const asked = policy.next ? `The next proposal is due on ${new Date(policy.next).toLocaleString()}.` : "Nothing is proposed unless somebody asks.";
  const stopped = policy.paused ? "Nothing is promoted by itself since something was rolled back; promote one to go on." : "Fit proposals are promoted by themselves.";
  put("schedule", `${asked} ${policy.automatic ? stopped : "People promote."}`);
}

function showDrift(drift) {
  const { reference } = drift;
  put("reference", reference
    ? `Against ${reference.turns} turns from ${reference.from} to ${reference.to}. ${drift.turns} turns in the last week.`
    : `There is no reference yet: it takes a week and a thousand turns, or a promotion. ${drift.turns} turns in the last week.`);
  fill(at("shifts"), drift.shifts.map((it) => row([
    it.signal.replaceAll("_", " "), it.stage === "turn" ? "the customer" : "the draft", it.window === "1d" ? "since yesterday" : "in a week",
    String(it.looked), it.index.toFixed(3), it.chance === null ? "–" : it.chance.toFixed(3),
    make("td", { class: it.level }, LEVELS[it.level]),
  ])));
  at("shifts").closest(".wide").hidden = !drift.shifts.length;
}

function handed(side) {
  return side ? `turn ${side.turn}, ${side.trigger.replaceAll("_", " ")}` : "never";
}

function example(it) {
  const words = it.candidate?.words || it.live?.words;
  return make("p", { class: "example" },
    make("a", { href: `../console#${encodeURIComponent(it.conversation)}` }, it.conversation),
    `: ${handed(it.live)} → ${handed(it.candidate)}`, words ? make("span", { class: "quiet" }, ` “${words}”`) : null);
}

/** A share with what it is of. */
function share({ of, among }) {
  return make("td", {}, among ? `${percent(of / among)} (${of} of ${among})` : "–");
}

/** The same with the interval of the share behind it. */
function estimate(rate) {
  const cell = share(rate);
  if (rate.interval) {
    const [low, high] = rate.interval;
    cell.append(make("span", { class: "interval quiet" }, `95 %: ${percent(low)} to ${percent(high)}`));
  }
  return cell;
}

/** How conversations end that the candidate really decides, beside those of what is in force. */
function showEnds(outcomes, part) {
  at("ends-title").parentElement.hidden = !outcomes;
  if (!outcomes) return;
  const { from, to, younger, candidate, live } = outcomes;
  const since = { candidate: ", the first day of the candidate,", live: ", the first day of what is in force," }[younger] ?? "";
  const query = new URLSearchParams({ policy: candidate.version, than_policy: live.version, from, to });
  at("ends-of").replaceChildren(
    `The candidate really decides ${percent(part)} of new conversations. What ended from ${from}${since} to ${to}: `,
    make("a", { href: `../console/reports?${query}` }, "all figures"), ".");
  const line = (name, it) => make("tr", {},
    make("th", { scope: "row" }, name, make("span", { class: "interval quiet" }, it.version)),
    make("td", {}, String(it.ended)),
    ...[it.handed_off, it.containment, it.durable_resolution].map(estimate), share(it.provisional));
  fill(at("ends"), [line("The candidate", candidate), line("In force", live)]);
}

function showShadow(shadow) {
  const { candidate } = shadow;
  showEnds(shadow.outcomes, candidate?.share);
  at("changes").closest(".wide").hidden = !candidate || !shadow.conversations;
  if (!candidate) return put("shadow", "No candidate is configured: see [shadow] in the reference.");
  const agreed = shadow.agreement === null ? "" : ` Both do the same on ${percent(shadow.agreement)} of ${shadow.conversations} conversations.`;
  const lost = shadow.dropped || shadow.failed ? ` ${shadow.dropped} steps did not fit into the queue, ${shadow.failed} conversations could not be decided.` : "";
  const apart = candidate.share !== null ? " The conversations that it really decides are not among these." : "";
  put("shadow", `${candidate.name} (${candidate.version}) decides on the same turns and does nothing.${apart}${agreed}${lost}`);
  fill(at("changes"), shadow.changes.map((it) => row([
    CHANGES[it.change], String(it.conversations), make("td", {}, ...it.examples.map(example)),
  ])));
}

async function load() {
  const [policy, list, drift, shadow] = await Promise.all(
    ["v1/policy", "v1/policy/proposals", "v1/policy/drift", "v1/policy/shadow"].map((path) => ask("GET", path)));
  showForce(policy);
  const force = policy.promoted && !policy.promoted.void ? policy.promoted.id : null;
  at("proposals").replaceChildren(...list.proposals.map((it) => proposal(it, force)));
  at("no-proposals").hidden = list.proposals.length > 0;
  showDrift(drift);
  showShadow(shadow);
}

at("roll-back").addEventListener("click", () => change("v1/policy/rollback", "It is taken back from the next turns on."));
at("propose").addEventListener("click", () => change("v1/policy/proposals", "Calibrated."));

if (await admit("administer", "administrators")) await attempt(load);
