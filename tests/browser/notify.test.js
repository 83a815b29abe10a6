// Whoever looks elsewhere is told by the browser when a customer begins to wait.

import assert from "node:assert/strict";
import { test } from "node:test";
import { says, signIn, stage } from "./demo.js";

const { demo, browser } = await stage();

test("a customer who begins to wait is announced, and a click opens them", async () => {
  const desk = await browser.page({ granted: ["notifications"] });
  // A browser without a screen shows no notification: the page's own are kept here. And it says of
  // every page that somebody looks at it.
  await desk.addInitScript(() => {
    document.hasFocus = () => false;
    window.shown = [];
    window.Notification = class extends EventTarget {
      static permission = "default";
      static requestPermission = async () => (window.Notification.permission = (await navigator.permissions.query({ name: "notifications" })).state);
      constructor(title, options) {
        super();
        window.shown.push({ title, ...options, click: () => this.dispatchEvent(new Event("click")) });
      }
      close() {}
    };
  });
  await signIn(desk, demo.address, "dana");
  await says(demo.address, "early", "I want to talk to a human");
  await desk.waitForSelector('[data-conversation="early"]');
  assert.equal(await desk.evaluate(() => window.shown.length), 0, "nobody asked for it yet");

  await desk.click("#bell");
  await desk.waitForSelector('#bell[aria-pressed="true"]');
  await says(demo.address, "late", "I want a refund of 900 EUR for my boots");
  await desk.waitForFunction(() => window.shown.length);
  const [note] = await desk.evaluate(() => window.shown.map(({ title, body, tag }) => ({ title, body, tag })));
  assert.equal(note.title, "A customer waits");
  assert.equal(note.tag, "late");
  assert.ok(note.body);
  assert.doesNotMatch(note.body, /undefined|null/);
  await desk.evaluate(() => window.shown[0].click());
  await desk.waitForSelector("#turn-1 >> text=boots");
  await desk.waitForFunction(() => document.title.startsWith("(2) "));
  assert.deepEqual(browser.faults, []);
});
