// Webhooks, with a real receiver: what it took, what it would have no more of, and a replay of that.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, test } from "node:test";
import { configured, listen, says, stage, start } from "./demo.js";

const KEY = Buffer.from("thirty-two bytes to sign events with");

let answer = 204;
const taken = [];

const receiver = await listen((request, body) => {
  taken.push({ id: request.headers["webhook-id"], headers: request.headers, body });
  return [answer];
});
const config = await configured(`
[webhooks.endpoints.desk]
url = "http://127.0.0.1:${receiver.port}/told"
secret_env = "WARMLINE_TEST_WEBHOOK"
events = ["conversation.handed_off"]
`);
const { demo, browser } = await stage(start({ config, env: { WARMLINE_TEST_WEBHOOK: `whsec_${KEY.toString("base64")}` } }));
after(() => receiver.close());

/** Looks at a list until it shows a row that says all of `words`. */
async function listed(page, list, ...words) {
  for (;;) {
    const answered = page.waitForResponse(/webhooks\/deliveries\?/);
    await page.click(`#standing >> text=${list}`);
    await answered;
    const rows = await page.locator("#rows tr").allTextContents();
    if (rows.some((row) => words.every((word) => row.includes(word)))) return;
  }
}

test("an event is delivered, another given up and replayed", async () => {
  const page = await browser.page();
  await page.goto(`${demo.address}/console/webhooks`);
  await page.waitForSelector("#told:not(:empty)");
  assert.equal(await page.textContent("#told"), "Nothing was given up.");

  await says(demo.address, "hook-1", "I want to talk to a human");
  await listed(page, "Delivered", "conversation.handed_off", "hook-1", "204");
  const { id, headers, body } = taken.find(({ body }) => body.includes("hook-1"));
  const signed = `${id}.${headers["webhook-timestamp"]}.${body}`;
  assert.equal(headers["webhook-signature"], `v1,${createHmac("sha256", KEY).update(signed).digest("base64")}`);

  // Gone for good: it is not tried again.
  answer = 410;
  await says(demo.address, "hook-2", "I want to talk to a human");
  await listed(page, "Given up", "hook-2");
  answer = 200;
  await page.click('[aria-label^="Replay conversation.handed_off for hook-2"]');
  await page.waitForSelector("#told >> text=goes to desk again");
  await listed(page, "Delivered", "hook-2", "200");
  const tries = taken.filter(({ body }) => body.includes("hook-2"));
  assert.equal(tries.length, 2);
  assert.equal(tries[0].id, tries[1].id, "the receiver knows it by its id");
  assert.deepEqual(browser.faults, []);
});
