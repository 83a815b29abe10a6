// An operator vanishes: the customer is told, and goes on to somebody who is there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configured, signIn, stage, start, write } from "./demo.js";

const config = await configured(`
[runtime]
offline_after = "21s"
lease = "22s"
`);
const { demo, browser } = await stage(start({ config }));

test("a customer whose operator is gone is passed on", async () => {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "I want to talk to a human");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');

  const dana = await browser.page();
  await signIn(dana, demo.address, "dana");
  await dana.waitForSelector("#presence:not([hidden])");
  await dana.waitForSelector("#space > [role=option]");
  await dana.keyboard.press("n");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');
  // The browser crashes: no sign of life, and no good-bye.
  await dana.context().close();

  await chat.waitForSelector('#speaking[data-speaking="waiting"]', { timeout: 60_000 });
  const lee = await browser.page();
  await signIn(lee, demo.address, "lee");
  await lee.waitForSelector("#space > [role=option]");
  await lee.keyboard.press("n");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');
  await lee.waitForSelector("#passing:not([hidden])");
  await lee.keyboard.press("r");
  await lee.keyboard.type("Sorry for the wait, Lee here.");
  await lee.keyboard.press("Control+Enter");
  await chat.waitForSelector('#log > li[data-by="operator"]');
  assert.ok((await chat.locator('#log > li[data-by="notice"]').count()) >= 3, "every change of owner was told");
  assert.deepEqual(browser.faults, []);
});
