// What the console and the streams cost under load. Not a test: it prints figures.
//
//   WARMLINE_BIN=target/release/warmline node measure/load.js [WAITING] [EVENTS_PER_SECOND] [STREAMS]
//
// First: WAITING conversations wait, and a console opens. Then EVENTS_PER_SECOND things happen for
// twenty seconds while it scrolls. Then STREAMS browsers follow everything at once, as raw
// connections, and each event's way to every tenth of them is timed; then the same from a server that
// does nothing but write the same bytes, since both share the machine with what reads them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { createInterface } from "node:readline";
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

/** Seconds of a processor that a process has used; nothing where the system does not tell. */
async function used(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Lets STREAMS readers follow `address`, and things happen by `tell`; says how long each took. */
async function streamed(name, pid, address, tell) {
  const delays = [];
  const sent = new Map();
  const bytes = Array.from({ length: STREAMS }, () => 0);
  let open = 0;
  const streams = bytes.map((_, index) => {
    const stream = request(address, { agent: false }, (response) => {
      open += 1;
      response.on("data", (piece) => {
        bytes[index] += piece.length;
        if (index % 10) return;
        const now = performance.now();
        for (const [, id] of piece.toString().matchAll(/"conversation":"(load-\d+)","seq":\d+,"event":"customer_spoke"/g)) {
          if (sent.has(id)) delays.push(now - sent.get(id));
        }
      });
    });
    stream.on("error", () => {});
    stream.end();
    return stream;
  });
  while (open < STREAMS) await pause(50);
  const before = await used(pid);
  const told = await happen((index) => {
    const id = index % WAITING;
    sent.set(`load-${id}`, performance.now());
    return tell(id);
  });
  const wanted = told * Math.ceil(STREAMS / 10);
  for (let round = 0; round < 100 && (delays.length < wanted || new Set(bytes).size > 1); round += 1) await pause(100);
  delays.sort((a, b) => a - b);
  const [least, most] = [Math.min(...bytes), Math.max(...bytes)];
  console.log(`${name}: ${told} events to ${STREAMS} streams, ${delays.length} of ${wanted} timed, median ${ms(at(delays, 0.5))}, 99 % within ${ms(at(delays, 0.99))}; ${((await used(pid)) - before).toFixed(1)} s of a processor in ${SECONDS} s; each stream got ${least === most ? least : `${least} to ${most}`} bytes`);
  for (const stream of streams) stream.destroy();
  return most / told;
}

const length = await streamed("Warmline", demo.pid, `${demo.address}/v1/events`, (id) => say(id, "Hello?"));
const plain = spawn(process.execPath, [new URL("plain.js", import.meta.url).pathname], { stdio: ["ignore", "pipe", "inherit"] });
const [address] = await once(createInterface({ input: plain.stdout }), "line");
await streamed("a server that only writes", plain.pid, address, (id) => fetch(`${address}?id=load-${id}&bytes=${Math.round(length)}`, { method: "POST" }));
plain.kill();
await demo.stop();
await demo.remove();
