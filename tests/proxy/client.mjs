// The official `openai` package for Node against the proxy, unchanged but for its base URL: above
// all the package's own helpers, which read streams more strictly than a loop does.
//
// `run.sh` starts everything and sets OPENAI_BASE_URL, OPENAI_API_KEY, WARMLINE_URL and UPSTREAM_URL.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import OpenAI from "openai";

const NOTICE = "I'm passing you on to a colleague.";
const MODEL = "scripted-1";
const DELIVERED = JSON.stringify({ order: "HP-A", status: "delivered on Monday" });
const FAILURES = ["500", "429", "cut", "json", "empty"];
const TOOL = {
  name: "look_up_order",
  description: "Looks an order up.",
  parameters: { type: "object", properties: { order: { type: "string" } }, required: ["order"] },
};

const client = new OpenAI({ maxRetries: 0, timeout: 30_000 });
const user = (content) => ({ role: "user", content });
const words = (completion) => completion.choices[0].message.content;
const named = (id) => ({ headers: { "x-warmline-conversation": id } });
const newId = () => `node-${randomUUID().slice(0, 12)}`;

async function http(url, { body, operator } = {}) {
  const headers = { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "content-type": "application/json" };
  if (operator) headers["x-warmline-operator"] = operator;
  const response = await fetch(url, { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) });
  assert.ok(response.ok, `${url}: ${response.status} ${await (response.ok || response.text())}`);
  return response.json();
}

const recorded = (id) => http(`${process.env.WARMLINE_URL}/v1/conversations/${id}`);
const heard = () => http(`${process.env.UPSTREAM_URL}/requests`);
const act = (id, command, body = {}) =>
  http(`${process.env.WARMLINE_URL}/v1/conversations/${id}/${command}`, { body, operator: "dana" });

async function saidBy(id, voice) {
  return (await recorded(id)).turns.filter((turn) => turn.by === voice).map((turn) => turn.text);
}

/** What `call` gives, while the upstream is not asked. */
async function unheard(call) {
  const before = (await heard()).length;
  const result = await call();
  assert.equal((await heard()).length, before, "the upstream was asked");
  return result;
}

/** A client that keeps the history itself and sends all of it. */
function conversation(rest = {}) {
  const id = newId();
  const messages = [{ role: "system", content: "You help the customers of a shop." }];
  return {
    id,
    messages,
    async say(text) {
      messages.push(user(text));
      const completion = await client.chat.completions.create({ model: MODEL, messages, ...rest }, named(id));
      messages.push({ role: "assistant", content: words(completion) });
      return completion;
    },
    /** By the package's own reader of streams. */
    async stream(text) {
      messages.push(user(text));
      let warmline;
      const stream = client.chat.completions.stream({ model: MODEL, messages, ...rest }, named(id));
      stream.on("chunk", (chunk) => (warmline = chunk.warmline ?? warmline));
      const completion = await stream.finalChatCompletion();
      messages.push({ role: "assistant", content: words(completion) });
      return { ...completion, warmline };
    },
  };
}

function assertHandedOff(completion, kind) {
  assert.ok(words(completion).includes(NOTICE), words(completion));
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.equal(completion.choices[0].message.tool_calls?.length ?? 0, 0);
  assert.equal(completion.warmline.state, "pending_handoff");
  assert.equal(completion.warmline.trigger.kind, kind);
}

test("a history that is sent again is heard once", async () => {
  for (const way of ["say", "stream"]) {
    const talk = conversation();
    const asked = ["Where is my parcel?", "Is it blue?", "Yes.", "Yes."];
    const told = [];
    for (const text of asked) told.push(words(await talk[way](text)));
    assert.deepEqual(await saidBy(talk.id, "customer"), asked);
    assert.deepEqual(await saidBy(talk.id, "assistant"), told);
  }
});

test("a request that comes again while it is answered is heard once", async () => {
  const id = newId();
  const messages = [user("slowly, say: It is on its way.")];
  const ask = (options) => client.chat.completions.create({ model: MODEL, messages }, { ...named(id), ...options });
  await assert.rejects(ask({ timeout: 100 }), OpenAI.APIConnectionTimeoutError);
  const answers = await Promise.all([ask(), ask()]);
  assert.deepEqual(answers.map(words), ["It is on its way.", "It is on its way."]);
  assert.deepEqual(await saidBy(id, "customer"), [messages[0].content]);
  assert.deepEqual(await saidBy(id, "assistant"), ["It is on its way."]);
});

test("headers and extension tell where the conversation stands", async () => {
  const id = newId();
  const { data, response } = await client.chat.completions
    .create({ model: MODEL, messages: [user("I want to talk to a human")], user: id })
    .withResponse();
  assert.equal(response.headers.get("x-warmline-conversation"), id);
  assert.equal(response.headers.get("x-warmline-state"), "pending_handoff");
  assert.equal(response.headers.get("x-warmline-trigger"), "customer_request");
  assert.equal(response.headers.get("x-warmline-warning"), null);
  assert.equal(data.warmline.conversation, id);
  assert.equal(data.warmline.owner, "queue");
  assert.equal(typeof data.warmline.epoch, "number");
});

test("without a name there is a warning, and the first turns name the conversation", async () => {
  const ask = (messages) => client.chat.completions.create({ model: MODEL, messages }).withResponse();
  const messages = [user(`Hello ${randomUUID()}`)];
  const first = await ask(messages);
  assert.ok(first.response.headers.get("x-warmline-warning"));
  const second = await ask([...messages, { role: "assistant", content: words(first.data) }, user("And then?")]);
  const id = (answer) => answer.response.headers.get("x-warmline-conversation");
  assert.equal(id(second), id(first));
  assert.equal((await saidBy(id(first), "customer")).length, 2);
});

