// Answers come late, and people go on meanwhile: everything lands where it was meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, says, signIn, stage, write } from "./demo.js";

const as = (operator) => ({ "x-warmline-operator": operator });

const { demo, browser } = await stage();
await call(demo.address, "PUT", "/v1/canned-replies/Bye", { text: "Have a nice day.", key: "9", then: "close" }, as("dana"));

const owner = async (id) => (await call(demo.address, "GET", `/v1/conversations/${id}`, null, as("dana"))).body.owner;

/** Conversations that dana has, in each of which she said something. */
async function claimed(...ids) {
  for (const id of ids) {
    await says(demo.address, id, "I want to talk to a human");
    await call(demo.address, "POST", `/v1/conversations/${id}/claim`, null, as("dana"));
    await call(demo.address, "POST", `/v1/conversations/${id}/replies`, { text: `I sent a label to ${id}.` }, as("dana"));
  }
}

/** Opens one of dana's conversations. */
async function open(desk, id) {
  await desk.click(`[data-conversation="${id}"]`);
  await desk.waitForFunction((id) => document.querySelector("#about").textContent.startsWith(id), id);
  await desk.waitForSelector("#passing:not([hidden])");
}

/** The console of dana, with her conversations. */
async function danas(id) {
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", `console#${id}`);
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.click('[data-list="mine"]');
  return desk;
}

function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}

/** Holds the next answer at an address back: when it is there, and what lets it through. */
async function hold(page, url) {
  const [there, through, arrived] = [gate(), gate(), gate()];
  const later = async (route) => {
    const response = await route.fetch();
    there.open();
    await through.opened;
    await route.fulfill({ response });
    arrived.open();
  };
  await page.route(url, later, { times: 1 });
  return { there: there.opened, release: () => (through.open(), arrived.opened) };
}

test("a command stays with the conversation in which it was given", async () => {
  await claimed("ada", "bob", "cleo");
  const desk = await danas("ada");

  // Send and close: ada is closed, though bob is open when she has her reply.
  const reply = await hold(desk, "**/v1/conversations/ada/replies");
  await desk.keyboard.press("Alt+9");
  await reply.there;
  await open(desk, "bob");
  await reply.release();
  await desk.waitForSelector(".undo");

  // Pass on with a word: bob is, though cleo is open when the word was said.
  const whisper = await hold(desk, "**/v1/conversations/bob/whispers");
  await desk.keyboard.press("p");
  await desk.fill("#pass-why", "Speaks French.");
  await desk.click("#pass .main");
  await whisper.there;
  await open(desk, "cleo");
  await whisper.release();
  await desk.waitForSelector("text=Passed on to");
  assert.equal(await owner("bob"), "queue");

  // Whoever leaves the page means the close.
  await desk.reload();
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.goto(`${demo.address}/console#ada`);
  await desk.reload();
  await desk.waitForFunction(() => /Ended/.test(document.querySelector("#owner").textContent));
  assert.equal(await owner("cleo"), "operator");
  assert.deepEqual(browser.faults, []);
});

test("what is written stays in its conversation, for whom it was meant", async () => {
  await claimed("eve", "fay");
  const desk = await danas("eve");
  const pressed = (id) => desk.getAttribute(id, "aria-pressed");

  await desk.fill("#reply-text", "Dear Eve,");
  await open(desk, "fay");
  await desk.keyboard.press("w");
  await desk.keyboard.type("Fay is kind.");
  await open(desk, "eve");
  assert.deepEqual([await desk.inputValue("#reply-text"), await pressed("#to-customer")], ["Dear Eve,", "true"]);
  // A canned reply does not erase it.
  await desk.keyboard.press("Alt+9");
  await desk.waitForFunction(() => /Have a nice day/.test(document.querySelector("#turns").textContent));
  await desk.keyboard.press("z");
  assert.equal(await desk.inputValue("#reply-text"), "Dear Eve,");
  await open(desk, "fay");
  assert.deepEqual([await desk.inputValue("#reply-text"), await pressed("#to-team")], ["Fay is kind.", "true"]);

  // The note of one conversation is not filled in with another's.
  const [fays, eves] = [await hold(desk, "**/v1/conversations/fay/handback"), await hold(desk, "**/v1/conversations/eve/handback")];
  await desk.click("#handback-open");
  await fays.there;
  await desk.keyboard.press("Escape");
  await open(desk, "eve");
  await desk.click("#handback-open");
  await eves.there;
  await fays.release();
  await eves.release();
  await desk.waitForFunction(() => document.querySelector("#done").value);
  assert.equal(await desk.inputValue("#done"), "Have a nice day.");
  assert.deepEqual(browser.faults, []);
});

