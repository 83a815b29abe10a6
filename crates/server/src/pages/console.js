// The operators' console: the queue, one conversation, and the baton. Everything is live: a stream
// of events says what changed, and what changed is read again.

import { at, call, follow, freshId, keeper, make, pause } from "/assets/live.js";
import { drawCard, drawHeld, ending, quotes, reason, turnItem } from "/assets/conversation.js";

const here = keeper(() => sessionStorage);
const lasting = keeper(() => localStorage);

let token = here.get("warmline.token") ?? "";
let me = lasting.get("warmline.operator") ?? "";
let queues = [];
let list = "waiting";
let rows = [];
let next = null;
let chosen = null;
let open = null;
let stop = null;

const headers = () => ({
  "x-warmline-operator": me,
  ...(token ? { authorization: `Bearer ${token}` } : {}),
});
const path = (id, action = "") => `/v1/conversations/${encodeURIComponent(id)}${action}`;
const mine = () => open?.owner === "operator" && open.operator === me;

// Who is here.

async function begin() {
  if (!me) return askWho("");
  try {
    const workflow = await call("GET", "/v1/workflow", headers());
    queues = [...new Set(workflow.states.map((state) => state.queue).filter(Boolean))];
  } catch (refusal) {
    if (refusal.status === 401 || refusal.status === 403) return askWho(token ? refusal.message : "");
    if (!refusal.passing) return askWho(refusal.message);
    line(refusal.message, true);
    await pause(2000);
    return begin();
  }
  at("sign-in").hidden = true;
  at("desk").hidden = false;
  at("me").hidden = false;
  at("name").textContent = me;
  at("queue-name").replaceChildren(...queues.map((queue) => make("option", { value: queue }, queue)));
  at("release-queue").hidden = queues.length < 2;
  stop?.();
  stop = follow("/v1/events", headers, { event: happened, connected, refused: () => askWho("Sign in again.") });
  // The way in from a link: /console#CONVERSATION
  const named = decodeURIComponent(location.hash.slice(1));
  if (named) choose(named);
  await readList();
}

async function askWho(problem) {
  stop?.();
  at("desk").hidden = true;
  at("me").hidden = true;
  at("sign-in").hidden = false;
  at("operator").value = me;
  at("sign-in-problem").textContent = problem;
  line("");
  // Where this machine is trusted, no token is needed.
  at("token-field").hidden = await call("GET", "/v1/workflow", {}).then(() => true, () => false);
  at("operator").focus();
}

function line(words, lost = false) {
  at("line").textContent = words;
  at("line").className = lost ? "lost" : "";
}

// What happens.

function connected(yes) {
  line(yes ? "Live" : "Connection lost. Trying again…", !yes);
  if (yes) refresh();
}

function happened({ event, data }) {
  const step = JSON.parse(data);
  if (event === "step" && step.conversation !== chosen && step.event === "turn_examined" && !step.trigger) return;
  if (event === "erased" && step.conversation === chosen) return leave();
  refresh(event === "step" ? step.conversation : chosen);
}

let due = null;
let dueTalk = false;

/** Reads again what is on the screen, soon and not more often than needed. */
function refresh(conversation = chosen) {
  dueTalk ||= conversation === chosen;
  due ??= setTimeout(async () => {
    const talk = dueTalk;
    due = null;
    dueTalk = false;
    await Promise.all([readList(), talk && chosen ? readTalk() : null]);
  }, 150);
}

// The queue.

const QUERY = { waiting: "owner=queue", mine: "owner=operator", all: "" };

async function readPage(which, after) {
  const cursor = after ? `&after=${encodeURIComponent(after)}` : "";
  return call("GET", `/v1/conversations?limit=50&${QUERY[which]}${cursor}`, headers());
}

async function readList() {
  const wanted = list;
  try {
    const [waiting, held, all] = await Promise.all([
      readPage("waiting"),
      readPage("mine"),
      wanted === "all" ? readPage("all") : null,
    ]);
    if (wanted !== list) return;
    const own = held.conversations.filter((row) => row.operator === me);
    at("count-waiting").textContent = waiting.conversations.length + (waiting.next ? "+" : "");
    at("count-mine").textContent = own.length;
    document.title = waiting.conversations.length ? `(${waiting.conversations.length}) Warmline console` : "Warmline console";
    const page = { waiting, mine: { conversations: own, next: held.next }, all }[wanted];
    rows = page.conversations;
    next = page.next;
    drawList();
  } catch (refusal) {
    line(refusal.message, true);
  }
}

