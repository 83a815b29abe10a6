// People: the first administrator comes in by a link and lets others in, each to what is theirs; and
// the trail tells who did what.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, configured, enter, serve, setUp, stage } from "./demo.js";

const TOKEN = "a-token-of-machines-for-this-test";
const PASSWORD = "correct horse battery";

const { demo: server, browser } = await stage(serve({ config: await configured(""), env: { WARMLINE_TOKEN: TOKEN } }));

const live = (page) => page.waitForSelector('#line[data-line="live"]');

/** Adds somebody, and gives the password that is shown this once. */
async function add(page, name, role) {
  await page.click("#add");
  await page.fill("#person-name", name);
  await page.selectOption("#person-role", role);
  await page.click("#person-form button.main");
  await page.waitForSelector("#secret:not([hidden])");
  const password = await page.textContent("#secret-text");
  await page.click("#secret-gone");
  await page.waitForSelector(`#people >> text=${name}`);
  return password;
}

test("from the first link to the trail, everybody does what is theirs", async () => {
  const root = await browser.page();
  await setUp(root, server.invitation, "root", PASSWORD);
  assert.equal(await root.textContent("#name"), "root");
  await root.click("#ways >> text=People");
  const [olga, sam] = [await add(root, "olga", "operator"), await add(root, "sam", "supervisor")];

  const again = await browser.page();
  await again.goto(server.invitation);
  await again.fill("#new-name", "mallory");
  await again.fill("#new-password", PASSWORD);
  await again.click("#setup button");
  await again.waitForSelector("#problem >> text=somebody is here already");

  const bearer = { authorization: `Bearer ${TOKEN}` };
  await call(server.address, "POST", "/v1/conversations/people-1/messages", { text: "I want to talk to a human", channel: "web" }, bearer);
  const desk = await browser.page();
  await desk.goto(`${server.address}/console`);
  await enter(desk, "olga", "not her password");
  await desk.waitForSelector("#sign-in-problem >> text=name or password are wrong");
  await enter(desk, "olga", olga);
  await live(desk);
  assert.deepEqual(await desk.locator("#ways a:visible").allTextContents(), ["Console"]);
  await desk.click('[data-conversation="people-1"]');
  await desk.waitForSelector("#claim:not([hidden])");
  await desk.keyboard.press("c");
  await desk.waitForSelector("#passing:not([hidden])");

  // What is not hers says so.
  for (const [page, says] of [
    ["people", /for administrators/],
    ["trail", /for administrators/],
    ["webhooks", /for supervisors/],
    ["floor", /for supervisors/],
    ["reports", /may not do this/],
  ]) {
    await desk.goto(`${server.address}/console/${page}`);
    await desk.waitForSelector("#desk:not([hidden]) #problem:not(:empty)");
    assert.match(await desk.textContent("#problem"), says, page);
  }

  // Signed out, each page asks who is there, and is there afterwards.
  await desk.click("#leave");
  await desk.waitForSelector("#sign-in:not([hidden])");
  await desk.goto(`${server.address}/console/reports?from=2026-01-01&to=2026-01-02`);
  await enter(desk, "sam", sam);
  await desk.waitForSelector("h1:text('What really happened')");
  assert.match(desk.url(), /console\/reports\?from=2026-01-01/);
  assert.match(await desk.textContent("main .period"), /2026-01-01/);
  await desk.click("#leave");
  await desk.waitForSelector("#sign-in:not([hidden])");

  await root.click("#ways >> text=Trail");
  await root.waitForSelector("#rows tr");
  const rows = await root.locator("#rows tr").evaluateAll((rows) => rows.map((row) => [...row.children].slice(1).map((cell) => cell.textContent).join(" | ")));
  for (const done of [/^root.*became the first administrator/, /^root.*added \| olga/, /^olga.*refused \(401\)/, /^olga.*signed in/, /^olga.*claimed \| people-1.*done/, /^sam.*signed out/]) {
    assert.ok(rows.some((row) => done.test(row)), `${done} in\n${rows.join("\n")}`);
  }
  await root.fill("#by-person", "sam");
  await root.click("#filter button");
  await root.waitForFunction(() => [...document.querySelectorAll("#rows strong")].every((name) => name.textContent === "sam"));

  // Whoever is kept out is out at once.
  await desk.goto(`${server.address}/console`);
  await enter(desk, "olga", olga);
  await live(desk);
  await root.click("#ways >> text=People");
  // A refusal stays on the page, though the list is read again.
  await root.click('[aria-label="Keep out: root"]');
  const readAgain = root.waitForResponse((response) => response.url().endsWith("/v1/tokens"));
  await root.click("#sure-yes");
  await readAgain;
  await root.waitForSelector("#problem >> text=administrator");
  await root.click('[aria-label="Keep out: olga"]');
  await root.click("#sure-yes");
  await root.waitForSelector('[aria-label="Let in: olga"]');
  await desk.waitForSelector("#sign-in:not([hidden])");
  assert.deepEqual(browser.faults, []);
});

test("whoever tries passwords has to wait", async () => {
  const page = await browser.page();
  await page.goto(`${server.address}/console`);
  let said = "";
  for (let round = 0; round < 8 && !/wait for \d+ seconds/.test(said); round += 1) {
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/session") && response.request().method() === "POST");
    await enter(page, "eve", `guess ${round}`);
    await answered;
    await page.waitForFunction(() => !document.querySelector("#sign-in-form button").disabled && document.querySelector("#sign-in-problem").textContent);
    said = await page.textContent("#sign-in-problem");
  }
  assert.match(said, /wait for \d+ seconds/);
  assert.deepEqual(browser.faults, []);
});
