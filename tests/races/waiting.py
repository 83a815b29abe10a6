"""Who waits: somebody hears of it, and somebody comes, also when the first one falls silent."""

import re
import threading
import unittest

from talking import PASSED_ON, TAKEN, Case, Conversation, Refused, Server, together, until

ASKING = "I want to talk to a human"
LOST = "Sorry, my colleague had to leave"


class Present:
    """An operator who is there, and shows it, until the block ends; then they are silent."""

    def __init__(self, server, operator):
        self.server, self.operator, self.gone = server, operator, threading.Event()
        self.thread = threading.Thread(target=self.beat, daemon=True)

    def beat(self):
        while not self.gone.is_set():
            self.server.show(self.operator)
            self.gone.wait(0.25)

    def __enter__(self):
        self.server.show(self.operator)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gone.set()
        self.thread.join()


class Waiting(Case):
    def setUp(self):
        self.server = Server("dispatch")
        self.addCleanup(lambda: [self.server.show(who, "offline") for who in ["dana", "lee"]])

    def asking(self):
        """A customer who asks for a human; whatever becomes of them, they leave with the test."""
        talk = Conversation(self.server)
        self.addCleanup(self.leave, talk)
        talk.say(ASKING)
        return talk

    def leave(self, talk):
        for _ in range(3):
            try:
                return talk.close(operator=talk.see()["operator"] or "dana")
            except Refused:
                # It was given to somebody else in between.
                pass

    def has(self, talk, operator):
        return until(lambda: talk.see()["operator"] == operator, f"{operator} has it")

    def counted(self, metric):
        found = re.findall(rf"^{metric}(?:{{.*}})? (\d+)", self.server.call("GET", "/metrics"), re.MULTILINE)
        return sum(map(int, found))

    def test_somebody_is_notified_of_every_handoff(self):
        before = self.counted("warmline_notifications_total")
        with self.server.follow("/v1/events") as one, self.server.follow("/v1/events") as other:
            talks = together(*[self.asking] * 12)
            ids = {talk.id for talk in talks}

            def told(events):
                steps = [e["data"] for e in events if e["event"] == "step" and "trigger" in e["data"]]
                return ids <= {step["conversation"] for step in steps if step["owner"] == "queue"} and steps

            for console in [one, other]:
                steps = [step for step in console.until(told, "every handoff") if step["conversation"] in ids]
                self.assertEqual(len(steps), len(ids), "each of them once")
                self.assertEqual({step["trigger"]["kind"] for step in steps}, {"customer_request"})
                self.assertEqual({step["state"] for step in steps}, {"pending_handoff"})
            # A console that was away for a moment misses none of it.
            with self.server.follow("/v1/events", **{"last-event-id": one.events[0]["id"]}) as late:
                late.until(lambda events: len(events) >= len(one.events) - 1, "what was missed")
                seen = [event["id"] for event in late.events]
                known = [event["id"] for event in one.events[1:]]
                self.assertEqual(seen[: len(known)], known)
        self.assertGreaterEqual(self.counted("warmline_notifications_total") - before, len(ids))
        rows = self.server.waiting()
        self.assertEqual(ids - set(rows), set())
        for id in ids:
            self.assertTrue(rows[id]["due"] and rows[id]["intent"] and rows[id]["trigger"], rows[id])

        # If nobody comes, it is said louder: before the target is missed, and when it is.
        alarms = lambda: {row["alarm"] for id, row in self.server.waiting().items() if id in ids}
        until(lambda: "warning" in alarms(), "the target is in danger")
        until(lambda: alarms() == {"breach"}, "the target is missed")
        self.assertGreaterEqual(self.counted("warmline_queue_alarms_total"), 2 * len(ids))
        queue = lambda: self.server.call("GET", "/v1/queues")["queues"][0]
        until(lambda: queue()["breached"] >= len(ids), "the queue shows it")

        # As soon as somebody is there, they are given what they have room for.
        with Present(self.server, "dana"):
            mine = lambda: sum(talk.see()["operator"] == "dana" for talk in talks)
            until(lambda: mine() == 5, "dana has five")

    def test_whoever_falls_silent_is_relieved_of_the_conversation(self):
        with Present(self.server, "dana"):
            talk = self.asking()
            self.has(talk, "dana")
            talk.reply("Dana here. Give me a moment.")
        # Dana says nothing more, and shows no sign. Lee comes.
        with Present(self.server, "lee"):
            self.has(talk, "lee")
            told = talk.said("notice")
            self.assertEqual([text[: len(LOST)] for text in told if text.startswith(LOST)], [LOST])
            self.assertTrue(told[-1].startswith(TAKEN), told)
            self.assertRefused(409, talk.reply, "Sorry, I am back.", "dana")
            talk.reply("Lee here.", "lee")
            self.assertOneVoice(talk.see())

    def test_whoever_falls_silent_while_nobody_else_is_there_leaves_it_to_the_queue(self):
        with Present(self.server, "dana"):
            talk = self.asking()
            self.has(talk, "dana")
        # The customer goes on writing into the silence, and dana comes back at the last moment.
        until(lambda: talk.id in self.server.waiting(), "it waits again")
        row = self.server.waiting()[talk.id]
        self.assertEqual((row["last_operator"], row["operator"]), ("dana", None))
        self.assertTrue(talk.said("notice")[-1].startswith(LOST))
        with Present(self.server, "lee"):
            self.has(talk, "lee")

    def test_silence_of_an_operator_without_a_console_is_noticed_too(self):
        # They never showed that they are there: what counts is when they last said something.
        self.server = Server("hurry")
        talk = Conversation(self.server)
        talk.say(ASKING)
        talk.act("claim")
        until(lambda: talk.see()["state"] == "pending_handoff", "it waits again")
        self.assertTrue(talk.said("notice")[-1].startswith("Sorry for the wait."))
        self.assertRefused(409, talk.reply, "Sorry, I am back.")
        talk.act("claim", operator="lee")
        self.assertEqual(talk.see()["operator"], "lee")
        self.assertTrue(PASSED_ON in talk.said("notice")[0])


if __name__ == "__main__":
    unittest.main()
