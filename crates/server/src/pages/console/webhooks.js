// The log of webhooks: what waits, what was delivered, what was given up, and its replay.

const form = document.querySelector("form");
const table = document.querySelector("table");
const body = document.querySelector("tbody");
const state = document.querySelector("#state");
const more = document.querySelector("#more");
let next = null;
let csrf = null;

const words = { dead: "Nothing was given up.", pending: "Nothing waits.", delivered: "Nothing was delivered yet." };

/// Calls the interface beside this page; `../v1` also under a tenant's path.
async function call(path, options = {}) {
  const headers = { ...options.headers };
  if (csrf && options.method) headers["x-warmline-csrf"] = csrf;
  const response = await fetch(`../v1/${path}`, { ...options, headers });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `the server answered ${response.status}`);
}

function cell(row, text) {
  const cell = document.createElement("td");
  cell.textContent = text;
  row.append(cell);
  return cell;
}

function moment(text) {
  return new Date(text).toLocaleString();
}

function show(delivery) {
  const row = document.createElement("tr");
  cell(row, delivery.event);
  cell(row, delivery.endpoint);
  cell(row, delivery.conversation);
  cell(row, moment(delivery.at));
  cell(row, delivery.attempts);
  cell(row, delivery.attempts ? moment(delivery.tried) : "not yet");
  cell(row, delivery.error ?? delivery.answer ?? "");
  const action = cell(row, "");
  if (delivery.status !== "pending") {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Replay";
    button.setAttribute("aria-label", `Replay ${delivery.event} for ${delivery.conversation} to ${delivery.endpoint}`);
    button.addEventListener("click", () => replay(delivery, row, button));
    action.append(button);
  }
  body.append(row);
}

async function replay(delivery, row, button) {
  button.disabled = true;
  try {
    await call(`webhooks/deliveries/${encodeURIComponent(delivery.id)}/replay`, { method: "POST" });
    row.remove();
    state.textContent = `${delivery.event} goes to ${delivery.endpoint} again.`;
  } catch (error) {
    button.disabled = false;
    state.textContent = `It could not be replayed: ${error.message}`;
  }
}

async function load(after) {
  const status = new FormData(form).get("status");
  if (!after) body.replaceChildren();
  state.textContent = "Loading …";
  try {
    const query = new URLSearchParams({ status, ...(after && { after }) });
    const page = await call(`webhooks/deliveries?${query}`);
    page.deliveries.forEach(show);
    next = page.next ?? null;
    const none = page.endpoints.length ? words[status] : "No endpoints are configured: see docs/notifications.md.";
    state.textContent = body.children.length ? "" : none;
  } catch (error) {
    next = null;
    state.textContent = `The log cannot be read: ${error.message}`;
  }
  table.hidden = !body.children.length;
  more.hidden = !next;
}

form.addEventListener("change", () => load());
more.addEventListener("click", () => load(next));
// In a demonstration there is no session, and none is needed.
csrf = await call("session").then((session) => session.csrf ?? null, () => null);
await load();