const EMPTY = { waiting: "Nobody is waiting.", mine: "You have no conversation.", all: "There is no conversation yet." };

function drawList() {
  at("empty").hidden = rows.length > 0;
  at("empty").textContent = EMPTY[list];
  at("more").hidden = !next;
  const focused = document.activeElement?.dataset?.conversation;
  at("rows").replaceChildren(...rows.map(rowItem));
  if (focused) at("rows").querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
  tick();
}

function rowItem(row) {
  const facts = [row.customer.segment, row.customer.channel, ...row.sensitivities].filter(Boolean);
  const title = row.quarantined ? "Damaged" : reason(row.trigger) || row.state.replaceAll("_", " ");
  const owner = row.owner === "operator" ? `with ${row.operator}` : row.owner === "nobody" ? ending(row.outcome) : row.state.replaceAll("_", " ");
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-conversation": row.conversation, "aria-current": String(row.conversation === chosen), onclick: () => choose(row.conversation) },
      make("span", { class: "top" }, make("span", {}, title), make("span", { class: "wait", "data-since": row.since, "data-owner": row.owner })),
      make("span", { class: "intent" }, row.quarantined ?? row.intent ?? row.conversation),
      row.sentiment === "upset" ? make("span", { class: "badge hot" }, "upset") : null,
      row.last_operator === me && row.owner === "queue" ? make("span", { class: "badge hot" }, "yours before") : null,
      ...facts.map((fact) => make("span", { class: "badge" }, fact)),
      list === "waiting" ? null : make("span", { class: "badge" }, owner),
    ),
  );
}

function tick() {
  for (const wait of document.querySelectorAll("#rows .wait")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(wait.dataset.since)) / 1000));
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const short = hours ? `${hours} h ${minutes} min` : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    if (wait.textContent !== short) wait.textContent = short;
    wait.classList.toggle("long", wait.dataset.owner === "queue" && seconds >= 120);
  }
}

// One conversation.

async function choose(id) {
  chosen = id;
  open = null;
  at("turns").replaceChildren();
  at("reply-text").value = "";
  at("handback-form").reset();
  for (const details of document.querySelectorAll("#passing details")) details.open = false;
  at("problem").textContent = "";
  at("desk").classList.add("opened");
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  drawList();
  await readTalk();
  at("talk").focus();
}

function leave() {
  chosen = null;
  open = null;
  history.replaceState(null, "", location.pathname);
  at("open").hidden = true;
  at("nothing").hidden = false;
  at("desk").classList.remove("opened");
  at("card").replaceChildren();
  drawList();
}

async function readTalk() {
  const wanted = chosen;
  try {
    const conversation = await call("GET", path(wanted), headers());
    if (wanted !== chosen) return;
    open = conversation;
    drawTalk();
  } catch (refusal) {
    if (wanted !== chosen) return;
    if (refusal.status === 404) {
      leave();
      line("This conversation does not exist.", true);
    } else {
      at("nothing").hidden = true;
      at("open").hidden = false;
      at("problem").textContent = refusal.message;
    }
  }
}

function drawTalk() {
  at("nothing").hidden = true;
  at("open").hidden = false;
  drawBanner();
  const box = at("transcript");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !at("turns").children.length;
  const evidence = quotes(open);
  for (const turn of open.turns) drawTurn(turn, evidence.get(turn.turn));
  at("earlier").hidden = open.first_step === 0;
  drawHeld(mine() || open.owner === "queue" ? open.held_back : null);
  drawCard(open);
  at("reply").hidden = !mine();
  at("passing").hidden = !mine();
  if (atEnd) toEnd();
}

function toEnd() {
  at("transcript").scrollTop = at("transcript").scrollHeight;
}

/** Adds a turn, or draws it again when its evidence changed. */
function drawTurn(turn, evidence) {
  const shape = JSON.stringify(evidence ?? []);
  const known = at(`turn-${turn.turn}`);
  if (known?.dataset.shape === shape) return;
  const item = turnItem(turn, evidence);
  item.dataset.shape = shape;
  item.dataset.turn = turn.turn;
  if (known) known.replaceWith(item);
  else {
    const after = [...at("turns").children].find((other) => Number(other.dataset.turn) > turn.turn);
    at("turns").insertBefore(item, after ?? null);
  }
}

