// Two operators reach for the same customer: one gets them, the other is told kindly who did.

import assert from "node:assert/strict";
import { test } from "node:test";
import { says, signIn, stage } from "./demo.js";

const { demo, browser } = await stage();

test("of two operators who claim at once, one is refused in a friendly way", async () => {
  await says(demo.address, "wanted", "I want to talk to a human");
  const desks = await Promise.all(["dana", "lee"].map(async (name) => {
    const desk = await browser.page();
    await signIn(desk, demo.address, name, "console#wanted");
    await desk.waitForSelector("#claim:not([hidden])");
    // Neither hears of the other before they have clicked.
    await desk.route("**/v1/conversations/wanted", (route) => setTimeout(() => route.continue(), 1500));
    return desk;
  }));
  await Promise.all(desks.map((desk) => desk.evaluate(() => document.querySelector("#claim").click())));
  await Promise.all(desks.map((desk) => desk.waitForFunction(() => /You have|has it/.test(document.querySelector("#owner").textContent))));
  const owners = await Promise.all(desks.map((desk) => desk.textContent("#owner")));
  const loser = desks[owners.findIndex((owner) => !/You have/.test(owner))];
  assert.equal(owners.filter((owner) => owner === "You have the conversation").length, 1);
  assert.match(await loser.textContent("#problem"), /^(dana|lee) was faster and has this conversation now\.$/);
  assert.ok(await loser.isHidden("#passing"));
  assert.deepEqual(browser.faults, []);
});
