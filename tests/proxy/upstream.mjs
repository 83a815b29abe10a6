// An OpenAI-compatible endpoint whose answers are scripted by the customer's last words:
//
//   say: WORDS       answers WORDS; with `slowly` in front after a while
//   tool please      calls `look_up_order`, and answers from its result
//   two tools        calls it twice at once
//   beside: WORDS    says WORDS and calls `look_up_order` at once
//   refund tool      calls `issue_refund` with 500 USD
//   fail 500 | 429 | cut | json | empty
//   anything else    an answer that is never the same twice
//
// GET /requests lists every request so far: path, authorization, headers, body.
//
//   node tests/proxy/upstream.mjs [PORT]    0, the default, takes any; prints the address when ready

import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";

const requests = [];
let answers = 0;

/** A word for a number: digits could be taken for money. */
const word = (number) => [...String(number)].map((digit) => "abcdefghij"[digit]).join("");

const text = (content) => (typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join(""));

/** What is said to these messages: `{ fail }`, `{ calls }` or `{ words }`. */
function script(items) {
  const last = items.findLastIndex((item) => item.role === "user");
  const said = text(items[last]?.content);
  const answered = items.slice(last + 1).some((item) => item.role === "tool" || item.type === "function_call_output");
  const call = (name, given) => ({ id: `call_${word(++answers)}`, name, arguments: JSON.stringify(given) });
  const fail = said.match(/\bfail (\w+)/);
  if (fail) return { fail: fail[1] };
  const say = said.match(/\bsay: (.*)/s);
  if (say) return { words: say[1] };
  const beside = said.match(/\bbeside: (.*)/s);
  if (beside && !answered) return { words: beside[1], calls: [call("look_up_order", { order: "HP-A" })] };
  if (beside) return { words: "It was delivered on Monday." };
  if (/\brefund tool\b/.test(said) && !answered) return { calls: [call("issue_refund", { amount: 500, currency: "USD" })] };
  const orders = /\btwo tools\b/.test(said) ? ["HP-A", "HP-B"] : /\btool please\b/.test(said) ? ["HP-A"] : [];
  if (orders.length && !answered) return { calls: orders.map((order) => call("look_up_order", { order })) };
  if (orders.length) return { words: "Your order was delivered on Monday." };
  return { words: `Here is answer ${word(++answers)}.` };
}

const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const chat = {
  whole({ words, calls }, { id, model }) {
    const tool_calls = calls?.map(({ id, ...rest }) => ({ id, type: "function", function: rest }));
    const message = { role: "assistant", content: words ?? null, refusal: null, ...(tool_calls && { tool_calls }) };
    const choice = { index: 0, message, logprobs: null, finish_reason: calls ? "tool_calls" : "stop" };
    return { id, object: "chat.completion", created: 1, model, system_fingerprint: "fp_script", choices: [choice], usage: USAGE };
  },
  empty: ({ id, model }) => ({ id, object: "chat.completion", created: 1, model, choices: [] }),
  *pieces({ words, calls }, { id, model, stream_options }) {
    const chunk = (delta, finish_reason = null) => ({
      data: { id, object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, logprobs: null, finish_reason }] },
    });
    // Some servers begin with a delta without words.
    yield chunk({ role: "assistant", content: null });
    for (const piece of words?.match(/\S+\s*/g) ?? []) yield chunk({ content: piece });
    for (const [index, { id, name, arguments: given }] of (calls ?? []).entries()) {
      yield chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] });
      for (const part of given.match(/.{1,7}/gs)) yield chunk({ tool_calls: [{ index, function: { arguments: part } }] });
    }
    yield chunk({}, calls ? "tool_calls" : "stop");
    if (stream_options?.include_usage) yield { data: { ...chunk({}).data, choices: [], usage: USAGE } };
    yield { data: "[DONE]" };
  },
};

