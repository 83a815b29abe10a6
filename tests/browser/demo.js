// A running demo and a browser, for the time of a test.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { chromium } from "playwright-core";

const BINARY = process.env.WARMLINE_BIN ?? new URL("../../target/debug/warmline", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";

/** Starts `warmline demo` on a port of its own, and on data of its own where none are given. The pages
 * are the subject here, not the detectors: it does without the sentence model and starts at once. */
export async function start({ data, port = 0, config, env } = {}) {
  const named = config ? ["--config", config] : [];
  const demo = await run(["demo", ...named], { data, port, env }, /(http:\/\/[^/]+)\/chat/);
  await warm(demo.address);
  return demo;
}

/** Starts `warmline serve`, where nobody can sign in yet; `invitation` is the link that it prints, and
 * `invited` gives that of a tenant. */
export async function serve({ config, env, port }) {
  const server = await run(["serve", "--config", config], { env, port }, /(http:\/\/[^/]+)\/console\/setup#\w+/);
  const invited = async (tenant) => (await server.says(new RegExp(`http://[^/]+/t/${tenant}/console/setup#\\w+`)))[0];
  return { ...server, invitation: server.found[0], invited };
}

/** Runs the binary until it says what `announced` finds: first of all its address. `says` waits for
 * more. */
async function run(args, { data, port = 0, env }, announced) {
  const folder = data ?? (await mkdtemp(join(tmpdir(), "warmline-browser-")));
  const child = spawn(BINARY, [...args, "--listen", `127.0.0.1:${port}`, "--data", folder, "--without-model"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: child.stdout });
  const said = [];
  lines.on("line", (line) => said.push(line));
  const says = (pattern) => new Promise((resolve, reject) => {
    const look = (line) => {
      const found = line.match(pattern);
      if (found) resolve(found);
    };
    said.forEach(look);
    lines.on("line", look);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const found = await says(announced);
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  return {
    found,
    says,
    pid: child.pid,
    address: found[1],
    data: folder,
    port: Number(new URL(found[1]).port),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
    async remove() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The preset of the demo with more in its configuration; gives the file. */
export async function configured(more) {
  const presets = new URL("../../config/", import.meta.url);
  const text = await readFile(new URL("returns.toml", presets), "utf8");
  // Its files are named relative to its own folder.
  const rooted = text.replaceAll('"returns/', `"${presets.pathname}returns/`);
  const file = join(await mkdtemp(join(tmpdir(), "warmline-config-")), "warmline.toml");
  await writeFile(file, `${rooted}
${more}`);
  return file;
}

/** Calls the server as a program of this machine does. */
export async function call(address, method, path, body, headers = {}) {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

/** Lets a customer speak through a channel. */
export async function says(address, id, text, more = {}) {
  const { body } = await call(address, "POST", `/v1/conversations/${id}/messages`, { text, channel: "web", ...more });
  return body;
}

/** Waits until the detectors answer in time: the first examination of a build without optimisation
 * is slower than its budget. */
async function warm(address) {
  for (let round = 0; round < 20; round += 1) {
    const id = `warm-${round}-${Date.now()}`;
    const { reply } = await says(address, id, "How long do I have to return something?");
    await call(address, "POST", `/v1/conversations/${id}/close`, { outcome: "unresolved" }, { "x-warmline-operator": "warm" });
    if (reply) return;
  }
  throw new Error("the demo does not answer");
}

/** A server, one that `begun` gives or the demo, and a browser for the stories of a file. They are gone
 * after the last of them. */
export async function stage(begun = start()) {
  const set = {};
  after(async () => {
    await set.browser?.close();
    await set.demo?.stop();
    await set.demo?.remove();
  });
  set.demo = await begun;
  set.browser = await browse();
  return set;
}

/** Opens the console as an operator: in a demonstration anybody may play anyone. */
export async function signIn(desk, address, name, page = "console") {
  await desk.addInitScript((name) => localStorage.setItem("warmline.operator", JSON.stringify(name)), name);
  await desk.goto(`${address}/${page}`);
  await desk.waitForSelector('#line[data-line="live"]');
}

/** Writes into the chat. */
export async function write(chat, text) {
  await chat.fill("#text", text);
  await chat.press("#text", "Enter");
}

/** Becomes the first administrator by the link that the server printed. */
export async function setUp(page, invitation, name, password) {
  await page.goto(invitation);
  await page.fill("#new-name", name);
  await page.fill("#new-password", password);
  await page.click("#setup button");
  await page.waitForSelector('#line[data-line="live"]');
}

/** Fills in the form that asks who is there. */
export async function enter(page, name, password) {
  await page.waitForSelector("#sign-in:not([hidden])");
  await page.fill("#operator", name);
  await page.fill("#password", password);
  await page.click("#sign-in-form button.main");
}

/** Opens a server of the test's own, which answers with `answer(request, body)`: a status and a page. */
export async function listen(answer) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const [status, page] = answer(request, Buffer.concat(parts).toString());
    response.writeHead(status, { "content-type": "text/html" }).end(page);
  });
  await new Promise((resolve) => server.listen(0, resolve));
  return { port: server.address().port, close: () => server.close().closeAllConnections() };
}

/** Opens a browser; errors in a page fail the test that looks at `faults`. */
export async function browse() {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const faults = [];
  return {
    faults,
    close: () => browser.close(),
    async page({ granted = [], ...options } = {}) {
      const context = await browser.newContext(options);
      await context.grantPermissions(granted);
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => faults.push(error.message));
      // A refused script or style shows up here.
      page.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy/.test(message.text())) faults.push(message.text());
      });
      return page;
    },
  };
}
