// The whole way of a conversation, as the customer and the operator see it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, start } from "./demo.js";

let demo;
let browser;

before(async () => {
  demo = await start();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  await demo?.remove();
});

const say = async (chat, text) => {
  await chat.fill("#text", text);
  await chat.press("#text", "Enter");
};
const turns = (page) => page.locator("#log > li").count();

async function signIn(desk, name) {
  await desk.goto(`${demo.address}/console`);
  await desk.fill("#operator", name);
  await desk.click("#sign-in-form button");
  await desk.waitForSelector("#desk:not([hidden])");
}

test("chat, handoff, claim, reply, handback, close, rating", async () => {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  await say(chat, "How long do I have to return something?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.match(await chat.textContent("#speaking"), /an AI/);

  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  await signIn(desk, "dana");
  await desk.waitForFunction(() => document.querySelector("#line").textContent === "Live");
  await desk.waitForFunction(() => document.querySelector("#empty").textContent === "Nobody is waiting.");

  await chat.click("#person");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  assert.ok(await chat.isDisabled("#person"));

  // The console shows it without a reload.
  await desk.waitForSelector("#rows button");
  assert.match(await desk.textContent("#rows button"), /Asked for a person/);
  await desk.click("#rows button");
  await desk.waitForSelector("#turn-1");
  assert.match(await desk.textContent("#card"), /How long do I have to return something/);
  assert.match(await desk.textContent("#card"), /Why it came to you/i);
  assert.ok(await desk.isHidden("#reply"), "nobody answers what they have not claimed");

  await desk.click("#claim");
  await desk.waitForSelector("#reply:not([hidden])");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');

  // What is written stays text, on both sides.
  await desk.fill("#reply-text", "Hello, <b>Dana</b> here.");
  await desk.press("#reply-text", "Control+Enter");
  await chat.waitForSelector('#log > li[data-by="operator"]');
  assert.match(await chat.textContent('#log > li[data-by="operator"]'), /<b>Dana<\/b> here\./);
  await say(chat, "<img src=x onerror=alert(1)>");
  await desk.waitForFunction(() => document.querySelector("#turns").textContent.includes("<img src=x"));
  assert.equal(await desk.locator("#turns img").count(), 0);
  await desk.fill("#reply-text", "That arrived as text.");
  await desk.press("#reply-text", "Control+Enter");
  await chat.waitForFunction(() => document.querySelectorAll('#log > li[data-by="operator"]').length === 2);

  await desk.click("#handback summary");
  await desk.fill("#done", "Told them the return window");
  await desk.fill("#remaining", "Answer questions about returns and the return window");
  await desk.click("#handback-form button");
  await chat.waitForSelector('#speaking[data-speaking="assistant"]');
  await desk.waitForFunction(() => /Left to do/i.test(document.querySelector("#card").textContent));

  await desk.click("#claim");
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.click("#close summary");
  await desk.selectOption("#outcome", "resolved_by_human");
  await desk.click("#close-form button");
  await chat.waitForSelector("#rating:not([hidden])");
  await chat.click(".scores label:nth-child(5)");
  await chat.click("#rating button");
  await chat.waitForSelector("#thanks:not([hidden])");
  await desk.waitForFunction(() => /rated 5 of 5/.test(document.querySelector("#owner").textContent));
  assert.deepEqual(browser.faults, []);
});

test("a reload and a lost connection lose and double nothing", async () => {
  const chat = await browser.page();
  await chat.goto(`${demo.address}/chat`);
  await say(chat, "How do I exchange a jacket for another size?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  const before = await turns(chat);
  await chat.reload();
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.equal(await turns(chat), before);

  await chat.context().setOffline(true);
  await say(chat, "And how long does the refund take?");
  await chat.waitForFunction(() => !document.querySelector("#line").hidden);
  assert.match(await chat.textContent("#outbox"), /And how long does the refund take/);
  await chat.context().setOffline(false);
  await chat.waitForFunction((count) => document.querySelectorAll("#log > li").length > count, before);
  await chat.waitForFunction(() => document.querySelector("#outbox").children.length === 0);
  const said = await chat.locator('#log > li[data-by="customer"]').allTextContents();
  assert.equal(said.filter((text) => text.includes("how long does the refund take")).length, 1);
  assert.deepEqual(browser.faults, []);
});

test("a restart of the server is survived by both pages", async () => {
  const chat = await browser.page();
  await chat.goto(`${demo.address}/chat`);
  await say(chat, "What does return shipping cost?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  await chat.click("#person");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  const desk = await browser.page();
  await signIn(desk, "lee");
  await desk.waitForSelector("#rows button");
  const before = await turns(chat);

  await demo.stop("SIGKILL");
  await desk.waitForSelector("#line.lost");
  const { data, port } = demo;
  demo = await start({ data, port });

  await desk.waitForFunction(() => document.querySelector("#line").textContent === "Live");
  await desk.click("#rows button");
  await desk.click("#claim");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');
  assert.ok((await turns(chat)) > before, "the customer is told who has them now");
  const numbers = await chat.locator("#log > li").evaluateAll((items) => items.map((item) => item.dataset.turn));
  assert.deepEqual(numbers, [...new Set(numbers)]);
});
