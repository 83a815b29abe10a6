// Pictures of each state of the pages, into docs/screens.
//
//   WARMLINE_BIN=target/debug/warmline node measure/screens.js

import { mkdir } from "node:fs/promises";
import { browse, call, configured, listen, says, serve, signIn, start, write } from "../demo.js";

const FOLDER = new URL("../../../docs/screens/", import.meta.url).pathname;
await mkdir(FOLDER, { recursive: true });

let taken = 0;
const receiver = await listen(() => [(taken += 1) % 3 ? 204 : 410]);
const config = await configured(`
[webhooks.endpoints.desk]
url = "http://127.0.0.1:${receiver.port}/told"
secret_env = "WARMLINE_SCREENS_WEBHOOK"
[queues.support]
target = "2m"

[[queues.support.priority]]
when = 'segment == "vip"'
points = 2
`);
const demo = await start({ config, env: { WARMLINE_SCREENS_WEBHOOK: `whsec_${Buffer.from("thirty-two bytes to sign events with").toString("base64")}` } });
const browser = await browse();
const shoot = (page, name) => page.screenshot({ path: `${FOLDER}${name}.png` });
const settle = (page) => page.waitForTimeout(500);

const WIDE = { width: 1360, height: 820 };
const NARROW = { width: 390, height: 780 };

const empty = await browser.page({ viewport: WIDE });
await signIn(empty, demo.address, "dana");
await empty.waitForSelector("text=Nobody is waiting.");
await shoot(empty, "console-empty");

await says(demo.address, "ada-1", "What does return shipping cost?", { customer: "ada", segment: "vip", language: "en" });
await call(demo.address, "POST", "/v1/conversations/ada-1/close", { outcome: "resolved_confirmed" });
for (const [id, text, more] of [
  ["ada-2", "How long do I have to return something?", { customer: "ada", segment: "vip" }],
  ["ada-2", "This is ridiculous! I have already asked twice and nobody helps me", { customer: "ada", segment: "vip" }],
  ["ben", "I want a refund of 1200 EUR for my tent", { customer: "ben" }],
  ["cem", "I want to talk to a human", { customer: "cem", segment: "vip" }],
  ["dia", "I will sue you if this jacket is not replaced", { customer: "dia", channel: "email" }],
  ["eli", "I want a refund of 900 EUR for my boots, please", { customer: "eli" }],
]) await says(demo.address, id, text, more);

const chat = await browser.page({ viewport: NARROW });
await chat.goto(`${demo.address}/chat`);
await shoot(chat, "chat-empty");
await write(chat, "How long do I have to return something?");
await chat.waitForSelector('#log > li[data-by="assistant"]');
await shoot(chat, "chat-assistant");
await write(chat, "I want a refund of 450 EUR for my rucksack, the zip is broken.");
await chat.waitForSelector('#speaking[data-speaking="waiting"]');
await chat.waitForSelector("#place:not([hidden])");
await shoot(chat, "chat-waiting");

const desk = await browser.page({ viewport: WIDE });
await signIn(desk, demo.address, "dana");
await desk.waitForSelector("#space > [role=option]");
await settle(desk);
await shoot(desk, "console-queue");
await desk.click('[data-conversation="ada-2"]');
await desk.waitForSelector("#card .past");
await settle(desk);
await shoot(desk, "console-waiting");
const dark = await browser.page({ viewport: WIDE, colorScheme: "dark" });
await signIn(dark, demo.address, "lee", "console#ada-2");
await dark.waitForSelector("#card .past");
await settle(dark);
await shoot(dark, "console-dark");

