// What the console and the streams cost under load. Not a test: it prints figures.
//
//   WARMLINE_BIN=target/release/warmline node measure/load.js [WAITING] [EVENTS_PER_SECOND] [STREAMS]
//
// First: WAITING conversations wait, and a console opens. Then EVENTS_PER_SECOND things happen for
// twenty seconds while it scrolls. Then STREAMS browsers follow everything at once, as raw
// connections, and each event's way to each of them is timed.

import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { browse, says, signIn, start } from "../demo.js";

const [WAITING, RATE, STREAMS] = [5000, 50, 500].map((usual, index) => Number(process.argv[index + 2] ?? usual));
const SECONDS = 20;

const demo = await start();
const say = (index, text) => says(demo.address, `load-${index}`, text, { customer: `c${index}`, segment: index % 9 ? undefined : "vip" });

/** Does something for every number below `count`, eight at once. */
async function each(count, work) {
  let next = 0;
  const run = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 8 }, run));
}

/** Lets things happen, evenly, for `SECONDS`; gives how many there were. */
async function happen(each) {
  const begun = performance.now();
  const running = [];
  let count = 0;
  while (performance.now() - begun < SECONDS * 1000) {
    while (count < ((performance.now() - begun) / 1000) * RATE) running.push(each(count++));
    await pause(5);
  }
  await Promise.all(running);
  return count;
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const ms = (value) => `${Math.round(value)} ms`;

console.log(`letting ${WAITING} customers wait …`);
await each(WAITING, (index) => say(index, "I want to talk to a human"));

const browser = await browse();
const page = await browser.page({ viewport: { width: 1360, height: 820 } });
await page.addInitScript(() => {
  window.long = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.long.push(Math.round(entry.duration)))).observe({ type: "longtask", buffered: true });
});
await signIn(page, demo.address, "dana");
await page.waitForSelector("#space > [role=option]");
const paint = await page.evaluate(() => ({
  first: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  rows: performance.now(),
}));
await page.waitForFunction((count) => Number(document.querySelector("#count-waiting").textContent) >= count, WAITING, { timeout: 120_000 });
const opening = await page.evaluate(() => ({ all: performance.now(), long: window.long.splice(0), elements: document.querySelectorAll("*").length }));
console.log(`first paint ${ms(paint.first)}, first rows by ${ms(paint.rows)}, all ${WAITING} by ${ms(opening.all)}, ${opening.elements} elements`);
console.log(`while reading them: ${opening.long.length} long tasks, longest ${ms(Math.max(0, ...opening.long))}`);

const scroll = page.evaluate(async (seconds) => {
  const box = document.querySelector("#window");
  const frames = [];
  let last = performance.now();
  const end = last + seconds * 1000;
  while (last < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
    box.scrollTop = (box.scrollTop + 40) % (box.scrollHeight - box.clientHeight);
  }
  return frames.sort((a, b) => a - b);
}, SECONDS);
const count = await happen((index) => say(index % WAITING, "Is anybody there?"));
const frames = await scroll;
const long = await page.evaluate(() => window.long.splice(0));
console.log(`${count} events in ${SECONDS} s while scrolling: ${long.length} long tasks, longest ${ms(Math.max(0, ...long))}; frames: median ${ms(at(frames, 0.5))}, 99 % within ${ms(at(frames, 0.99))}`);
await browser.close();

console.log(`connecting ${STREAMS} streams …`);
const delays = [];
const sent = new Map();
let open = 0;
const streams = Array.from({ length: STREAMS }, () => {
  const stream = request(`${demo.address}/v1/events`, { agent: false }, (response) => {
    open += 1;
    response.setEncoding("utf8");
    response.on("data", (text) => {
      const now = performance.now();
      for (const [, id] of text.matchAll(/"conversation":"(load-\d+)","seq":\d+,"event":"customer_spoke"/g)) {
        if (sent.has(id)) delays.push(now - sent.get(id));
      }
    });
  });
  stream.on("error", () => {});
  stream.end();
  return stream;
});
while (open < STREAMS) await pause(50);
const told = await happen((index) => {
  const id = index % WAITING;
  sent.set(`load-${id}`, performance.now());
  return say(id, "Hello?");
});
await pause(1000);
delays.sort((a, b) => a - b);
console.log(`${told} events to ${STREAMS} streams: ${delays.length} of ${told * STREAMS} arrived, median ${ms(at(delays, 0.5))}, 99 % within ${ms(at(delays, 0.99))} of the request`);
for (const stream of streams) stream.destroy();
await demo.stop();
await demo.remove();
