// What an operator has in front of them: who waits and why, the card, what was held back, and what
// can be done with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, configured, says, signIn, stage, start, write } from "./demo.js";

const config = await configured(`
[queues.support]
target = "4s"
skills = ["refunds"]

[[queues.support.priority]]
when = 'segment == "vip"'
points = 2
`);
const { demo, browser } = await stage(start({ config }));

const as = (operator) => ({ "x-warmline-operator": operator });
const post = (id, action, body, operator = "dana") => call(demo.address, "POST", `/v1/conversations/${id}/${action}`, body, as(operator));

/** Dana's console, with a conversation open. */
async function danas(id) {
  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  await signIn(desk, demo.address, "dana", `console#${id}`);
  await desk.waitForSelector("#turn-1");
  return desk;
}

test("a row tells who waits, for how long, why, and what they need", async () => {
  await says(demo.address, "ada-2", "I want a refund of 900 EUR for my boots", { customer: "ada", segment: "vip", language: "en" });
  await says(demo.address, "ben", "I want to talk to a human", { customer: "ben" });
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana");
  const row = (id) => desk.locator(`[data-conversation="${id}"]`);
  await row("ada-2").waitFor();
  const told = await row("ada-2").textContent();
  for (const words of [/Refund over limit/, /0:\d\d of 0:04/, /900 EUR/, /priority 2/, /vip/, /English/, /refunds/, /web/, /money/]) assert.match(told, words);
  await desk.waitForSelector('[data-conversation="ada-2"][data-pace="late"]');
  const order = await desk.locator("#space > [role=option]").evaluateAll((rows) => rows.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((row) => row.dataset.conversation));
  assert.deepEqual(order, ["ada-2", "ben"], "two points are ahead of two minutes");
  assert.equal(await desk.textContent("#count-waiting"), "2");

  // Mine, waiting, all; and found by customer and by words.
  await post("ben", "claim");
  await desk.waitForFunction(() => document.querySelector("#count-mine").textContent === "1");
  await desk.keyboard.press("1");
  await row("ben").waitFor();
  await desk.keyboard.press("3");
  await desk.waitForFunction(() => document.querySelectorAll("#space > [role=option]").length > 1);
  for (const [words, id] of [["ada", "ada-2"], ["boots", "ada-2"], ["ben", "ben"]]) {
    await desk.fill("#search", words);
    await desk.waitForFunction((id) => [...document.querySelectorAll("#space > [role=option]")].map((row) => row.dataset.conversation).join() === id, id);
  }
  assert.deepEqual(browser.faults, []);
});

test("the card says why with its pictures, and every claim shows its turn", async () => {
  await says(demo.address, "eva-1", "What does return shipping cost?", { customer: "eva" });
  await post("eva-1", "close", { outcome: "resolved_confirmed" });
  await says(demo.address, "eva-2", "How long do I have to return something?", { customer: "eva" });
  await says(demo.address, "eva-2", "Not happy with this at all", { customer: "eva" });
  const desk = await danas("eva-2");
  await desk.waitForSelector("#card .past");
  assert.match(await desk.textContent("#owner"), /^Waiting for a person · Upset customer$/);
  // The evidence, in the customer's own words.
  assert.match(await desk.textContent("#turn-3 mark"), /Not happy/);
  const gauge = desk.locator("#card .gauge svg").first();
  assert.match(await gauge.getAttribute("aria-label"), /^sentiment: (0\.\d\d|1\.00), hands off from 0\.50$/);
  assert.match(await desk.locator("#card .spark svg").getAttribute("aria-label"), /Sentiment over turns, higher is worse\. turn 1: 0\.\d\d, turn 3: /);
  await desk.click('#card .wants .turn >> nth=-1');
  await desk.waitForSelector("#turn-3.shown");
  assert.equal(await desk.evaluate(() => document.activeElement.id), "turn-3");
  // A citation opens the passage.
  const source = desk.locator("#turn-2 .sources details").first();
  assert.ok(await source.locator("blockquote").isHidden());
  await source.locator("summary").click();
  assert.ok((await source.locator("blockquote").textContent()).length > 40);
  // What they came for before, and how it ended.
  assert.match(await desk.textContent("#card .past"), /resolved, confirmed by the customer/);
  await desk.click("#card .past button");
  await desk.waitForSelector("#turn-1 >> text=return shipping");
  assert.match(await desk.textContent("#owner"), /^Ended: resolved, confirmed by the customer/);
  assert.deepEqual(browser.faults, []);
});