function drawBanner() {
  const owner = mine() ? "mine" : open.owner;
  const words = {
    assistant: open.answering ? "The assistant is answering" : "The assistant has this conversation",
    queue: `Waiting for a person${open.trigger ? `: ${reason(open.trigger)}` : ""}`,
    operator: `${open.operator} has this conversation`,
    mine: "You have this conversation",
    nobody: `Ended: ${ending(open.outcome)}${open.csat ? `, rated ${open.csat} of 5` : ""}`,
  }[owner];
  if (at("owner").textContent !== words) at("owner").textContent = words;
  at("banner").dataset.owner = owner;
  at("about").textContent = [open.conversation, open.state.replaceAll("_", " "), `epoch ${open.epoch}`].join(" · ");
  at("claim").hidden = owner === "mine" || owner === "operator" || owner === "nobody";
  at("claim").textContent = owner === "queue" ? "Claim" : "Take over";
}

async function readEarlier() {
  const from = Math.max(0, open.first_step - 500);
  const earlier = await call("GET", `${path(chosen)}?from=${from}`, headers());
  const evidence = quotes(earlier);
  for (const turn of earlier.turns) drawTurn(turn, evidence.get(turn.turn));
  open.first_step = from;
  at("earlier").hidden = from === 0;
}

// The baton.

/** Does something, says why if it was refused, and reads again what it changed. */
async function act(button, action) {
  button.disabled = true;
  at("problem").textContent = "";
  try {
    await action();
    return true;
  } catch (refusal) {
    at("problem").textContent = refusal.message;
    return false;
  } finally {
    button.disabled = false;
    refresh();
  }
}

function onSubmit(form, action) {
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    await act(event.submitter ?? at(form).querySelector("button"), action);
  });
}

const post = (action, body) => call("POST", path(chosen, action), headers(), body);
const lines = (id) => at(id).value.split("\n").map((line) => line.trim()).filter(Boolean);

let unsent = null;

onSubmit("reply", async () => {
  const text = at("reply-text").value.trim();
  if (!text) return;
  // The same words tried again keep their id, so that the customer never gets them twice.
  if (unsent?.text !== text || unsent.conversation !== chosen) unsent = { id: freshId(), text, conversation: chosen };
  await post("/replies", { id: unsent.id, text });
  unsent = null;
  at("reply-text").value = "";
  toEnd();
});
onSubmit("handback-form", async () => {
  await post("/handback", {
    done: lines("done"),
    remaining: lines("remaining"),
    limits: lines("limits"),
    return_when: lines("return-when"),
  });
  at("handback-form").reset();
  at("handback").open = false;
});
onSubmit("release-form", async () => {
  const queue = queues.length > 1 ? { queue: at("queue-name").value } : {};
  await post("/release", queue);
  at("release").open = false;
});
onSubmit("close-form", async () => {
  await post("/close", { outcome: at("outcome").value });
  at("close").open = false;
});
at("claim").addEventListener("click", (event) => act(event.target, () => post("/claim")));
at("earlier").addEventListener("click", (event) => act(event.target, readEarlier));
at("held-use").addEventListener("click", () => {
  at("reply-text").value = open.held_back.text;
  at("reply-text").focus();
});
at("reply-text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("reply").requestSubmit();
});
for (const details of document.querySelectorAll("#passing details")) details.addEventListener("toggle", toEnd);
at("back").addEventListener("click", leave);
at("more").addEventListener("click", (event) =>
  act(event.target, async () => {
    const page = await readPage(list, next);
    const wanted = list === "mine" ? page.conversations.filter((row) => row.operator === me) : page.conversations;
    rows = [...rows, ...wanted];
    next = page.next;
    drawList();
  }),
);
for (const tab of document.querySelectorAll("[data-list]")) {
  tab.addEventListener("click", () => {
    list = tab.dataset.list;
    for (const other of document.querySelectorAll("[data-list]")) other.setAttribute("aria-pressed", String(other === tab));
    readList();
  });
}
at("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  me = at("operator").value.trim();
  token = at("token").value.trim();
  lasting.set("warmline.operator", me);
  here.set("warmline.token", token);
  begin();
});
at("leave").addEventListener("click", () => {
  token = "";
  here.drop("warmline.token");
  askWho("");
});
setInterval(tick, 1000);
begin();
