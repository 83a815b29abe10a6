// Reloads, lost connections and restarts lose nothing and double nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { says, signIn, stage, start, write } from "./demo.js";

const set = await stage();
const { browser } = set;
let { demo } = set;

const turns = (page) => page.locator("#log > li").count();

test("a reload and a lost connection lose and double nothing", async () => {
  const chat = await browser.page();
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "How do I exchange a jacket for another size?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  const before = await turns(chat);
  await chat.reload();
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.equal(await turns(chat), before);

  await chat.context().setOffline(true);
  await write(chat, "And how long does the refund take?");
  await chat.waitForSelector("#line:not([hidden])");
  assert.match(await chat.textContent("#outbox"), /And how long does the refund take/);
  await chat.context().setOffline(false);
  await chat.waitForFunction((count) => document.querySelectorAll("#log > li").length > count, before);
  await chat.waitForFunction(() => document.querySelector("#outbox").children.length === 0);
  const said = await chat.locator('#log > li[data-by="customer"]').allTextContents();
  assert.equal(said.filter((text) => text.includes("how long does the refund take")).length, 1);
  assert.deepEqual(browser.faults, []);
});

test("the server is restarted in mid-chat, and both pages recover", async () => {
  const chat = await browser.page();
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "What does return shipping cost?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  await chat.click("#person");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  const desk = await browser.page();
  await signIn(desk, demo.address, "lee");
  await desk.click("#space > [role=option]");
  await desk.waitForSelector("#turn-1");
  const before = await turns(chat);

  await demo.stop("SIGKILL");
  await desk.waitForSelector("#lost:not([hidden])");
  await write(chat, "Are you still there?");
  assert.match(await chat.textContent("#outbox"), /Are you still there/);
  const { data, port } = demo;
  demo = set.demo = await start({ data, port });

  await desk.waitForSelector('#line[data-line="live"]');
  await desk.waitForSelector("#lost", { state: "hidden" });
  await desk.waitForFunction(() => /Are you still there/.test(document.querySelector("#turns").textContent));
  await desk.keyboard.press("c");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');
  assert.ok((await turns(chat)) > before, "the customer is told who has them now");
  const numbers = await chat.locator("#log > li").evaluateAll((items) => items.map((item) => item.dataset.turn));
  assert.deepEqual(numbers, [...new Set(numbers)]);
  assert.deepEqual(browser.faults, []);
});

test("an operator whose network fails reads so, and sees afterwards what happened meanwhile", async () => {
  await says(demo.address, "away-1", "I want to talk to a human");
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", "console#away-1");
  await desk.waitForSelector("#claim:visible");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:visible");
  await desk.context().setOffline(true);
  await desk.waitForSelector("#lost >> text=You are offline");
  await desk.fill("#reply-text", "One moment please.");
  await desk.click("#send");
  await desk.waitForSelector("#problem >> text=cannot be reached");
  assert.equal(await desk.inputValue("#reply-text"), "One moment please.");
  await says(demo.address, "away-1", "Are you there?");
  await says(demo.address, "away-2", "I want to talk to a human");

  await desk.context().setOffline(false);
  await desk.waitForSelector('#line[data-line="live"]');
  await desk.waitForSelector("#turns >> text=Are you there?");
  assert.equal(await desk.textContent("#problem"), "");
  await desk.waitForSelector('[data-conversation="away-2"]');
  await desk.click("#send");
  await desk.waitForSelector('#turns > [data-by="operator"] >> text=One moment please.');
  assert.equal(await desk.locator('#turns > [data-by="operator"]').count(), 1);
  assert.deepEqual(browser.faults, []);
});
