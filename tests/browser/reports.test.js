// Reports: what ended is counted, and what operators say of handoffs stands there too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, says, signIn, stage } from "./demo.js";

const { demo, browser } = await stage();

test("an operator says that a handoff was not needed, and the report counts it", async () => {
  await says(demo.address, "report-1", "I want a refund of 900 EUR for my boots");
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", "console#report-1");
  await desk.waitForSelector("#feedback");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  const no = desk.locator("#feedback").getByRole("button", { name: "No" });
  await no.focus();
  await desk.keyboard.press("Enter");
  await desk.waitForSelector('#feedback button[aria-pressed="true"] >> text=No');
  // The card is drawn again with every turn; whoever stands on a button of it stays there.
  await says(demo.address, "report-1", "Are you there?");
  await desk.waitForSelector("#turns >> text=Are you there?");
  assert.equal(await desk.evaluate(() => document.activeElement.textContent), "No");
  await desk.waitForSelector('#feedback button[aria-pressed="true"] >> text=No');

  // Whoever opens it reads who said what, and has the last word.
  await desk.reload();
  await desk.waitForSelector("#feedback >> text=You said no");
  await desk.waitForSelector('#feedback button[aria-pressed="true"] >> text=No');
  const lee = await browser.page();
  await signIn(lee, demo.address, "lee", "console#report-1");
  await lee.waitForSelector("#feedback >> text=dana said no");
  await lee.locator("#feedback").getByRole("button", { name: "Yes" }).click();
  await lee.waitForSelector("#feedback >> text=You said yes");
  assert.equal(await lee.locator("#feedback li").count(), 1);
  await desk.reload();
  await desk.waitForSelector("#feedback >> text=lee said yes");
  await desk.locator("#feedback").getByRole("button", { name: "No" }).click();
  await desk.waitForSelector("#feedback >> text=You said no");
  const dana = { "x-warmline-operator": "dana" };
  const { status } = await call(demo.address, "POST", "/v1/conversations/report-1/close", { outcome: "resolved_by_human" }, dana);
  assert.equal(status, 200);

  await desk.click("#ways >> text=Reports");
  await desk.waitForSelector("h2:text('Were the handoffs needed?')");
  assert.match(await desk.textContent("main.report > table:last-of-type tbody"), /0 of 1/);
  assert.equal(await desk.locator("figure svg[role=img]").count(), 4);
  // Another period, by the form.
  await desk.fill('[name="from"]', "2026-01-01");
  await desk.fill('[name="to"]', "2026-01-02");
  await desk.click(".ask button");
  await desk.waitForSelector(".period >> text=2026-01-01");
  assert.equal(await desk.locator("h2:text('Were the handoffs needed?')").count(), 0);
  // What cannot be asked for is said on the page.
  await desk.goto(`${demo.address}/console/reports?from=yesterday`);
  await desk.waitForSelector("#problem >> text=yesterday");
  assert.deepEqual(browser.faults, []);
});
