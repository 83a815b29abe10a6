// On a telephone: no page and no part of one is wider than the screen, and tables are still tables to
// whoever listens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, configured, listen, says, serve, signIn, stage, start, write } from "./demo.js";

const receiver = await listen(() => [204]);
const config = await configured(`
[webhooks.endpoints.the-help-desk-of-the-shop]
url = "http://127.0.0.1:${receiver.port}/told"
secret_env = "WARMLINE_TEST_WEBHOOK"
`);
const { demo, browser } = await stage(start({ config, env: { WARMLINE_TEST_WEBHOOK: `whsec_${Buffer.from("thirty-two bytes to sign events with").toString("base64")}` } }));

const NARROW = { width: 360, height: 740 };
const LONG = "a-conversation-with-a-name-that-nobody-would-give-it-by-hand-0123456789";

/** What can be moved sideways, or stands out of the screen to the right. */
function wide() {
  const named = (element) => element.id || element.className || element.tagName;
  // The titles of columns are there for whoever listens.
  const unseen = (element) => element && (getComputedStyle(element).clipPath !== "none" || unseen(element.parentElement));
  return [...document.querySelectorAll("body, body *")]
    .filter((element) => element.checkVisibility() && !unseen(element))
    .filter((element) => {
      const { overflowX, position } = getComputedStyle(element);
      const moved = ["auto", "scroll"].includes(overflowX) && element.scrollWidth > element.clientWidth;
      const box = element.getBoundingClientRect();
      // What a part around it cuts off with dots is in its place.
      const out = box.right > innerWidth + 1 && box.width && position !== "absolute" && !element.closest("svg, .words, #space, #banner");
      return moved || out;
    })
    .map((element) => `${named(element)}: ${element.scrollWidth} in ${element.clientWidth}, to ${element.getBoundingClientRect().right}`);
}

async function fits(page, state) {
  assert.deepEqual(await page.evaluate(wide), [], state);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), state);
}

/** What the browser tells readers of the screen that there is. */
async function roles(page) {
  const browser = await page.context().newCDPSession(page);
  const { nodes } = await browser.send("Accessibility.getFullAXTree");
  return nodes.filter((node) => !node.ignored).map((node) => node.role.value);
}

test("no page is wider than a telephone", async () => {
  await says(demo.address, LONG, "I want a refund of 900 EUR for my boots", { customer: "a-customer-with-a-long-name@a-provider-of-mail.example", segment: "vip" });
  await call(demo.address, "POST", "/v1/people", { name: "olga.with.a.rather.long.name@shop.example", display: "Olga", role: "operator", skills: ["refunds", "warranty", "repairs of tents"], languages: ["en", "de"], capacity: 4 });
  await call(demo.address, "POST", "/v1/tokens", { name: "The bot of the web shop", scopes: ["converse", "operate", "supervise"] });

  const page = await browser.page({ viewport: NARROW });
  await page.goto(`${demo.address}/chat`);
  await write(page, "I want to talk to a human, and https://a-link.example/that/is/longer/than/any/screen/of/a/telephone/would/be");
  await page.waitForSelector('#speaking[data-speaking="waiting"]');
  await fits(page, "chat");

  await signIn(page, demo.address, "a.rather.long.name@shop.example");
  await page.waitForSelector("#space > [role=option]");
  await fits(page, "the list");
  await page.click(`[data-conversation="${LONG}"]`);
  await page.waitForSelector("#claim:not([hidden])");
  await fits(page, "a conversation");
  await page.click("#claim");
  await page.waitForSelector("#passing:visible");
  await fits(page, "a conversation of one's own");
  await page.click("#card-open");
  await page.waitForSelector("#card .next");
  await fits(page, "the card");
  await page.click("#card-open");
  for (const [button, dialog] of [["#handback-open", "#handback"], ["#pass-open", "#pass"], ["#close", "#closing"], ["#bar-open", "#bar"]]) {
    if (!(await page.isVisible(button))) await page.keyboard.press("Control+k");
    else await page.click(button);
    await page.waitForSelector(`${dialog}[open]`);
    await fits(page, dialog);
    await page.keyboard.press("Escape");
    await page.waitForSelector(`${dialog}:not([open])`, { state: "attached" });
  }

  for (const [name, ready] of [
    ["floor", "#owned td"],
    ["reports", "#ways:not([hidden])"],
    ["webhooks", "#told:not(:empty)"],
    ["people", "#people tr"],
    ["trail", "#rows tr"],
    ["policy", "#force:not(:empty)"],
    ["nowhere", "#problem:not(:empty)"],
    ["setup", "#setup"],
  ]) {
    await page.goto(`${demo.address}/console/${name}`);
    await page.waitForSelector(ready);
    if (name === "webhooks") {
      await page.click("#standing >> text=Delivered");
      await page.waitForSelector("#rows tr");
    }
    await fits(page, name);
    // A cell says what it is, to the eye and to the ear.
    if (!(await page.isVisible("table"))) continue;
    const cell = await page.evaluate(() => {
      const cell = document.querySelector("tbody td[data-label]");
      return { label: cell.dataset.label, shown: getComputedStyle(cell, "::before").content, column: getComputedStyle(cell).display };
    });
    assert.ok(cell.shown.includes(cell.label), name);
    assert.equal(cell.column, "grid", name);
    const heard = await roles(page);
    for (const role of ["table", "row", "columnheader", "cell"]) assert.ok(heard.includes(role), `${name}: ${role}`);
  }
  for (const [button, dialog] of [["#add", "#person"], ["#make", "#token-maker"]]) {
    await page.goto(`${demo.address}/console/people`);
    await page.waitForSelector("#people tr");
    await page.click(button);
    await page.waitForSelector(`${dialog}[open]`);
    await fits(page, dialog);
  }
  assert.deepEqual(browser.faults, []);
});

test("at 200 % everything of a conversation is within reach", async () => {
  await says(demo.address, "zoomed", "I want to talk to a human");
  const page = await browser.page({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await signIn(page, demo.address, "dana", "console#zoomed");
  await page.waitForSelector("#claim:visible");
  await page.keyboard.press("c");
  await page.waitForSelector("#passing:visible");
  await fits(page, "at 200 %");
  for (const button of ["#close", "#send"]) {
    // By the wheel, as people do: what is cut off for good does not come.
    await page.mouse.move(320, 250);
    await page.mouse.wheel(0, button === "#send" ? 2000 : -2000);
    await page.waitForFunction((button) => {
      const { top, bottom } = document.querySelector(button).getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }, button);
  }
  assert.deepEqual(browser.faults, []);
});

test("who signs in on a telephone sees all of it", async () => {
  const server = await serve({ config: await configured("") });
  try {
    const page = await browser.page({ viewport: NARROW });
    await page.goto(`${server.address}/console/reports`);
    await page.waitForSelector("#sign-in:not([hidden])");
    await fits(page, "the way in");
  } finally {
    await server.stop();
    await server.remove();
    receiver.close();
  }
});
