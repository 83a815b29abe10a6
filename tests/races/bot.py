"""A bot behind an OpenAI-compatible interface, that does what the tests ask it to.

POST /script says what it does when a customer's last words name a topic, and gives the topic:

  {"words": "..", "after": SECONDS, "held": true, "fail": true}

Of words that name none it makes an answer that is never the same twice. What is held it says once
somebody has posted to /open/TOPIC. GET /heard/TOPIC lists the requests in which that was the last
word, as lists of messages. Prints its address when ready.
"""

import json
import re
import secrets
import signal
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Longer than any test waits for it.
PATIENCE = 60.0

scripts = {}
heard = defaultdict(list)
opened = defaultdict(threading.Event)


def word(number):
    """A word for a number: digits could be taken for money."""
    return "".join("bcdfghklmn"[int(digit)] for digit in str(number))


def answer(messages):
    """What is said to `messages`; None breaks."""
    said = next((m["content"] for m in reversed(messages) if m["role"] == "user"), "")
    if not isinstance(said, str):
        said = " ".join(part.get("text", "") for part in said)
    topic = next((name for name in re.findall(r"\bqx\w+", said) if name in scripts), "")
    heard[topic].append(messages)
    script = scripts.get(topic, {})
    if script.get("held"):
        opened[topic].wait(PATIENCE)
    time.sleep(script.get("after", 0))
    if script.get("fail"):
        return None
    return script.get("words") or f"Here is answer {word(len(heard[topic]))}."


class Bot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply(200, heard[self.path.removeprefix("/heard/")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/open/"):
            opened[self.path.removeprefix("/open/")].set()
            return self.reply(200, {})
        request = json.loads(body)
        if self.path == "/script":
            topic = f"qx{word(secrets.randbelow(10**9))}"
            scripts[topic] = request
            return self.reply(200, {"topic": topic})
        words = answer(request["messages"])
        if words is None:
            return self.reply(500, {"error": {"message": "something broke", "type": "server_error"}})
        head = {"id": "bot", "created": 1, "model": request.get("model", "scripted")}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        message = {"role": "assistant", "content": words}
        if not request.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return self.reply(200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage})
        choice = {"index": 0, "delta": message, "finish_reason": "stop"}
        chunk = {**head, "object": "chat.completion.chunk", "choices": [choice]}
        self.reply(200, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", "text/event-stream")

    def reply(self, status, body, type="application/json"):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", type)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            # Whoever asked did not wait.
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = Server(("127.0.0.1", 0), Bot)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
