// A refund that trips a gate goes through the whole loop, in two windows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signIn, stage, write } from "./demo.js";

const { demo, browser } = await stage();

test("a refund over the limit: gate, card, claim, reply, handback, return, close, rating", async () => {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "How long do I have to return something?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.match(await chat.textContent("#speaking"), /an AI/);

  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  await signIn(desk, demo.address, "dana");
  await desk.waitForSelector("text=Nobody is waiting.");

  await write(chat, "I want a refund of 900 EUR for my washing machine.");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  assert.ok(await chat.isDisabled("#person"));

  // The console shows it without a reload, and opening it changes nothing.
  await desk.waitForSelector("#space > [role=option]");
  assert.match(await desk.textContent("#space > [role=option]"), /Refund over limit/);
  await desk.keyboard.press("j");
  await desk.keyboard.press("Enter");
  await desk.waitForSelector("#turn-1");
  await desk.waitForSelector("#card .next");
  assert.match(await desk.textContent("#owner"), /Waiting for a person/);
  assert.match(await desk.textContent("#card"), /Why it came to you/i);
  assert.match(await desk.textContent("#turns"), /900 EUR/);
  assert.match(await desk.textContent("#turns mark"), /refund/);
  await desk.click("#card .turn >> nth=0");
  await desk.waitForSelector("#turns > li.shown");
  assert.equal(await chat.getAttribute("#speaking", "data-speaking"), "waiting");

  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  assert.equal(await desk.textContent("#owner"), "You have the conversation");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');

  // Both see that the other is writing.
  await desk.keyboard.press("r");
  await desk.keyboard.type("I have refunded 900 EUR, <b>Ada</b>.");
  await chat.waitForSelector("#writing:not([hidden])");
  await desk.keyboard.press("Control+Enter");
  await chat.waitForSelector('#log > li[data-by="operator"]');
  assert.match(await chat.textContent('#log > li[data-by="operator"]'), /<b>Ada<\/b>/);
  await chat.type("#text", "Thank you. What does return shipping cost?");
  await desk.waitForFunction(() => /customer is writing/.test(document.querySelector("#typing").textContent));
  await chat.press("#text", "Enter");
  await desk.waitForFunction(() => /return shipping cost/.test(document.querySelector("#turns").textContent));

  // A word to the team stays with the team.
  await desk.click("#to-team");
  await desk.fill("#reply-text", "Nice customer.");
  await desk.click("#send");
  await desk.waitForSelector('#turns > [data-by="whisper"]');
  assert.doesNotMatch(await chat.textContent("#log"), /Nice customer/);

  // The assistant drafts, the operator decides.
  await desk.click("#suggest");
  await desk.waitForFunction(() => document.querySelector("#reply-text").value.length > 10);
  await desk.waitForSelector("#suggested:not([hidden])");
  await desk.fill("#reply-text", "");

  // The note is filled in: what was done, what is left, what brings it back.
  await desk.click("#handback-open");
  await desk.waitForFunction(() => document.querySelector("#remaining").value);
  assert.match(await desk.inputValue("#done"), /I have refunded 900 EUR/);
  assert.match(await desk.inputValue("#remaining"), /return shipping cost/);
  assert.match(await desk.inputValue("#return-when"), /refund/);
  await desk.click("#handback-send");
  await chat.waitForSelector('#speaking[data-speaking="assistant"]');
  await chat.waitForFunction(() => document.querySelector("#log > li:last-child")?.dataset.by === "assistant");
  await desk.waitForFunction(() => /Left to do/i.test(document.querySelector("#card").textContent));

  // Closing can be taken back for a while, and is made then.
  await desk.keyboard.press("Escape");
  await desk.click('[data-list="all"]');
  await desk.click("#space > [role=option] >> nth=0");
  await desk.waitForSelector("#claim:not([hidden])");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.keyboard.press("x");
  await desk.click("#outcomes >> text=Resolved by me");
  await desk.click(".undo");
  await desk.waitForSelector("text=It stays open.");
  assert.equal(await chat.getAttribute("#speaking", "data-speaking"), "operator");
  await desk.click("#close");
  await desk.click("#outcomes >> text=Resolved by me");
  await chat.waitForSelector("#rating:not([hidden])");
  await chat.click(".scores label:nth-child(5)");
  await chat.click("#rating button");
  await chat.waitForSelector("#thanks:not([hidden])");
  await desk.waitForFunction(() => /rated 5 of 5/.test(document.querySelector("#owner").textContent));
  assert.deepEqual(browser.faults, []);
});