test("unknown fields reach the upstream, and the extension does not", async () => {
  const mark = randomUUID();
  const sent = { seed: 7, metadata: { shop: "north" }, x_unknown: { deep: [1, 2.5, null, "é"] } };
  const warmline = { customer: "c-1", channel: "web", passages: [{ document: "d", title: "D", passage: "Hello." }] };
  const messages = [user(`Hello ${mark}`)];
  const id = newId();
  await client.chat.completions.create({ model: MODEL, messages, ...sent, warmline }, named(id));
  const bodies = (await heard()).map((request) => request.body).filter((body) => JSON.stringify(body).includes(mark));
  assert.equal(bodies.length, 1);
  const { seed, metadata, x_unknown } = bodies[0];
  assert.deepEqual({ seed, metadata, x_unknown }, sent);
  assert.deepEqual(bodies[0].messages, messages);
  assert.ok(!("warmline" in bodies[0]));
  assert.equal((await recorded(id)).customer.customer, "c-1");
});

test("the package runs its tools, and the turn is answered once", async () => {
  for (const [asked, times] of [["tool please", 1], ["two tools", 2]]) {
    for (const stream of [false, true]) {
      const id = newId();
      const given = [];
      const look = (order) => (given.push(order), DELIVERED);
      const tools = [{ type: "function", function: { ...TOOL, parse: JSON.parse, function: look } }];
      const runner = client.chat.completions.runTools({ model: MODEL, messages: [user(asked)], tools, stream }, named(id));
      assert.equal(await runner.finalContent(), "Your order was delivered on Monday.");
      assert.equal(given.length, times);
      assert.deepEqual(given[0], { order: "HP-A" });
      assert.deepEqual(await saidBy(id, "customer"), [asked]);
      assert.deepEqual(await saidBy(id, "assistant"), ["Your order was delivered on Monday."]);
    }
  }
});

test("a call over the limit never reaches the client", async () => {
  for (const way of ["say", "stream"]) assertHandedOff(await conversation()[way]("refund tool"), "hard_gate");
});

test("a human speaks, and the assistant goes on from there", async () => {
  const talk = conversation();
  assertHandedOff(await unheard(() => talk.stream("I want to talk to a human")), "customer_request");
  const waiting = await unheard(() => talk.stream("Hello? Is anybody there?"));
  assert.ok(words(waiting).trim());
  await act(talk.id, "claim");
  await act(talk.id, "replies", { text: "Dana here. I have sent you a new pole." });
  const told = await unheard(() => talk.stream("Is there any news?"));
  assert.ok(words(told).includes("I have sent you a new pole."), words(told));
  assert.equal(told.warmline.owner, "operator");
  await act(talk.id, "handback", { done: ["a new pole is on its way"], remaining: ["say when the parcel arrives"] });
  const answered = await talk.stream("say: It arrives on Friday.");
  assert.ok(words(answered).includes("It arrives on Friday."), words(answered));
  assert.equal(answered.warmline.state, "reverse_handed");
  const messages = (await heard()).at(-1).body.messages.map((message) => JSON.stringify(message));
  const place = (text) => messages.findLastIndex((message) => message.includes(text));
  assert.ok(place("I have sent you a new pole.") >= 0);
  assert.ok(place("I have sent you a new pole.") < place("say when the parcel arrives"));
  assert.equal(place("say: It arrives on Friday."), messages.length - 1);
});

test("no failure of the upstream loses a turn", async () => {
  for (const kind of FAILURES) {
    for (const way of ["say", "stream"]) {
      assertHandedOff(await conversation()[way](`fail ${kind}`), "assistant_failure");
      // The next conversation is served as ever.
      assert.equal(words(await conversation()[way]("say: Well.")), "Well.");
    }
  }
});

test("a request that says nothing is refused", async () => {
  const refused = client.chat.completions.create({ model: MODEL, messages: [] }, named(newId()));
  await assert.rejects(refused, (error) => error.status >= 400 && error.status < 500);
});

test("responses are answered, streamed and handed off", async () => {
  const ask = (id, input) => client.responses.create({ model: MODEL, input }, named(id));
  const read = async (id, input) => {
    let completed;
    const stream = client.responses.stream({ model: MODEL, input }, named(id));
    stream.on("response.completed", (event) => (completed = event.response));
    return { ...(await stream.finalResponse()), warmline: completed.warmline };
  };
  for (const way of [ask, read]) {
    const id = newId();
    const input = [];
    for (const [text, answer] of [["say: One.", "One."], ["say: Two.", "Two."]]) {
      input.push(user(text));
      const response = await way(id, input);
      assert.equal(response.output_text, answer);
      assert.equal(response.warmline.state, "ai_owned");
      input.push({ role: "assistant", content: response.output_text });
    }
    assert.deepEqual(await saidBy(id, "customer"), ["say: One.", "say: Two."]);
    const handed = await unheard(() => way(id, [...input, user("I want to talk to a human")]));
    assert.ok(handed.output_text.startsWith(NOTICE), handed.output_text);
    assert.equal(handed.warmline.trigger.kind, "customer_request");
    const held = await way(newId(), "refund tool");
    assert.deepEqual(held.output.map((item) => item.type), ["message"]);
    assert.equal(held.warmline.trigger.kind, "hard_gate");
    const failed = await way(newId(), "fail cut");
    assert.equal(failed.warmline.trigger.kind, "assistant_failure");
  }
});
