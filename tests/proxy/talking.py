"""How the tests talk: as a customer's bot, as an operator, and with those who recorded it.

`run.sh` starts everything and sets OPENAI_BASE_URL, OPENAI_API_KEY, WARMLINE_URL and UPSTREAM_URL.
"""

import json
import os
import urllib.request
from uuid import uuid4

import openai

NOTICE = "I'm passing you on to a colleague."
MODEL = "scripted-1"
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up_order",
        "description": "Looks an order up.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}
DELIVERED = json.dumps({"order": "HP-A", "status": "delivered on Monday"})

client = openai.OpenAI(max_retries=0, timeout=30)


def http(url, body=None, operator=None):
    headers = {"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "content-type": "application/json"}
    if operator:
        headers["x-warmline-operator"] = operator
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as response:
        return json.load(response)


def recorded(conversation):
    """The conversation as Warmline has it."""
    return http(f"{os.environ['WARMLINE_URL']}/v1/conversations/{conversation}")


def act(conversation, command, body=None):
    """An operator's command."""
    return http(f"{os.environ['WARMLINE_URL']}/v1/conversations/{conversation}/{command}", body or {}, "dana")


def heard():
    """Every request that reached the upstream."""
    return http(f"{os.environ['UPSTREAM_URL']}/requests")


def said_by(conversation, voice):
    return [turn["text"] for turn in recorded(conversation)["turns"] if turn["by"] == voice]


def user(text):
    return {"role": "user", "content": text}


class Stream:
    """What a stream of chat completions came to."""

    def __init__(self, chunks):
        self.text, self.finish, self.calls, self.usage, self.warmline = "", None, {}, None, None
        for chunk in chunks:
            self.warmline = chunk.model_extra.get("warmline", self.warmline)
            self.usage = chunk.usage or self.usage
            for choice in chunk.choices:
                self.text += choice.delta.content or ""
                self.finish = choice.finish_reason or self.finish
                for call in choice.delta.tool_calls or []:
                    name, given = self.calls.get(call.index, ("", ""))
                    self.calls[call.index] = (name + (call.function.name or ""), given + (call.function.arguments or ""))


class Conversation:
    """A client that keeps the history itself and sends all of it, as most do."""

    def __init__(self, id=None, **rest):
        self.id = id or f"py-{uuid4().hex[:12]}"
        self.messages = [{"role": "system", "content": "You help the customers of a shop."}]
        self.rest = rest

    def ask(self, messages, **rest):
        headers = {"x-warmline-conversation": self.id}
        return client.chat.completions.create(
            model=MODEL, messages=messages, extra_headers=headers, **{**self.rest, **rest}
        )

    def say(self, text, **rest):
        self.messages.append(user(text))
        completion = self.ask(self.messages, **rest)
        self.messages.append({"role": "assistant", "content": completion.choices[0].message.content})
        return completion

    def stream(self, text, **rest):
        self.messages.append(user(text))
        stream = Stream(self.ask(self.messages, stream=True, **rest))
        self.messages.append({"role": "assistant", "content": stream.text})
        return stream


def content(completion):
    return completion.choices[0].message.content


def extension(completion):
    return completion.model_extra["warmline"]
