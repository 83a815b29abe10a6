// The widget on a page of another site: it opens, a message goes and its answer comes, and both are
// there after a reload.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { configured, listen, stage, start } from "./demo.js";

const shop = await listen(() => [200, `<!doctype html><title>A shop</title><h1>Boots</h1><script src="${demo.address}/widget.js" defer></script>`]);
const config = await configured(`
[server]
embed_from = ["http://localhost:${shop.port}"]
`);
const { demo, browser } = await stage(start({ config }));
after(() => shop.close());

test("a customer chats on a page of another site, and goes on after a reload", async () => {
  const page = await browser.page({ viewport: { width: 900, height: 720 } });
  await page.goto(`http://localhost:${shop.port}/`);
  const chat = page.frameLocator('iframe[title="Chat"]');
  const bubble = page.getByRole("button", { name: "Chat" });
  await bubble.click();
  await chat.locator("#text").fill("How long do I have to return something?");
  await chat.locator("#text").press("Enter");
  await chat.locator('#log > li[data-by="assistant"]').waitFor();
  const said = await chat.locator("#log").textContent();

  await page.reload();
  assert.equal(await page.locator("iframe").getAttribute("src"), null, "nothing is loaded before it is opened");
  await bubble.click();
  await chat.locator('#log > li[data-by="assistant"]').waitFor();
  assert.equal(await chat.locator("#log").textContent(), said);
  await page.keyboard.press("Escape");
  await page.locator('iframe[title="Chat"]').waitFor({ state: "hidden" });
  assert.deepEqual(browser.faults, []);
});

test("a page of a site that is not named shows no chat", async () => {
  const page = await browser.page();
  await page.goto(`http://127.0.0.1:${shop.port}/`);
  const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  await page.getByRole("button", { name: "Chat" }).click();
  await refused;
});