await desk.click('#space > [role=option]:not([data-conversation^="ada"]):not([data-conversation="ben"]) >> nth=-1');
await settle(desk);
await desk.keyboard.press("c");
await desk.waitForSelector("#passing:not([hidden])");
await desk.keyboard.press("r");
await desk.keyboard.type("I have refunded 450 EUR to your card. ");
await settle(desk);
await desk.keyboard.press("Control+Enter");
await desk.waitForSelector('#turns > [data-by="operator"]');
await chat.waitForTimeout(800);
await shoot(chat, "chat-operator");
if (await chat.isVisible('#log > li[data-by="operator"]')) {
  await chat.fill("#text", "Great! And how do I send it back?");
  await chat.press("#text", "Enter");
  await settle(desk);
}
await desk.keyboard.press("Escape");
await desk.keyboard.press("w");
await desk.keyboard.type("Is the repair kit back in stock?");
await desk.keyboard.press("Control+Enter");
await desk.waitForSelector('#turns > [data-by="whisper"]');
await desk.click("#suggest");
await desk.waitForSelector("#suggested:not([hidden])");
await settle(desk);
await shoot(desk, "console-suggestion");
await desk.click("#handback-open");
await desk.waitForFunction(() => document.querySelector("#done").value);
await shoot(desk, "console-handback");
await desk.keyboard.press("Escape");
await desk.click("#pass-open");
await desk.waitForSelector("#pass[open]");
await shoot(desk, "console-pass");
await desk.keyboard.press("Escape");
await desk.click("#close");
await shoot(desk, "console-close");
await desk.click("#outcomes >> text=Resolved by me");
await desk.waitForSelector(".undo");
await shoot(desk, "console-undo");
await desk.click(".undo");
await desk.keyboard.press("Control+k");
await settle(desk);
await shoot(desk, "console-commands");
await desk.keyboard.press("Escape");
await desk.evaluate(() => document.activeElement?.blur());
await desk.keyboard.press("?");
await desk.waitForSelector("#help[open]");
await shoot(desk, "console-keys");
await desk.keyboard.press("Escape");

const phone = await browser.page({ viewport: NARROW });
await signIn(phone, demo.address, "kim");
await phone.waitForSelector("#space > [role=option]");
await settle(phone);
await shoot(phone, "phone-queue");
await phone.click("#space > [role=option] >> nth=0");
await phone.waitForSelector("#turn-1");
await settle(phone);
await shoot(phone, "phone-conversation");
await phone.click("#card-open");
await settle(phone);
await shoot(phone, "phone-card");

const floor = await browser.page({ viewport: WIDE });
await signIn(floor, demo.address, "mia", "console/floor");
await floor.waitForSelector("#owned table");
await settle(floor);
await shoot(floor, "floor");

await desk.click("#close");
await desk.click("#outcomes >> text=Resolved by me");
await chat.waitForSelector("#rating:not([hidden])");
await shoot(chat, "chat-rating");

// What supervisors and administrators open, on a desk and on a phone.
for (const [name, role, skills] of [["olga", "operator", ["refunds", "warranty"]], ["sam", "supervisor", []], ["kit", "operator", ["repairs"]]]) {
  await call(demo.address, "POST", "/v1/people", { name, display: name[0].toUpperCase() + name.slice(1), role, skills, languages: ["en"], capacity: 4 });
}
await call(demo.address, "PATCH", "/v1/people/kit", { disabled: true });
await call(demo.address, "POST", "/v1/tokens", { name: "The bot of the web shop", scopes: ["converse"] });
for (const [size, options] of [["", { viewport: WIDE }], ["-dark", { viewport: WIDE, colorScheme: "dark" }], ["-phone", { viewport: NARROW }]]) {
  const page = await browser.page(options);
  for (const [name, ready] of [["reports", "#ways:not([hidden])"], ["webhooks", "#rows tr"], ["people", "#people tr"], ["trail", "#rows tr"], ["policy", "#force:not(:empty)"]]) {
    await page.goto(`${demo.address}/console/${name}`);
    await page.waitForSelector(ready);
    await shoot(page, `${name}${size}`);
  }
  await page.context().close();
}
const server = await serve({ config: await configured("") });
const newcomer = await browser.page({ viewport: WIDE });
await newcomer.goto(server.invitation);
await newcomer.waitForSelector("#setup");
await shoot(newcomer, "setup");
await newcomer.goto(`${server.address}/console/reports`);
await newcomer.waitForSelector("#sign-in:not([hidden])");
await shoot(newcomer, "sign-in");
await server.stop();
await server.remove();

await demo.stop("SIGKILL");
await desk.waitForSelector("#lost:not([hidden])");
await shoot(desk, "console-reconnecting");
await chat.fill("#text", "Are you there?");
await chat.press("#text", "Enter");
await chat.waitForSelector("#line:not([hidden])");
await shoot(chat, "chat-reconnecting");
await browser.close();
await demo.remove();
receiver.close();
