// Whoever cannot see well, or has no mouse: axe finds nothing serious on any page, in light and in
// dark, and the keyboard reaches everything.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { call, says, signIn, stage, write } from "./demo.js";

const AXE = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

const { demo, browser } = await stage();

/** The serious violations on a page, each with what shows it. */
async function violations(page, state) {
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  });
  return found.map((line) => `${state}: ${line}`);
}

async function paged(colorScheme, viewport = { width: 1360, height: 820 }) {
  const page = await browser.page({ colorScheme, viewport });
  // The policy of the pages forbids inline scripts: axe comes with the browser.
  await page.addInitScript(AXE);
  return page;
}

for (const scheme of ["light", "dark"]) {
  test(`axe finds nothing serious, ${scheme}`, async () => {
    const id = `axe-${scheme}`;
    await says(demo.address, id, "How long do I have to return something?", { segment: "vip", customer: "ada" });
    await says(demo.address, id, "I want a refund of 900 EUR for my washing machine", { segment: "vip", customer: "ada" });
    const found = [];
    const chat = await paged(scheme, { width: 420, height: 720 });
    await chat.goto(`${demo.address}/chat`);
    found.push(...(await violations(chat, "chat, empty")));
    await write(chat, "What does return shipping cost?");
    await chat.waitForSelector('#log > li[data-by="assistant"]');
    await chat.click("#person");
    await chat.waitForSelector('#speaking[data-speaking="waiting"]');
    found.push(...(await violations(chat, "chat, waiting")));

    const desk = await paged(scheme);
    await signIn(desk, demo.address, "dana");
    await desk.waitForSelector("#space > [role=option]");
    found.push(...(await violations(desk, "console, a list")));
    await desk.click(`[data-conversation="${id}"]`);
    await desk.waitForSelector("#turn-1");
    found.push(...(await violations(desk, "console, a conversation")));
    await desk.keyboard.press("c");
    await desk.waitForSelector("#passing:not([hidden])");
    found.push(...(await violations(desk, "console, mine")));
    for (const [key, dialog] of [["h", "#handback"], ["p", "#pass"], ["x", "#closing"], ["?", "#help"], ["Control+k", "#bar"]]) {
      await desk.keyboard.press(key);
      await desk.waitForSelector(`${dialog}[open]`);
      found.push(...(await violations(desk, `console, ${dialog}`)));
      await desk.keyboard.press("Escape");
      await desk.waitForSelector(`${dialog}:not([open])`, { state: "attached" });
    }
    await desk.setViewportSize({ width: 390, height: 780 });
    found.push(...(await violations(desk, "console, on a phone")));
    const floor = await paged(scheme);
    await signIn(floor, demo.address, "dana", "console/floor");
    await floor.waitForSelector("#owned table");
    found.push(...(await violations(floor, "floor")));
    await call(demo.address, "POST", "/v1/people", { name: `kim-${scheme}`, role: "operator", skills: ["refunds"], capacity: 4 });
    await call(demo.address, "POST", "/v1/tokens", { name: `a bot, ${scheme}`, scopes: ["converse"] });
    for (const [name, ready] of [
      ["webhooks", "#told:not(:empty)"],
      ["reports", "#ways:not([hidden])"],
      ["people", "#people tr"],
      ["trail", "#rows tr"],
      ["setup", "#setup"],
      ["nowhere", "#problem:not(:empty)"],
    ]) {
      await floor.goto(`${demo.address}/console/${name}`);
      await floor.waitForSelector(ready);
      for (const width of [1360, 390]) {
        await floor.setViewportSize({ width, height: 820 });
        found.push(...(await violations(floor, `${name}, ${width} pixels`)));
        if (await floor.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${name} is wider than ${width} pixels`);
      }
    }
    await floor.goto(`${demo.address}/console/people`);
    for (const [button, dialog] of [["#add", "#person"], ["#make", "#token-maker"], [`[aria-label="Keep out: kim-${scheme}"]`, "#sure"]]) {
      await floor.click(button);
      found.push(...(await violations(floor, `people, ${dialog}`)));
      await floor.keyboard.press("Escape");
    }
    assert.deepEqual(found, []);
  });
}

test("everything can be done by the keyboard", async () => {
  await says(demo.address, "keys-1", "I want to talk to a human");
  const desk = await browser.page();
  await signIn(desk, demo.address, "kim");
  await desk.waitForSelector("#space > [role=option]");
  const press = (...keys) => keys.reduce((done, key) => done.then(() => desk.keyboard.press(key)), Promise.resolve());
  await press("/");
  await desk.keyboard.type("keys-1");
  await desk.waitForFunction(() => document.querySelectorAll("#space > [role=option]").length === 1);
  await press("Escape", "Enter");
  await desk.waitForSelector("#claim:not([hidden])");
  assert.match(await desk.textContent("#owner"), /Waiting/, "opening changes nothing");
  await press("Control+k");
  await desk.keyboard.type("claim");
  await press("Enter");
  await desk.waitForSelector("#passing:not([hidden])");
  // A macro: it is sent at once.
  await press("Alt+2");
  await desk.waitForFunction(() => /checking that for you/.test(document.querySelector("#turns").textContent));
  await press("w");
  await desk.keyboard.type("a word to the team");
  await press("Control+Enter");
  await desk.waitForSelector('#turns > [data-by="whisper"]');
  await press("Escape", "p");
  await desk.waitForSelector("#pass[open]");
  await press("Escape", "x");
  await desk.waitForSelector("#closing[open]");
  await press("Escape", "l");
  await desk.waitForFunction(() => /Waiting/.test(document.querySelector("#owner").textContent));
  await press("?");
  await desk.waitForSelector("#help[open]");
  assert.match(await desk.textContent("#keys"), /Pass on to a queue or a person/);
  assert.deepEqual(browser.faults, []);
});