test("an older answer that comes last changes nothing", async () => {
  await says(demo.address, "gil", "I want to talk to a human");
  const desk = await browser.page();
  const rows = await hold(desk, "**/v1/conversations?owner=queue*");
  await signIn(desk, demo.address, "dana", "console#gil");
  await rows.there;
  await desk.click('[data-list="mine"]');
  await desk.waitForSelector("#claim:not([hidden])");

  const talk = await hold(desk, "**/v1/conversations/gil");
  await says(demo.address, "gil", "Are you there?");
  await talk.there;
  await desk.evaluate(() => {
    window.owners = [];
    const line = document.querySelector("#owner");
    new MutationObserver(() => window.owners.push(line.textContent)).observe(line, { childList: true, characterData: true, subtree: true });
  });
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");
  await desk.waitForSelector('[data-conversation="gil"]');
  await talk.release();
  await rows.release();
  await desk.waitForFunction(() => /^\d+$/.test(document.querySelector("#count-waiting").textContent));
  await says(demo.address, "gil", "Thank you");
  await desk.waitForFunction(() => /Thank you/.test(document.querySelector("#turns").textContent));
  assert.deepEqual(await desk.evaluate(() => window.owners), ["You have the conversation"]);
  assert.equal(await desk.locator('[data-conversation="gil"]').count(), 1, "it is in the list of her own");
  assert.deepEqual(browser.faults, []);
});

test("a word on a handoff outlives what was asked before it", async () => {
  await says(demo.address, "hal", "I want to talk to a human");
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", "console#hal");
  await desk.waitForSelector("#feedback");
  const talk = await hold(desk, "**/v1/conversations/hal");
  await says(demo.address, "hal", "Are you there?");
  await talk.there;
  await desk.locator("#feedback").getByRole("button", { name: "No" }).click();
  await desk.waitForSelector("#feedback >> text=You said no");
  await talk.release();
  await desk.waitForSelector("#turns >> text=Are you there?");
  assert.equal(await desk.locator('#feedback button[aria-pressed="true"]').textContent(), "No");
  await desk.locator("#feedback").getByRole("button", { name: "Yes" }).click();
  await desk.waitForSelector("#feedback >> text=You said yes");
  assert.equal(await desk.locator("#feedback li").count(), 1);
  assert.deepEqual(browser.faults, []);
});

test("a read that works again takes back that it did not, and no other refusal", async () => {
  await says(demo.address, "ivy", "I want to talk to a human");
  const desk = await browser.page();
  await signIn(desk, demo.address, "dana", "console#ivy");
  await desk.waitForSelector("#claim:not([hidden])");
  const detail = "The disk is away.";
  const fails = (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail }) });
  await desk.route("**/v1/conversations/ivy", fails);
  await says(demo.address, "ivy", "Are you there?");
  await desk.waitForSelector(`#problem >> text=${detail}`);
  await desk.unroute("**/v1/conversations/ivy", fails);
  await says(demo.address, "ivy", "Hello?");
  await desk.waitForSelector("#turns >> text=Hello?");
  assert.equal(await desk.textContent("#problem"), "");

  await desk.route("**/v1/conversations/ivy", fails);
  await call(demo.address, "POST", "/v1/conversations/ivy/claim", null, as("lee"));
  await desk.waitForSelector(`#problem >> text=${detail}`);
  await desk.unroute("**/v1/conversations/ivy", fails);
  await desk.keyboard.press("c");
  await desk.waitForFunction(() => document.querySelector("#owner").textContent === "lee has it");
  assert.match(await desk.textContent("#problem"), /lee was faster/);
  assert.deepEqual(browser.faults, []);
});

test("a refusal on the way does not cost the customer their conversation", async () => {
  const chat = await browser.page();
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "What does return shipping cost?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  const stored = () => chat.evaluate(() => localStorage.getItem("warmline.chat"));
  const session = await stored();
  // A proxy in the midst of a deployment.
  await chat.route("**/v1/chat/events", (route) => route.fulfill({ status: 404, body: "no such backend" }), { times: 1 });
  await chat.reload();
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.equal(await stored(), session);

  // Where the server knows the conversation no longer, what was not heard goes into a new one.
  await chat.evaluate(() => {
    localStorage.setItem("warmline.chat", JSON.stringify({ conversation: "gone", token: "gone" }));
    localStorage.setItem("warmline.outbox", JSON.stringify([{ id: "m1", text: "How do I return a jacket?", sent: true }]));
  });
  await chat.reload();
  await chat.waitForSelector('#log > li[data-by="customer"] >> text=How do I return a jacket?');
  assert.deepEqual(browser.faults, []);
});

test("chats under two paths of one origin do not find each other", async () => {
  const chat = await browser.page();
  // A tenant has a path of its own.
  await chat.route("**/t/acme/**", (route) => route.fallback({ url: route.request().url().replace("/t/acme", "") }));
  await chat.goto(`${demo.address}/chat`);
  await write(chat, "What does return shipping cost?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  await chat.goto(`${demo.address}/t/acme/chat`);
  await write(chat, "How long do I have to return something?");
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  const said = () => chat.locator('#log > li[data-by="customer"] .words').allTextContents();
  assert.deepEqual(await said(), ["How long do I have to return something?"]);
  await chat.goto(`${demo.address}/chat`);
  await chat.waitForSelector('#log > li[data-by="assistant"]');
  assert.deepEqual(await said(), ["What does return shipping cost?"]);
  assert.deepEqual(browser.faults, []);
});
