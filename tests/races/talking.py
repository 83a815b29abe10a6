"""How the tests talk: as a channel, as operators, as chat visitors, and all of them at once.

`run.sh` starts everything and sets BOT_URL, WARMLINE_TOKEN and a WARMLINE_URL_.. for each server.
"""

import http.client
import json
import os
import threading
import time
import unittest
from urllib.parse import urlsplit
from uuid import uuid4

# How long anything is waited for. What a test waits for comes at once; a busy machine is slow.
PATIENCE = 30.0

BOT = os.environ["BOT_URL"]

PASSED_ON = "I'm passing you on to a colleague."
TAKEN = "A colleague is with you now."
RETURNED = "I'm taking over again from my colleague"
CLOSED = "This conversation is closed now."


class Refused(Exception):
    """An answer other than 2xx."""

    def __init__(self, status, problem):
        super().__init__(f"{status}: {problem}")
        self.status, self.problem = status, problem


def call(url, method, path, body=None, headers=None):
    """The answer to a request as JSON, or as text where it is none."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    is_json = "json" in (response.getheader("content-type") or "")
    answer = json.loads(text) if is_json else text
    if not 200 <= response.status < 300:
        raise Refused(response.status, answer)
    return answer


def until(condition, what, patience=PATIENCE):
    """What `condition` gives as soon as it is anything."""
    end = time.monotonic() + patience
    while not (got := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} seconds in vain: {what}")
        time.sleep(0.02)
    return got


def together(*calls):
    """Calls everything at the same moment, and gives what came of it: an answer or a `Refused`."""
    results = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(place, it):
        start.wait()
        try:
            results[place] = it()
        except Exception as error:  # noqa: BLE001: a test that did not expect it looks at it
            results[place] = error

    threads = [threading.Thread(target=run, args=at, daemon=True) for at in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
        assert not thread.is_alive(), "a call did not come back"
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Refused):
            raise result
    return results


class Server:
    """A running Warmline, as whoever has the machine token sees it."""

    def __init__(self, name):
        self.url = os.environ[f"WARMLINE_URL_{name.upper()}"]

    def call(self, method, path, body=None, operator=None, **headers):
        headers.setdefault("authorization", f"Bearer {os.environ['WARMLINE_TOKEN']}")
        if operator:
            headers["x-warmline-operator"] = operator
        return call(self.url, method, path, body, headers)

    def waiting(self):
        """Who waits for an operator, by conversation."""
        rows, after = {}, ""
        while after is not None:
            page = self.call("GET", f"/v1/conversations?owner=queue&limit=100{after}")
            rows |= {row["conversation"]: row for row in page["conversations"]}
            after = page["next"] and f"&after={page['next']}"
        return rows

    def show(self, operator, status="available"):
        self.call("PUT", "/v1/presence", {"status": status}, operator)

    def follow(self, path, **headers):
        headers.setdefault("authorization", f"Bearer {os.environ['WARMLINE_TOKEN']}")
        return Following(self.url, path, headers)


class Conversation:
    """A conversation of the channel that has the machine token."""

    def __init__(self, server, **customer):
        self.server, self.id, self.customer = server, f"race-{uuid4().hex[:12]}", customer

    def say(self, text, **rest):
        body = {"text": text, **self.customer, **rest}
        return self.server.call("POST", f"{self.path}/messages", body)

    def act(self, command, body=None, operator="dana"):
        """A command of `operator`; of the bot itself without one."""
        return self.server.call("POST", f"{self.path}/{command}", body, operator)

    def reply(self, text, operator="dana", **rest):
        return self.act("replies", {"text": text, **rest}, operator)

    def hand_back(self, remaining="Tell the customer when the parcel arrives.", operator="dana", **note):
        return self.act("handback", {"remaining": [remaining], **note}, operator)

    def close(self, outcome="resolved_by_human", operator="dana"):
        return self.act("close", {"outcome": outcome}, operator)

    @property
    def path(self):
        return f"/v1/conversations/{self.id}"

    def see(self):
        return self.server.call("GET", self.path)

    def said(self, voice):
        return [turn["text"] for turn in self.see()["turns"] if turn["by"] == voice]

    def follow(self, **headers):
        return self.server.follow(f"{self.path}/events", **headers)


class Visitor:
    """A chat visitor, who has the token of one conversation."""

    def __init__(self, server):
        begun = call(server.url, "POST", "/v1/chat")
        self.url, self.conversation, self.token = server.url, begun["conversation"], begun["token"]

    def call(self, method, path, body=None, **headers):
        return call(self.url, method, path, body, {"authorization": f"Bearer {self.token}", **headers})

    def say(self, text, **rest):
        return self.call("POST", "/v1/chat/messages", {"text": text, **rest})

    def follow(self):
        return Following(self.url, "/v1/chat/events", {"authorization": f"Bearer {self.token}"})


class Following:
    """A stream of events, read as it comes."""

    def __init__(self, url, path, headers):
        self.events, self.changed = [], threading.Condition()
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        try:
            for line in self.response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name in ("id", "event", "data"):
                    event[name] = json.loads(value) if name == "data" else value
                elif not name and event:
                    with self.changed:
                        self.events.append(event)
                        self.changed.notify_all()
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            # It was closed, here or there.
            pass

    def until(self, condition, what):
        """The first thing that `condition` gives for all events so far."""
        with self.changed:
            found = self.changed.wait_for(lambda: condition(self.events), PATIENCE)
        assert found, f"the stream never told: {what}; it told {self.events[-5:]}"
        return found

    def turns(self):
        with self.changed:
            return [turn for event in self.events for turn in event["data"].get("turns", [])]

    def texts(self, voice):
        return [turn["text"] for turn in self.turns() if turn["by"] == voice]

    def close(self):
        self.connection.sock and self.connection.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Topic:
    """Words that a customer may say, and what the bot does when it hears them.

    `after`: seconds that it takes. `held`: until `let_go`. `fail`: it breaks instead.
    """

    def __init__(self, words=None, **script):
        self.name = call(BOT, "POST", "/script", {"words": words, **script})["topic"]
        self.asking = f"My order is {self.name}. What about it?"

    def heard(self):
        """The requests in which that was the customer's last word, as lists of messages."""
        return call(BOT, "GET", f"/heard/{self.name}")

    def asked(self):
        """Waits until the bot is asked."""
        until(self.heard, "the bot is asked")

    def let_go(self):
        """Lets the bot answer."""
        call(BOT, "POST", f"/open/{self.name}")


