// The supervisor: sees who has whom, whispers to an operator, and takes a conversation over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { says, signIn, stage } from "./demo.js";

const { demo, browser } = await stage();

test("a supervisor whispers into a conversation, then takes it", async () => {
  await says(demo.address, "floor-1", "I want a refund of 900 EUR for my boots");
  const dana = await browser.page();
  await signIn(dana, demo.address, "dana", "console#floor-1");
  await dana.waitForSelector("#claim:not([hidden])");
  await dana.keyboard.press("c");
  await dana.waitForSelector("#passing:not([hidden])");

  const mia = await browser.page();
  await signIn(mia, demo.address, "mia", "console/floor");
  const row = mia.locator("#owned tr", { hasText: "dana" });
  await row.getByRole("button", { name: /^Whisper/ }).click();
  assert.equal(await mia.textContent("#whisper-title"), "Whisper to dana");
  await mia.fill("#whisper-text", "Offer a voucher as well.");
  await mia.click("#whisper-form button.main");
  await dana.waitForSelector('#turns > [data-by="whisper"] >> text=Offer a voucher as well.');
  await mia.waitForSelector("#toasts >> text=Whispered.");

  await row.getByRole("button", { name: /^Take/ }).click();
  await mia.waitForSelector("#passing:not([hidden])");
  assert.equal(await mia.textContent("#owner"), "You have the conversation");
  await dana.waitForFunction(() => /mia/.test(document.querySelector("#owner").textContent));
  await dana.waitForSelector("#passing", { state: "hidden" });
  assert.deepEqual(browser.faults, []);
});
