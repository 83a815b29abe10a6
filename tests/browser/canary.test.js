// A candidate that decides a share of the conversations: how these end stands beside the others.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { call, configured, says, stage, start } from "./demo.js";

const shadow = `
[shadow]
config = "candidate.toml"
share = 0.5
`;
const config = await configured(shadow);
const text = await readFile(config, "utf8");
// Another version that decides alike.
const candidate = text.replace(shadow, "").replace("commitment = 0.5", "commitment = 0.51");
await writeFile(join(dirname(config), "candidate.toml"), candidate);
const { demo, browser } = await stage(start({ config }));

test("the page of the policy shows how conversations end under the two", async () => {
  for (let number = 0; number < 12; number += 1) {
    const refund = number % 3 === 0;
    await says(demo.address, `end-${number}`, refund ? "I want a refund of 900 EUR for my boots" : "How long do I have to return something?");
    const outcome = refund ? "resolved_by_human" : "resolved_confirmed";
    const { status } = await call(demo.address, "POST", `/v1/conversations/end-${number}/close`, { outcome }, { "x-warmline-operator": "dana" });
    assert.equal(status, 200);
  }
  const page = await browser.page({ viewport: { width: 1360, height: 820 } });
  await page.goto(`${demo.address}/console/policy`);
  await page.waitForSelector("#ends tr");
  const rows = await page.locator("#ends tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(rows.map(([who]) => who.replace(/[0-9a-f]{16}$/, "")), ["The candidate", "In force"]);
  let ended = 0;
  for (const [, count, handed, contained, durable] of rows) {
    ended += Number(count);
    const [of, among] = handed.match(/\((\d+) of (\d+)\)/).slice(1).map(Number);
    assert.equal(among, Number(count));
    assert.match(contained, new RegExp(`\\(${among - of} of ${among}\\)`));
    assert.match(durable, new RegExp(`of ${among}\\).*95 %`));
  }
  assert.ok(ended >= 12, "all that ended are in one of the two");
  // Each figure stands under its title.
  const left = (cells) => cells.map((cell) => cell.getBoundingClientRect().left);
  const titles = await page.locator("table:has(#ends) thead th").evaluateAll(left);
  assert.deepEqual(await page.locator("#ends tr:first-child > *").evaluateAll(left), titles);
  // The two are compared over the days of the younger, which the page names.
  assert.match(await page.textContent("#ends-of"), /ended from [\d-]{10}, the first day of (the candidate|what is in force), to [\d-]{10}:/);
  await page.click("#ends-of a");
  await page.waitForSelector("main.report");
  await page.goto(`${demo.address}/console/trail`);
  await page.waitForSelector("#rows >> text=read what the shadow found");
  assert.deepEqual(browser.faults, []);
});
