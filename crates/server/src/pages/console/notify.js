// Notifications of the browser, for whoever looks elsewhere, and the count in the title.

import { at, put } from "../shared/elements.js";
import { keeper } from "../shared/kept.js";
import { desk, when } from "./desk.js";
import { me } from "./session.js";
import { reason } from "./words.js";
import { choose } from "./talk.js";

const kept = keeper(() => localStorage);
const wanted = () => kept.get("warmline.notify") === true && Notification.permission === "granted";

export function begin() {
  if (!("Notification" in window)) return;
  at("bell").hidden = false;
  show();
  at("bell").addEventListener("click", async () => {
    if (wanted()) kept.set("warmline.notify", false);
    else {
      const permission = await Notification.requestPermission();
      kept.set("warmline.notify", permission === "granted");
      if (permission === "denied") put("bell", "Notifications are blocked by the browser");
    }
    show();
  });
  when("happened", told);
}

function show() {
  if (Notification.permission === "denied") return;
  put("bell", wanted() ? "Notifications on" : "Notify me");
  at("bell").setAttribute("aria-pressed", String(wanted()));
}

/** Tells of what concerns whoever is here: a new one who waits, and answers of their customers. */
function told(step) {
  if (!wanted() || document.hasFocus()) return;
  const row = desk.rows.get(step.conversation);
  if (step.owner === "queue" && step.trigger) notify(step.conversation, "A customer waits", reason(step.trigger));
  else if (step.event === "operator_claimed" && step.operator === me.name) notify(step.conversation, "A customer is yours", row?.intent ?? "");
  else if (step.event === "customer_spoke" && row?.operator === me.name) {
    notify(step.conversation, "Your customer wrote", step.turns.at(-1)?.text.slice(0, 120) ?? "");
  }
}

function notify(id, title, body) {
  const note = new Notification(title, { body, tag: id });
  note.addEventListener("click", () => {
    window.focus();
    choose(id);
    note.close();
  });
}
