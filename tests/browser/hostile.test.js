// A hostile customer: markup, scripts, right-to-left marks and 100 kB of emoji. It stays text, on
// every page, and nothing grows out of its place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, says, signIn, stage, write } from "./demo.js";

const { demo, browser } = await stage();

const WORDS = [
  `<script>document.title="owned"</script><img src=x onerror='document.title="owned"'>`,
  `"><svg onload=document.title="owned"> <a href="javascript:document.title='owned'">click</a> {{7*7}} \${7*7}`,
  `\u202e\u2066 refund over limit \u2069 </textarea></dialog><style>*{display:none}</style>`,
  "🧨".repeat(4000),
  `${"\u0e49".repeat(3000)} zalgo`,
  "W".repeat(9000),
];

test("whatever a hostile customer writes stays text in its place", async () => {
  const hostile = { customer: `<b>ada</b>\u202e`, segment: `"><img src=x>`, language: "en" };
  for (const [index, words] of WORDS.entries()) await says(demo.address, "hostile", words, { ...hostile, id: `m${index}` });
  await says(demo.address, "hostile", "I want to talk to a human <script>alert(1)</script>", hostile);
  // 100 kB are more than a turn may have, and are refused in words.
  const { status, body } = await call(demo.address, "POST", "/v1/conversations/hostile/messages", { text: "💣".repeat(25_000) });
  assert.ok(status === 413 || status === 422, `${status}`);
  assert.ok(body.detail);

  const desk = await browser.page({ viewport: { width: 1360, height: 820 } });
  let dialogs = 0;
  desk.on("dialog", (dialog) => ((dialogs += 1), dialog.dismiss()));
  await signIn(desk, demo.address, "dana", "console#hostile");
  await desk.waitForSelector("#turn-1");
  await desk.waitForSelector("#space > [role=option]");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.click("#handback-open");
  await desk.waitForTimeout(500);
  await desk.keyboard.press("Escape");
  assert.equal(await desk.locator("#turns script, #turns img, #turns svg, #turns style, #card img, #card script, #queue img").count(), 0);
  assert.doesNotMatch(await desk.title(), /owned/);
  assert.equal(dialogs, 0);
  const wide = await desk.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
  const over = await desk.evaluate(() => {
    const box = document.querySelector("#transcript").getBoundingClientRect();
    return [...document.querySelectorAll("#turns > li")].filter((item) => item.getBoundingClientRect().right > box.right + 1).length;
  });
  assert.equal(over, 0, "turns that leave the transcript");

  const floor = await browser.page();
  await signIn(floor, demo.address, "dana", "console/floor");
  await floor.waitForSelector("#owned table");
  assert.equal(await floor.locator("#owned img, #owned script").count(), 0);
  assert.deepEqual(browser.faults, []);
});

test("the chat itself takes it as calmly", async () => {
  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${demo.address}/chat`);
  for (const words of WORDS.slice(0, 3)) await write(chat, words);
  await chat.waitForFunction(() => document.querySelectorAll('#log > li[data-by="customer"]').length === 3);
  // More than a message may have does not fit into the field.
  await chat.evaluate((words) => {
    const field = document.querySelector("#text");
    field.focus();
    document.execCommand("insertText", false, words);
  }, "💣".repeat(25_000));
  assert.ok((await chat.inputValue("#text")).length <= 4000);
  await chat.press("#text", "Enter");
  await chat.waitForFunction(() => document.querySelectorAll('#log > li[data-by="customer"]').length === 4);
  assert.equal(await chat.locator("#log script, #log img, #log svg, #log style").count(), 0);
  assert.doesNotMatch(await chat.title(), /owned/);
  const wide = await chat.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} pixels too wide`);
  assert.deepEqual(browser.faults, []);
});
