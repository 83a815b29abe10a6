// A model server on this machine, with the part of OpenAI's interface that Warmline asks for. Not a
// product: it lets tests talk to a real model that answers as it likes.
//
//   node tests/peer/serve.mjs [PORT]    0, the default, takes any; prints the address when ready
//
// One request at a time, on one thread: of several, all wait for the one that the machine's other
// work holds up, and on two busy cores two are eighty times slower than one. Tools are not known to
// it: it answers in prose.

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "warmline", "peer");
const LIBRARY = join(FOLDER, "node_modules", "node-llama-cpp", "dist", "index.js");
const WEIGHTS = join(FOLDER, "SmolLM2-135M-Instruct.Q4_1.gguf");
const NAME = "smollm2-135m-instruct";
const THREADS = 1;
const WINDOW = 4096;
const LONGEST_BODY = 1 << 20;
const LONGEST_ANSWER = 512;

const missing = [LIBRARY, WEIGHTS].find((path) => !existsSync(path));
if (missing) {
  console.error(`${missing} is missing: run tests/peer/install.sh`);
  process.exit(1);
}

const { getLlama, LlamaGrammarEvaluationState } = await import(pathToFileURL(LIBRARY));
const llama = await getLlama({ gpu: false, build: "never", maxThreads: THREADS, logLevel: "error" });
const model = await llama.loadModel({ modelPath: WEIGHTS });
const context = await model.createContext({ contextSize: WINDOW, threads: THREADS });
const sequence = context.getSequence();

/** A request that cannot be answered, told in the words of OpenAI's interface. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The words of a message, whose content is a text or a list of parts. */
function words(content) {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map((part) => part.text ?? "").join("");
  return "";
}

/** The tokens of a conversation in ChatML, which these weights were trained on. */
function prompt(messages) {
  if (!Array.isArray(messages) || messages.length === 0) throw new Refused(400, "`messages` must be a list of messages");
  const [open, close] = ["<|im_start|>", "<|im_end|>"].map((mark) => model.tokenize(mark, true));
  const role = ({ role }) => ({ system: "system", developer: "system", assistant: "assistant" })[role] ?? "user";
  return [
    ...messages.flatMap((message) => [
      ...open,
      // Words are never read as marks: they may come from a customer.
      ...model.tokenize(`${role(message)}\n${words(message.content)}`, false),
      ...close,
      ...model.tokenize("\n", false),
    ]),
    ...open,
    ...model.tokenize("assistant\n", false),
  ];
}

/** The grammar that a request asks its answer to follow. */
async function grammar({ response_format: format }) {
  if (format?.type === "json_schema") return llama.createGrammarForJsonSchema(format.json_schema.schema);
  if (format?.type === "json_object") return llama.getGrammarFor("json");
  return undefined;
}

function logprob(token, probability) {
  const text = model.detokenize([token]);
  return { token: text, logprob: Math.log(Math.max(probability, 1e-12)), bytes: [...Buffer.from(text)] };
}

