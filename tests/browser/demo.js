// A running demo and a browser, for the time of a test.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const BINARY = process.env.WARMLINE_BIN ?? new URL("../../target/debug/warmline", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";

/** Starts `warmline demo` on a port of its own, and on data of its own where none are given. */
export async function start({ data, port = 0 } = {}) {
  const folder = data ?? (await mkdtemp(join(tmpdir(), "warmline-browser-")));
  const child = spawn(BINARY, ["demo", "--listen", `127.0.0.1:${port}`, "--data", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/(http:\/\/[^/]+)\/chat/);
      if (found) resolve(found[1]);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
  });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  return {
    address,
    data: folder,
    port: Number(new URL(address).port),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
    async remove() {
      await rm(folder, { recursive: true, force: true });
    },
  };
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
    async page(options = {}) {
      const context = await browser.newContext(options);
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
