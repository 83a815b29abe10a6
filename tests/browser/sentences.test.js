// An answer that grows sentence by sentence while a model is still speaking: what was said stays.

import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { signIn, stage, start, write } from "./demo.js";

/** Who waits for the next question to the model. */
const asked = [];

/** Gives the model's way to answer the next question: piece by piece, as the test goes on. */
function question() {
  return new Promise((resolve) => asked.push(resolve));
}

const model = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (choice) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
  const says = (words) => send({ delta: { content: words } });
  const ends = () => {
    send({ delta: {}, finish_reason: "stop" });
    response.end("data: [DONE]\n\n");
  };
  const waits = asked.shift();
  if (waits) return waits({ says, ends });
  says("You have 30 days.");
  ends();
});
await new Promise((resolve) => model.listen(0, "127.0.0.1", resolve));
after(() => model.close().closeAllConnections());

// The assistant is the subject here, not the detectors.
const knowledge = new URL("../../config/returns/knowledge", import.meta.url).pathname;
const config = join(await mkdtemp(join(tmpdir(), "warmline-config-")), "warmline.toml");
await writeFile(config, `
[workflow]
name = "sentences"
[assistant]
knowledge = "${knowledge}"
[[gates]]
name = "large"
when = "draft && amount > 100.0"
[thresholds]
out_of_domain = "off"
scope_pivot = "off"
sentiment = "off"
repeat_loop = "off"
commitment = "off"
grounding = "off"
citation_density = "off"
verifier = "off"
[models.assistant]
release = "sentences"
[[models.assistant.endpoints]]
base_url = "http://127.0.0.1:${model.address().port}/v1"
model = "scripted"
`);
const { demo, browser } = await stage(start({ config }));

/** What the assistant said, as the customer sees it. */
const said = (chat) => chat.locator('#log > li[data-by="assistant"] .words').allTextContents();
const shows = (chat, words) => chat.waitForSelector(`#log > li[data-by="assistant"] >> text=${words}`);

/** A customer who asked, and the model's way to answer. */
async function asking() {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  const answer = question();
  await write(chat, "How long can I return my boots?");
  return { chat, answer: await answer };
}

test("each sentence is there once the next one has begun, under one name, and stays over a reload", async () => {
  const { chat, answer } = await asking();
  answer.says("You have 30 days. It");
  await shows(chat, "You have 30 days.");
  assert.deepEqual(await said(chat), ["You have 30 days."], "what is half said is not shown");
  assert.ok(await chat.isVisible("#writing"), "there is more to come");

  await chat.reload();
  await shows(chat, "You have 30 days.");
  answer.says(" costs nothing. Send it");
  await shows(chat, "It costs nothing.");
  answer.says(" to our store.");
  answer.ends();
  await shows(chat, "Send it to our store.");
  assert.deepEqual(await said(chat), ["You have 30 days.", "It costs nothing.", "Send it to our store."]);
  assert.equal(await chat.locator('#log > li[data-by="assistant"] .who').count(), 1);
  await chat.waitForSelector("#writing", { state: "hidden" });
  assert.equal(await chat.getAttribute("#speaking", "data-speaking"), "assistant");
  assert.deepEqual(browser.faults, []);
});

test("a customer who asks for a person in mid-answer keeps what was said, and the rest is never heard", async () => {
  const { chat, answer } = await asking();
  answer.says("You have 30 days. It");
  await shows(chat, "You have 30 days.");
  await chat.click("#person");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  answer.says(" costs nothing. Bye.");
  answer.ends();

  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  await signIn(desk, demo.address, "dana");
  await desk.click("#space > [role=option]");
  await desk.waitForSelector("#turns >> text=You have 30 days.");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.fill("#reply-text", "Hello, this is Dana.");
  await desk.click("#send");
  await chat.waitForSelector('#log > li[data-by="operator"] >> text=Hello, this is Dana.');
  assert.deepEqual(await said(chat), ["You have 30 days."]);
  assert.doesNotMatch(await desk.textContent("#turns"), /costs nothing/);
  await chat.reload();
  await chat.waitForSelector('#log > li[data-by="operator"]');
  assert.deepEqual(await said(chat), ["You have 30 days."]);
  assert.deepEqual(browser.faults, []);
});

test("a sentence that may not be said is held back, behind those that were said", async () => {
  const { chat, answer } = await asking();
  answer.says("You have 30 days. We");
  await shows(chat, "You have 30 days.");
  answer.says(" pay you 500 EUR. Bye");
  answer.ends();
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  assert.deepEqual(await said(chat), ["You have 30 days."]);
  assert.doesNotMatch(await chat.textContent("#log"), /500 EUR/);

  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  await signIn(desk, demo.address, "dana");
  await desk.click("#space > [role=option]");
  await desk.waitForSelector("#held >> text=We pay you 500 EUR.");
  const order = await desk.locator("#turns > li").evaluateAll((items) => items.map((item) => item.dataset.by));
  assert.deepEqual(order.slice(0, 3), ["customer", "assistant", "held"]);
  assert.deepEqual(browser.faults, []);
});
