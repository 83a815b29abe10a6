// Two tenants and the root on one address: what goes on at one is nowhere else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configured, enter, serve, setUp, stage, write } from "./demo.js";

const PASSWORD = "correct horse battery";
const OTHER = "battery staple correct";

const own = await configured("");
const config = await configured(`
[tenants.acme]
config = "${own}"
[tenants.bolt]
config = "${own}"
`);
const { demo: server, browser } = await stage(serve({ config }));

const live = (page) => page.waitForSelector('#line[data-line="live"]');

test("a conversation of one tenant is at no other", async () => {
  const acme = await browser.page();
  await setUp(acme, await server.invited("acme"), "ada", PASSWORD);
  await acme.click("#leave");
  await enter(acme, "ada", PASSWORD);
  await live(acme);
  assert.match(acme.url(), /\/t\/acme\/console/);

  const chat = await browser.page({ viewport: { width: 420, height: 720 } });
  await chat.goto(`${server.address}/t/acme/chat`);
  await write(chat, "I want to talk to a human about my washing machine");
  await chat.waitForSelector('#speaking[data-speaking="waiting"]');
  await acme.waitForSelector("#space > [role=option]");
  const id = await acme.getAttribute("#space > [role=option]", "data-conversation");
  await acme.keyboard.press("n");
  await acme.waitForSelector("#passing:visible");
  await chat.waitForSelector('#speaking[data-speaking="operator"]');

  // Whoever is signed in at one is a stranger at the others, also by what they know there.
  await acme.goto(`${server.address}/t/bolt/console`);
  await enter(acme, "ada", PASSWORD);
  await acme.waitForSelector("#sign-in-problem >> text=name or password are wrong");

  const links = { "": server.invitation, "/t/bolt": await server.invited("bolt") };
  for (const [base, link] of Object.entries(links)) {
    const page = await browser.page();
    await setUp(page, link, "ada", OTHER);
    await page.waitForSelector("text=Nobody is waiting.");
    for (const [list, says] of [["mine", "You have no conversation."], ["all", "There is no conversation yet."]]) {
      await page.click(`[data-list="${list}"]`);
      await page.waitForSelector(`text=${says}`);
    }
    await page.fill("#search", "washing machine");
    await page.waitForSelector("text=Nothing was found.");
    await page.goto(`${server.address}${base}/console/floor`);
    await page.waitForSelector("text=No operator has a conversation.");
    await page.goto(`${server.address}${base}/console#${id}`);
    await page.waitForSelector("#toasts >> text=This conversation does not exist.");
  }

  await acme.goto(`${server.address}/t/acme/console#${id}`);
  await acme.waitForSelector("#turns >> text=washing machine");
  assert.equal(await acme.textContent("#owner"), "You have the conversation");
  assert.deepEqual(browser.faults, []);
});
