// Signing in by a provider that is not ours: `oidc-provider`, which the OpenID Foundation certified,
// with its own pages, discovery, PKCE, nonce, claims that stand in no token, and keys that change.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";
import Provider from "oidc-provider";
import { configured, enter, serve, setUp, stage } from "./demo.js";

const SECRET = "a secret of this client + a sign that forms must hide";
const PEOPLE = {
  dana: { email: "Dana@shop.example", email_verified: true, name: "Dana D.", groups: ["staff", "support-leads"] },
  olga: { email: "olga@shop.example", email_verified: true, name: "Olga", groups: ["support"] },
  eve: { email: "eve@shop.example", email_verified: true, name: "Eve", groups: ["warehouse"] },
  mallory: { email: "mallory@shop.example", email_verified: false, name: "Mallory", groups: ["support-leads"] },
};

const keyed = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
};

/** Opens a port that nobody has; the server behind it is whatever `answers` says at the time. */
async function opened(answers) {
  const server = createServer((request, response) => answers()(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((closed) => server.close(closed).closeAllConnections());
  return { address: `http://127.0.0.1:${server.address().port}`, port: server.address().port, close };
}

let answers = null;
/** What becomes of the claims of a token on their way. */
let change = null;

const place = await opened(() => answers);
after(() => place.close());
const issuer = place.address;
let home = null;

/** The provider, with one key. */
function provider(algorithm) {
  const key = keyed[algorithm].export({ format: "jwk" });
  const made = new Provider(issuer, {
    clients: [{ client_id: "warmline", client_secret: SECRET, redirect_uris: [`${home}/v1/session/oidc/callback`], id_token_signed_response_alg: algorithm }],
    jwks: { keys: [{ ...key, kid: `key of ${algorithm}`, use: "sig", alg: algorithm }] },
    scopes: ["openid", "email", "profile", "groups"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    cookies: { keys: ["a key of cookies of this test"] },
  });
  made.use(async (context, next) => {
    await next();
    if (change && context.path === "/token") context.body = { ...context.body, id_token: changed(context.body.id_token) };
  });
  return made.callback();
}

/** A token with other claims, signed by the provider's first key. */
function changed(token) {
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const parts = [{ alg: "RS256", kid: "key of RS256" }, { ...claims, ...change }];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign("sha256", Buffer.from(text), keyed.RS256).toString("base64url")}`;
}

/** Starts a server, whose configuration says under which address. */
async function begun() {
  const free = await opened(() => null);
  home = free.address;
  answers = provider("RS256");
  const config = await configured(`
[server]
public_url = "${home}"
[server.oidc]
issuer = "${issuer}"
client_id = "warmline"
client_secret_env = "WARMLINE_TEST_OIDC"
scopes = ["openid", "email", "profile", "groups"]
label = "Sign in with the shop"
allowed_domains = ["shop.example"]
create = true
[server.oidc.roles]
support = "operator"
support-leads = "supervisor"
`);
  await free.close();
  return serve({ config, port: free.port, env: { WARMLINE_TEST_OIDC: SECRET } });
}

// Once more where somebody else took the address in between.
const { demo, browser } = await stage(begun().catch(begun));
await setUp(await browser.page(), demo.invitation, "ada", "a long password");

/** Goes to the provider from a page of the console, and says there who one is. */
async function goes(name, path = "console") {
  const page = await browser.page();
  await page.goto(`${home}/${path}`);
  await through(page, name);
  return page;
}

/** Through the provider's own pages: who one is, and that Warmline may know. */
async function through(page, name) {
  await page.click("text=Sign in with the shop");
  await page.fill('[name="login"]', name);
  await page.fill('[name="password"]', "any");
  await page.click('button[type="submit"]');
  await page.click("text=Continue");
}

/** Whoever was not let in reads why, where they can sign in. */
async function refused(page, why) {
  await page.waitForSelector("#sign-in:not([hidden])");
  assert.match(await page.textContent("#sign-in-problem"), why);
  assert.ok(await page.isVisible("text=Sign in with the shop"));
}

test("whom the provider signs in lands where they were, with the role of their groups", async () => {
  const dana = await goes("dana", "console/reports?from=2026-01-01&to=2026-01-02");
  await dana.waitForSelector("h1:text('What really happened')");
  assert.match(dana.url(), /reports\?from=2026-01-01/);
  assert.equal(await dana.textContent("#name"), "Dana D.");
  assert.deepEqual(await dana.locator("#ways a:visible").allTextContents(), ["Console", "Floor", "Reports", "Webhooks"]);

  const olga = await goes("olga");
  await olga.waitForSelector('#line[data-line="live"]');
  assert.deepEqual(await olga.locator("#ways a:visible").allTextContents(), ["Console"]);
  assert.deepEqual(browser.faults, []);
});

test("whoever is not let in reads why", async () => {
  await refused(await goes("eve"), /none of your groups is let in/);
  await refused(await goes("mallory"), /only verified addresses/);

  const page = await browser.page();
  await page.goto(`${home}/console`);
  await page.click("text=Sign in with the shop");
  await page.click("text=Cancel");
  await refused(page, /did not let you through/);
  // They can try again, and end in the console.
  await through(page, "olga");
  await page.waitForSelector('#line[data-line="live"]');
  assert.equal(new URL(page.url()).pathname, "/console");
});

test("whoever the provider refused and who signs in otherwise is back where they were", async () => {
  const reports = "console/reports?from=2026-01-01&to=2026-01-02";
  const page = await goes("eve", reports);
  await refused(page, /none of your groups is let in/);
  await enter(page, "ada", "a long password");
  await page.waitForSelector("h1:text('What really happened')");
  assert.equal(page.url(), `${home}/${reports}`);

  const again = await goes("mallory", reports);
  await refused(again, /only verified addresses/);
  const answered = again.url();
  await again.click("text=Sign in with the shop");
  await again.waitForURL(({ href }) => href.startsWith(home) && href !== answered);
  await refused(again, /only verified addresses/);
  await enter(again, "ada", "a long password");
  await again.waitForSelector("h1:text('What really happened')");
  assert.equal(again.url(), `${home}/${reports}`);
  assert.deepEqual(browser.faults, []);
});

test("a token that is not for this server or this sign-in is refused", async () => {
  for (change of [{ aud: "another" }, { nonce: "another" }]) {
    await refused(await goes("dana"), /cannot be trusted/);
  }
  change = null;
});

test("the provider's keys may change at any time, and one that was taken out of use opens nothing", async () => {
  answers = provider("ES256");
  const dana = await goes("dana");
  await dana.waitForSelector('#line[data-line="live"]');
  assert.equal(await dana.textContent("#name"), "Dana D.");
  change = {};
  await refused(await goes("dana"), /cannot be trusted/);
  change = null;
});

test("a provider that gives no answer is told of", async () => {
  const real = provider("ES256");
  answers = (request, response) => (request.url.startsWith("/token") ? response.writeHead(500).end() : real(request, response));
  await refused(await goes("dana"), /cannot be asked at present/);
  assert.deepEqual(browser.faults, []);
});
