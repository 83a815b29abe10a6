// For administrators: who can sign in, and the tokens of machines.

import { at, make, put, refill } from "../shared/elements.js";
import { admit, attempt, chips, moment } from "./administering.js";
import { ask } from "./session.js";
import { acts, labelled, row } from "./tables.js";

/** Who is being changed; nobody while somebody is added. */
let changed = null;
let agreed = null;

const place = (name, more = "") => `v1/people/${encodeURIComponent(name)}${more}`;
const list = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);

async function read() {
  const [{ people }, { tokens }] = await Promise.all([ask("GET", "v1/people"), ask("GET", "v1/tokens")]);
  for (const [id, rows] of [["people", people.map(personRow)], ["tokens", tokens.map(tokenRow)]]) {
    refill(at(id), rows);
    labelled(at(id).parentElement);
  }
  at("no-tokens").hidden = tokens.length > 0;
}

function personRow(person) {
  const name = make("td", {}, make("strong", {}, person.display), person.display === person.name ? null : make("div", { class: "small quiet" }, person.name), person.disabled ? make("div", { class: "refused" }, "Kept out") : null);
  const button = (label, act) => make("button", { type: "button", "aria-label": `${label}: ${person.name}`, onclick: act }, label);
  return row(
    [
      name,
      person.role,
      chips(person.skills),
      chips(person.languages),
      String(person.capacity),
      person.personal_data ? "seen" : "masked",
      [person.password ? "password" : null, person.oidc ? "provider" : null].filter(Boolean).join(", "),
      acts(
        button("Change", () => edit(person)),
        button("New password", () => sure(`A new password for ${person.display}?`, "The old one stops to work, and all their sessions end.", "Make one", () => reset(person))),
        person.disabled
          ? button("Let in", () => set(person, { disabled: false }))
          : button("Keep out", () => sure(`Keep ${person.display} out?`, "They are signed out at once and cannot come in again. What they did stays in the trail.", "Keep out", () => set(person, { disabled: true }))),
      ),
    ],
    { class: person.disabled ? "out" : "" },
  );
}

function tokenRow(token) {
  const revoke = () => sure(`Revoke “${token.name}”?`, "Whoever uses it gets no answer any more.", "Revoke", () => attempt(() => ask("DELETE", `v1/tokens/${encodeURIComponent(token.id)}`)));
  return row([
    make("td", {}, make("strong", {}, token.name), make("div", { class: "small quiet" }, `${token.id} · by ${token.by}`)),
    chips(token.scopes),
    make("td", { class: "when" }, moment(token.made)),
    make("td", { class: "when" }, moment(token.used)),
    acts(make("button", { type: "button", "aria-label": `Revoke: ${token.name}`, onclick: revoke }, "Revoke")),
  ]);
}

function edit(person) {
  changed = person;
  put("person-title", person ? `Change ${person.display}` : "Add somebody");
  at("person-name").value = person?.name ?? "";
  at("person-name").disabled = Boolean(person);
  at("person-display").value = person?.display ?? "";
  at("person-role").value = person?.role ?? "operator";
  at("person-skills").value = person?.skills.join(", ") ?? "";
  at("person-languages").value = person?.languages.join(", ") ?? "";
  at("person-capacity").value = person?.capacity ?? 4;
  at("person-data").checked = person?.personal_data ?? false;
  put("person-problem", "");
  at("person").showModal();
}

at("person-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wanted = {
    role: at("person-role").value,
    skills: list(at("person-skills").value),
    languages: list(at("person-languages").value),
    capacity: Number(at("person-capacity").value),
    personal_data: at("person-data").checked,
  };
  const display = at("person-display").value.trim();
  if (display) wanted.display = display;
  let made = null;
  const done = await attempt(async () => {
    made = changed ? await ask("PATCH", place(changed.name), wanted) : await ask("POST", "v1/people", { name: at("person-name").value.trim(), ...wanted });
  }, "person-problem");
  if (!done) return;
  at("person").close();
  if (made.one_time_password) reveal(`The first password of ${made.display}:`, made.one_time_password);
  await attempt(read);
});

/** Reads everything again, and leaves on the page why something could not be done. */
const refresh = () => read().catch((refusal) => put("problem", refusal.message));

async function set(person, change) {
  await attempt(() => ask("PATCH", place(person.name), change));
  await refresh();
}

async function reset(person) {
  await attempt(async () => {
    const made = await ask("PUT", place(person.name, "/password"), {});
    reveal(`The new password of ${person.display}:`, made.one_time_password);
  });
}

at("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const scopes = [...at("scopes").querySelectorAll("input:checked")].map((box) => box.value);
  const done = await attempt(async () => {
    const made = await ask("POST", "v1/tokens", { name: at("token-name").value.trim(), scopes });
    reveal(`The token “${made.name}”:`, made.text);
  }, "token-problem");
  if (!done) return;
  at("token-maker").close();
  await attempt(read);
});

/** Shows a secret that the server keeps no more than the hash of. */
function reveal(about, text) {
  put("secret-about", about);
  put("secret-text", text);
  at("secret").hidden = false;
  at("secret").focus();
}

function sure(title, about, yes, act) {
  agreed = act;
  put("sure-title", title);
  put("sure-about", about);
  put("sure-yes", yes);
  at("sure").showModal();
}

at("sure-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("sure").close();
  await agreed();
  await refresh();
});

at("secret-copy").addEventListener("click", () => attempt(() => navigator.clipboard.writeText(at("secret-text").textContent)));
at("secret-gone").addEventListener("click", () => {
  at("secret").hidden = true;
  put("secret-text", "");
});
at("add").addEventListener("click", () => edit(null));
at("make").addEventListener("click", () => {
  at("token-form").reset();
  put("token-problem", "");
  at("token-maker").showModal();
});

if (await admit("administer", "administrators")) await attempt(read);