class Case(unittest.TestCase):
    """What all tests check."""

    maxDiff = None

    def assertRefused(self, status, it, *given, **named):
        with self.assertRaises(Refused) as refused:
            it(*given, **named)
        self.assertEqual(refused.exception.status, status, refused.exception.problem)
        return refused.exception.problem

    def assertOneVoice(self, view):
        """Every word was said by whoever had the conversation when it was decided."""
        owner, epoch = "assistant", 0
        for turn in view["turns"]:
            self.assertGreaterEqual(turn["epoch"], epoch, f"an older epoch speaks: {turn}")
            epoch = turn["epoch"]
            if turn["by"] == "notice":
                owner = owner_after(turn["text"], owner)
            elif turn["by"] != "customer":
                self.assertEqual(turn["by"], owner, f"{turn} is out of turn in {view['turns']}")


def owner_after(notice, owner):
    """Who speaks after the customer was told `notice`."""
    for words, then in [
        (PASSED_ON, "queue"),
        ("Another colleague will take over", "queue"),
        ("Sorry, my colleague had to leave", "queue"),
        (TAKEN, "operator"),
        (RETURNED, "assistant"),
        ("Welcome back.", "assistant"),
        (CLOSED, "nobody"),
    ]:
        if notice.startswith(words):
            return then
    return owner