/** Yields `{ text, logprobs }` piece by piece, and at last `{ usage, finish }`. */
async function* generate(request, aborted) {
  const tokens = prompt(request.messages);
  const room = WINDOW - tokens.length;
  if (room < 1) throw new Refused(400, `the messages have ${tokens.length} tokens, the window has ${WINDOW}`);
  const asked = request.max_completion_tokens ?? request.max_tokens ?? LONGEST_ANSWER;
  const most = Math.min(asked, room, LONGEST_ANSWER);
  const rules = await grammar(request);
  const stops = [request.stop ?? [], rules ? "\n\n\n\n" : []].flat();
  // Nothing is kept of the request before: the same seed gives the same words.
  await sequence.clearHistory();
  const steps = sequence.evaluateWithMetadata(
    tokens,
    { confidence: request.logprobs === true, probabilities: request.top_logprobs > 0 },
    {
      temperature: request.temperature ?? 0.7,
      topP: request.top_p ?? 1,
      seed: request.seed ?? undefined,
      grammarEvaluationState: rules && new LlamaGrammarEvaluationState({ model, grammar: rules }),
    },
  );
  const made = [];
  let [told, logprobs, finish] = [0, [], "stop"];
  for await (const { token, confidence, probabilities } of steps) {
    made.push(token);
    if (confidence !== undefined) {
      const best = [...(probabilities ?? [])].slice(0, request.top_logprobs);
      logprobs.push({ ...logprob(token, confidence), top_logprobs: best.map((pair) => logprob(...pair)) });
    }
    const text = model.detokenize(made);
    const end = Math.min(...stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));
    const last = end < Infinity || made.length >= most;
    if (last && end === Infinity) finish = "length";
    // Half a character waits for its other half, and half a stop mark for the rest of it.
    const begun = stops.some((stop) => [...stop].some((_, at) => at > 0 && text.endsWith(stop.slice(0, at))));
    if (last || !(text.endsWith("\ufffd") || begun)) {
      yield { text: text.slice(told, end < Infinity ? end : undefined), logprobs };
      [told, logprobs] = [text.length, []];
    }
    if (last || aborted()) break;
  }
  const waiting = model.detokenize(made).slice(told);
  if (waiting) yield { text: waiting, logprobs };
  const usage = { prompt_tokens: tokens.length, completion_tokens: made.length };
  yield { usage: { ...usage, total_tokens: tokens.length + made.length }, finish };
}

let answers = 0;
let before = Promise.resolve();

async function complete(request, response) {
  const head = { id: `chatcmpl-${++answers}`, created: Math.floor(Date.now() / 1000), model: NAME };
  const pieces = generate(request, () => response.destroyed);
  const choice = (rest) => [{ index: 0, ...rest }];
  const tell = (logprobs) => (request.logprobs && logprobs ? { content: logprobs } : null);
  if (!request.stream) {
    let [text, logprobs] = ["", []];
    for await (const piece of pieces) {
      if (piece.usage) {
        const message = { role: "assistant", content: text };
        const choices = choice({ message, logprobs: tell(logprobs), finish_reason: piece.finish });
        return json(response, 200, { ...head, object: "chat.completion", choices, usage: piece.usage });
      }
      text += piece.text;
      logprobs.push(...piece.logprobs);
    }
  }
  const send = (body) => response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...body })}\n\n`);
  for await (const piece of pieces) {
    if (!response.headersSent) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
      send({ choices: choice({ delta: { role: "assistant", content: "" }, finish_reason: null }) });
    }
    if (piece.usage) {
      send({ choices: choice({ delta: {}, finish_reason: piece.finish }) });
      if (request.stream_options?.include_usage) send({ choices: [], usage: piece.usage });
    } else {
      send({ choices: choice({ delta: { content: piece.text }, logprobs: tell(piece.logprobs), finish_reason: null }) });
    }
  }
  response.end("data: [DONE]\n\n");
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function read(request) {
  let body = "";
  for await (const piece of request.setEncoding("utf8")) {
    body += piece;
    if (body.length > LONGEST_BODY) throw new Refused(413, `a body may have ${LONGEST_BODY} bytes`);
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
}

async function answer(request, response) {
  const route = `${request.method} ${new URL(request.url, "http://here").pathname}`;
  if (route === "GET /healthz") return json(response, 200, { status: "ok" });
  if (route === "GET /v1/models") {
    return json(response, 200, { object: "list", data: [{ id: NAME, object: "model", created: 0, owned_by: "local" }] });
  }
  if (route !== "POST /v1/chat/completions") throw new Refused(404, `there is no ${route}`);
  const body = await read(request);
  if ((body.n ?? 1) !== 1) throw new Refused(400, "`n` can only be 1");
  const turn = before.then(() => (response.destroyed ? undefined : complete(body, response)));
  before = turn.catch(() => {});
  return turn;
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!(error instanceof Refused)) console.error(error);
    if (response.headersSent) return response.destroy();
    const type = error.status ? "invalid_request_error" : "server_error";
    json(response, error.status ?? 500, { error: { message: error.message, type, param: null, code: null } });
  });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
