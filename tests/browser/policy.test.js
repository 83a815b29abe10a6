// Thresholds from how conversations ended: proposed, promoted with one click and rolled back with one,
// each time at work from the next turn on.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { call, configured, says, signIn, stage, start } from "./demo.js";

/** The least that anything can be promised of, and some who needed nobody. */
const [NEEDED, CALM] = [64, 20];
const ANGRY = "My parcel is late and I am furious";

const config = await configured(`
[calibration]
every = "off"
`);
// Nobody is angry enough for the thresholds of the file, however anger is scored.
const text = await readFile(config, "utf8");
await writeFile(config, text.replaceAll(/^sentiment = [0-9.]+/gm, "sentiment = 1.0"));
const { demo, browser } = await stage(start({ config }));

/** A conversation that ended without a human. */
async function ended(id, text, outcome) {
  await says(demo.address, id, text);
  const { status } = await call(demo.address, "POST", `/v1/conversations/${id}/close`, { outcome });
  assert.equal(status, 200);
}

test("a proposal is shown, promoted with one click and rolled back with one", async () => {
  const page = await browser.page({ viewport: { width: 1360, height: 820 } });
  await page.goto(`${demo.address}/console/policy`);
  await page.waitForSelector("text=Nothing was proposed yet.");
  assert.match(await page.textContent("#force"), /Nothing is promoted over it/);
  assert.ok(!(await page.isVisible("#roll-back")));
  await page.click("#propose");
  await page.waitForSelector(".proposal >> text=nothing could be proposed");

  const past = [
    ...Array.from({ length: NEEDED }, (_, n) => [`angry-${n}`, ANGRY, "unresolved"]),
    ...Array.from({ length: CALM }, (_, n) => [`calm-${n}`, "Where is my parcel?", "resolved_confirmed"]),
  ];
  while (past.length) await Promise.all(past.splice(0, 4).map((one) => ended(...one)));

  await page.click("#propose");
  const proposal = page.locator(".proposal", { hasText: "waits for a decision" });
  await proposal.waitFor();
  assert.match(await proposal.textContent(), /conversations that ended since .* needed a human/);
  assert.match(await proposal.locator("table", { hasText: "Held out" }).textContent(), /In force.*Proposed/);
  assert.match(await proposal.locator("table", { hasText: "Was" }).textContent(), /sentiment/);
  assert.equal((await says(demo.address, "before", ANGRY)).owner, "assistant", "a proposal changes nothing");

  await proposal.getByRole("button", { name: "Promote" }).click();
  await page.waitForSelector("#line >> text=in force from the next turns on");
  assert.match(await page.textContent("#force"), /over it what demo promoted/);
  assert.match(await page.textContent("#layer"), /\[calibrated\.thresholds\]/);
  await page.waitForSelector(".proposal.promoted >> text=in force");
  assert.equal((await says(demo.address, "meanwhile", ANGRY)).owner, "queue");
  // Whoever takes it reads where the threshold stands.
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", "console#meanwhile");
  await desk.waitForSelector("#card >> text=Set in calibrated.thresholds");

  await page.click("#roll-back");
  await page.waitForSelector("#line >> text=taken back from the next turns on");
  assert.match(await page.textContent("#force"), /Nothing is promoted over it/);
  await page.waitForSelector(".proposal >> text=rolled back by demo");
  assert.ok(!(await page.isVisible("#roll-back")));
  assert.equal((await says(demo.address, "after", ANGRY)).owner, "assistant");
  assert.deepEqual(browser.faults, []);
});
