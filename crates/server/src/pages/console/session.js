// Who is here: a signed-in person, or, where the server knows no people, a name with a token.

import { ROOT, Refusal, call, pause } from "../shared/calls.js";
import { at, put } from "../shared/elements.js";
import { keeper } from "../shared/kept.js";

const here = keeper(() => sessionStorage);
const lasting = keeper(() => localStorage);
const partings = [];

/** Who is here. `csrf` is there for a session with a cookie, `token` for a machine's. */
export const me = { name: "", display: "", permissions: [], demo: false, csrf: "", token: "" };

/** What a call carries. */
export function headers() {
  return {
    ...(me.csrf ? { "x-warmline-csrf": me.csrf } : {}),
    ...(me.token ? { authorization: `Bearer ${me.token}` } : {}),
    ...(!me.csrf || me.demo ? { "x-warmline-operator": me.name } : {}),
  };
}

/** Calls the server in the name of whoever is here. */
export function ask(method, path, body) {
  return call(method, path, headers(), body);
}

/** Whether whoever is here may do something. */
export function may(permission) {
  return me.permissions.includes(permission);
}

/**
 * Waits until somebody is signed in; `problem` says why they are not yet. Gives whether they were
 * `asked`, and whether they are `leaving` for where they were before.
 */
export async function enter(problem = "") {
  let asked = false;
  for (;;) {
    try {
      if (await known()) break;
    } catch (refusal) {
      if (refusal.passing) {
        put("line", refusal.message);
        await pause(2000);
        continue;
      }
      problem = refusal.message;
    }
    asked = true;
    problem = await filledIn(problem);
  }
  at("sign-in").hidden = true;
  put("name", me.display || me.name);
  at("demo").hidden = !me.demo;
  put("leave", me.demo ? "Change" : "Sign out");
  at("leave").addEventListener("click", leave);
  at("as-form").addEventListener("submit", () => play(at("as-name").value.trim()));
  for (const button of document.querySelectorAll("[data-dismiss]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  at("tools").hidden = false;
  for (const way of at("ways").children) {
    way.hidden = !may(way.dataset.takes);
    if (way.pathname === location.pathname) way.setAttribute("aria-current", "page");
  }
  at("ways").hidden = false;
  return { asked, leaving: back() };
}

/** Goes back to where somebody was before a provider signed them in, which sends all to the console.
 * Gives whether that is elsewhere. */
function back() {
  const place = here.get("warmline.place");
  here.drop("warmline.place");
  const elsewhere = Boolean(place) && place !== location.href;
  if (elsewhere) location.replace(place);
  return elsewhere;
}

/** Whether the server knows who calls. */
async function known() {
  me.token = here.get("warmline.token") ?? "";
  const session = me.token ? null : await call("GET", "v1/session", {}).catch(unknown);
  if (session) {
    Object.assign(me, session);
    // In a demonstration anybody may play any operator.
    if (me.demo) me.display = me.name = lasting.get("warmline.operator") ?? me.name;
    return true;
  }
  if (!me.token) return false;
  me.name = me.display = lasting.get("warmline.operator") ?? "";
  if (!(await ask("GET", "v1/workflow").catch(unknown))) {
    here.drop("warmline.token");
    return false;
  }
  me.permissions = ["operate", "supervise", "administer"];
  return true;
}

/** Nobody, where the server says that it does not know who calls. */
function unknown(refusal) {
  if (refusal.status === 401 || refusal.status === 403) return null;
  throw refusal;
}

/** Shows the form until it was filled in; gives why it was not accepted, or nothing. */
async function filledIn(problem) {
  const ways = await call("GET", "v1/session/ways", {}).catch(() => null);
  at("desk").hidden = true;
  at("tools").hidden = true;
  at("ways").hidden = true;
  at("sign-in").hidden = false;
  at("operator").value ||= lasting.get("warmline.operator") ?? "";
  put("sign-in-problem", problem || (ways?.setup ? "Nobody is here yet: open the link that the server printed at its start." : ""));
  put("line", "");
  at("provider").hidden = !ways?.oidc;
  if (ways?.oidc) put("provider", ways.oidc.label);
  // Where a provider did not let somebody in is no place to come back to: they came from another.
  // Whoever is asked anywhere else wants to be there, whatever they wanted before.
  const refused = at("desk").dataset.signingIn !== undefined;
  if (!refused) here.drop("warmline.place");
  const place = refused ? here.get("warmline.place") ?? new URL("console", ROOT).href : location.href;
  at("provider").onclick = () => here.set("warmline.place", place);
  const form = at("sign-in-form");
  const button = form.querySelector("button.main");
  button.disabled = false;
  // Whoever writes already goes on where they are.
  if (!form.contains(document.activeElement)) at(at("operator").value ? "password" : "operator").focus();
  await new Promise((filled) => {
    form.onsubmit = (event) => (event.preventDefault(), filled());
  });
  button.disabled = true;
  put("sign-in-problem", "");
  const [name, password, token] = ["operator", "password", "token"].map((id) => at(id).value.trim());
  lasting.set("warmline.operator", name);
  if (token) {
    here.set("warmline.token", token);
    return "";
  }
  try {
    await call("POST", "v1/session", {}, { name, password });
    at("password").value = "";
    return "";
  } catch (refusal) {
    return refusal.message;
  }
}

/** Has something done before whoever is here signs out. */
export function beforeLeaving(action) {
  partings.push(action);
}

/** Signs out, and begins again; in a demonstration, as another operator. */
async function leave() {
  here.drop("warmline.token");
  if (me.demo) {
    at("as-name").value = me.name;
    at("as").showModal();
    return;
  }
  await Promise.all(partings.map((action) => action()));
  await ask("PUT", "v1/presence", { status: "offline" }).catch(() => null);
  if (me.csrf) await ask("DELETE", "v1/session").catch(() => null);
  location.reload();
}

/** In a demonstration: another operator's part. */
function play(name) {
  lasting.set("warmline.operator", name);
  location.reload();
}

/** What a server that does not offer something answers with, taken as nothing. */
export function offered(promise) {
  return promise.catch((refusal) => {
    if (refusal instanceof Refusal && (refusal.status === 404 || refusal.status === 405)) return null;
    throw refusal;
  });
}
