// Out of hours: the customer is told when somebody is there, and can say how to reach them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configured, signIn, stage, start, write } from "./demo.js";

// Open for an hour that is half a week away.
const day = new Date(Date.now() + 3.5 * 86_400_000).toLocaleDateString("en", { weekday: "long", timeZone: "UTC" }).toLowerCase();
const config = await configured(`
[queues.support]
timezone = "UTC"
outside = "contact"
hours = { ${day} = "12:00-13:00" }
`);
const { demo, browser } = await stage(start({ config }));

test("out of hours the chat says when, takes a contact, and the console shows it", async () => {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "I want to talk to a human");
  await chat.waitForSelector("#place:not([hidden])");
  assert.match(await chat.textContent("#place-words"), /Nobody is here at the moment\. We are back .*12:00/);
  await chat.fill("#contact", "ada@example.com");
  await chat.click("#contact-form button");
  await chat.waitForSelector("#contact-done:not([hidden])");
  assert.match(await chat.textContent("#contact-done"), /ada@example\.com/);

  const desk = await browser.page();
  await signIn(desk, demo.address, "dana");
  await desk.waitForSelector("#space > [role=option]");
  await desk.waitForSelector("text=call back");
  await desk.click("#space > [role=option]");
  await desk.waitForSelector("#card >> text=ada@example.com");
  assert.deepEqual(browser.faults, []);
});