const responses = {
  whole({ words, calls }, { id, model, tools = [], metadata = {} }) {
    const content = [{ type: "output_text", text: words, annotations: [], logprobs: [] }];
    const output = calls
      ? calls.map(({ id, name, arguments: given }) => {
          return { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: given, status: "completed" };
        })
      : [{ type: "message", id: `msg_${id}`, status: "completed", role: "assistant", content }];
    const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 };
    const rest = { parallel_tool_calls: true, tool_choice: "auto", error: null, incomplete_details: null, instructions: null };
    return { id, object: "response", created_at: 1, status: "completed", model, output, tools, metadata, usage, ...rest };
  },
  empty: (head) => ({ ...responses.whole({ words: "" }, head), output: [] }),
  *pieces(answer, head) {
    const whole = responses.whole(answer, head);
    const begun = { ...whole, status: "in_progress", output: [], usage: null };
    let sequence_number = 0;
    const event = (type, body) => ({ event: type, data: { type, sequence_number: sequence_number++, ...body } });
    yield event("response.created", { response: begun });
    yield event("response.in_progress", { response: begun });
    for (const [output_index, item] of whole.output.entries()) {
      const at = { item_id: item.id, output_index };
      if (item.type === "message") {
        const [part] = item.content;
        const place = { ...at, content_index: 0 };
        yield event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } });
        yield event("response.content_part.added", { ...place, part: { ...part, text: "" } });
        for (const delta of part.text.match(/\S+\s*/g) ?? []) yield event("response.output_text.delta", { ...place, delta, logprobs: [] });
        yield event("response.output_text.done", { ...place, text: part.text, logprobs: [] });
        yield event("response.content_part.done", { ...place, part });
      } else {
        yield event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } });
        for (const delta of item.arguments.match(/.{1,7}/gs)) yield event("response.function_call_arguments.delta", { ...at, delta });
        yield event("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
      }
      yield event("response.output_item.done", { output_index, item });
    }
    yield event("response.completed", { response: whole });
  },
};

function json(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Fails in one of the ways of real servers. */
function fail(kind, response, dialect, head, stream) {
  const error = (message) => ({ error: { message, type: "server_error", param: null, code: null } });
  if (kind === "500") return json(response, 500, error("something broke"));
  if (kind === "429") return json(response, 429, error("too many requests"), { "retry-after": "1" });
  const type = stream ? "text/event-stream" : "application/json";
  response.writeHead(200, { "content-type": type });
  if (kind === "empty" && !stream) return response.end(JSON.stringify(dialect.empty(head)));
  if (kind === "empty") return response.end("data: [DONE]\n\n");
  if (kind === "json") return response.end(stream ? 'data: {"id": "x", "choices": [{"del\n\n' : '{"id": "x", "choices": [{"mess');
  // Half an answer, and then the line is dead.
  const half = JSON.stringify(dialect.whole({ words: "You can" }, head)).slice(0, 90);
  if (!stream) return response.write(half, () => response.destroy());
  const pieces = [...dialect.pieces({ words: "You can bring it back, and then it" }, head)];
  response.write(pieces.slice(0, 5).map(frame).join(""), () => setImmediate(() => response.destroy()));
}

function frame({ event, data }) {
  return `${event ? `event: ${event}\n` : ""}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

async function answer(request, response) {
  const path = new URL(request.url, "http://here").pathname;
  if (path === "/requests") return json(response, 200, requests);
  let raw = "";
  for await (const piece of request.setEncoding("utf8")) raw += piece;
  const dialect = { "/v1/chat/completions": chat, "/v1/responses": responses }[path];
  if (!dialect) return json(response, 404, { error: { message: `there is no ${path}` } });
  const body = JSON.parse(raw);
  requests.push({ path, authorization: request.headers.authorization ?? null, headers: Object.keys(request.headers), body });
  const items = body.messages ?? (typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input);
  const head = { ...body, id: `up-${requests.length}` };
  const said = script(items);
  if (JSON.stringify(items.at(-1)).includes("slowly")) await setTimeout(600);
  if (said.fail) return fail(said.fail, response, dialect, head, body.stream);
  if (!body.stream) return json(response, 200, dialect.whole(said, head));
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const piece of dialect.pieces(said, head)) response.write(frame(piece));
  response.end();
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