test("a draft that was held back is in its place, and can be begun from", async () => {
  const { owner } = await says(demo.address, "fay", "The jacket is too small, sadly");
  assert.equal(owner, "queue");
  const desk = await danas("fay");
  await desk.waitForSelector("#held >> text=the customer has not seen this");
  assert.match(await desk.textContent("#owner"), /not well founded/);
  const held = await desk.textContent("#held .words");
  assert.ok(await desk.locator("#turn-1 + #held").count(), "it stands behind what it was to answer");
  await desk.keyboard.press("c");
  await desk.click("#held-use");
  assert.equal(await desk.inputValue("#reply-text"), held);
  assert.equal(await desk.evaluate(() => document.activeElement.id), "reply-text");

  // A canned reply, by its name behind a slash; and one by its key.
  await desk.fill("#reply-text", "");
  await desk.keyboard.type("/any");
  await desk.waitForSelector("#canned [aria-selected=true] >> text=Anything else");
  await desk.keyboard.press("Enter");
  assert.equal(await desk.inputValue("#reply-text"), "Is there anything else that I can do for you?");
  await desk.fill("#reply-text", "");
  await desk.keyboard.press("Alt+1");
  assert.match(await desk.inputValue("#reply-text"), /this is dana/);
  assert.deepEqual(browser.faults, []);
});

test("a conversation is passed to a person, who reads the word that came with it", async () => {
  await says(demo.address, "gus", "I want a refund of 900 EUR for my tent");
  const lee = await browser.page();
  await signIn(lee, demo.address, "lee");
  await lee.waitForSelector("#presence:visible");
  await post("gus", "claim");
  const desk = await danas("gus");
  await desk.waitForSelector("#passing:visible");
  await desk.keyboard.press("p");
  await desk.waitForSelector('#pass-to option[value="operator lee"]', { state: "attached" });
  await desk.selectOption("#pass-to", "operator lee");
  await desk.fill("#pass-why", "You know tents.");
  await desk.click("#pass .main");
  await desk.waitForSelector("#toasts >> text=Passed on to lee.");
  await lee.waitForSelector('[data-conversation="gus"] >> text=yours before');
  await lee.click('[data-conversation="gus"]');
  await lee.waitForSelector('#turns > [data-by="whisper"] >> text=You know tents.');
  await lee.keyboard.press("c");
  await lee.waitForSelector("#passing:visible");
  await desk.waitForFunction(() => document.querySelector("#owner").textContent === "lee has it");
  assert.deepEqual(browser.faults, []);
});

test("a handback that would be refused says why before it is sent", async () => {
  await says(demo.address, "hal", "I want to talk to a human");
  for (;;) {
    await post("hal", "claim");
    const { status } = await post("hal", "handback", { remaining: ["Help"] });
    if (status !== 200) break;
  }
  const desk = await danas("hal");
  await desk.waitForSelector("#passing:visible");
  await desk.keyboard.press("h");
  await desk.waitForSelector("#handback-refused:not(:empty)");
  assert.match(await desk.textContent("#handback-refused"), /hand/);
  assert.ok(await desk.isDisabled("#handback-send"));
  assert.deepEqual(browser.faults, []);
});

test("the customer reads their place in the line, and the end of what was said stays in view", async () => {
  const chat = await browser.page({ viewport: { width: 390, height: 600 } });
  await chat.goto(`${demo.address}/chat`);
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await chat.route("**/v1/chat/messages", async (route) => (await held, route.continue()), { times: 1 });
  await write(chat, "How long do I have to return something?");
  await chat.waitForSelector("#writing:visible >> text=The assistant is writing");
  go();
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  await chat.click("#person");
  await chat.waitForSelector("#place:visible");
  assert.match(await chat.textContent("#place-words"), /^You are (next|number \d+ in the line)\. (It takes about .*|We cannot say yet how long it takes)\.$/);
  const { conversation } = JSON.parse(await chat.evaluate(() => localStorage.getItem("warmline.chat")));
  await post(conversation, "claim");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');
  await post(conversation, "replies", { text: "Hello, this is Dana. I have read all of it." });
  await chat.waitForSelector('#log > li[data-by="operator"]');
  await post(conversation, "close", { outcome: "resolved_by_human" });
  await chat.waitForSelector("#rating:visible");
  await chat.waitForFunction(() => {
    const box = document.querySelector("#scroll");
    return box.scrollHeight - box.scrollTop - box.clientHeight < 2;
  });
  assert.deepEqual(browser.faults, []);
});
