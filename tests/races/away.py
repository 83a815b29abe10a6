"""Out of hours: the customer is told what is true, and what they can do."""

import datetime
import unittest

from talking import PASSED_ON, Case, Conversation, Server, Topic, Visitor

ASKING = "I want to talk to a human"


class Away(Case):
    def setUp(self):
        self.server = Server("away")
        # The weekday in three days; the queues open at nine, by UTC.
        self.day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(3)
        self.opens = f"{self.day:%A} at 09:00"

    def queue(self, name):
        queues = self.server.call("GET", "/v1/queues")["queues"]
        return next(queue for queue in queues if queue["name"] == name)

    def test_out_of_hours_the_customer_is_told_when_somebody_is_there(self):
        talk = Conversation(self.server, channel="keep")
        answer = talk.say(ASKING)
        (notice,) = answer["notices"]
        self.assertIn(self.opens, notice["text"])
        self.assertIn("in the queue", notice["text"])
        self.assertNotIn(PASSED_ON, notice["text"], "nobody is there to pass it on to")
        self.assertEqual((answer["state"], answer["owner"]), ("keep", "queue"))
        self.assertIn(talk.id, self.server.waiting())
        queue = self.queue("keep")
        self.assertFalse(queue["open"])
        self.assertEqual(queue["opens"], f"{self.day:%Y-%m-%d}T09:00:00.000Z")
        self.assertIsNone(queue["expected_wait_seconds"], "nobody can tell")
        # Whoever is there all the same may take it.
        talk.act("claim")
        self.assertEqual(talk.reply("I am working late.")["owner"], "operator")

        # In the customer's own language.
        talk = Conversation(self.server, channel="keep", language="de")
        talk.say("Guten Tag, wo ist denn meine Bestellung geblieben?")
        talk.act("handoff", {"reason": "the bot is lost"}, None)
        days = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
        self.assertIn(f"am {days[self.day.weekday()]} um 09:00 Uhr", talk.said("notice")[-1])

    def test_out_of_hours_the_customer_can_leave_how_to_reach_them(self):
        visitor = Visitor(self.server)
        visitor.say("Hello")
        visitor.call("POST", "/v1/chat/handoff")
        place = visitor.call("GET", "/v1/chat/wait")
        self.assertTrue(place["waiting"] and place["contact_wanted"], place)
        self.assertEqual(place["opens"], f"{self.day:%Y-%m-%d}T09:00:00.000Z")
        with visitor.follow() as stream:
            told = stream.until(lambda _: stream.texts("notice"), "a notice")
            self.assertIn(self.opens, told[-1])
            self.assertIn("phone number", told[-1])
            visitor.call("POST", "/v1/chat/contact", {"contact": "+49 30 123456"})
            stream.until(lambda _: len(stream.texts("notice")) > len(told), "thanks")
            self.assertIn("get back to you", stream.texts("notice")[-1])
        row = self.server.waiting()[visitor.conversation]
        self.assertEqual(row["callback"]["contact"], "+49 30 123456")
        self.assertFalse(visitor.call("GET", "/v1/chat/wait")["contact_wanted"], "it is not asked for twice")

    def test_out_of_hours_the_assistant_can_go_on(self):
        talk = Conversation(self.server, channel="assistant")
        answer = talk.say(ASKING)
        (notice,) = answer["notices"]
        self.assertEqual(notice["text"], f"Nobody is here; we open on {self.opens}. Go on with me until then.")
        self.assertEqual((answer["state"], answer["owner"], answer["reply"]), ("ai_owned", "assistant", None))
        self.assertEqual(talk.see()["handoffs"], 0)
        self.assertNotIn(talk.id, self.server.waiting())
        self.assertEqual(talk.say(Topic("Gladly.").asking)["reply"]["text"], "Gladly.")
        # What the assistant may not say it does not say now either: it would promise what cannot be.
        promise = Topic("I'm transferring you to a colleague now.")
        self.assertIsNone(talk.say(promise.asking)["reply"])
        self.assertEqual(talk.said("assistant"), ["Gladly."])
        self.assertIn(self.opens, talk.said("notice")[-1])

    def test_within_hours_nobody_is_told_of_hours(self):
        talk = Conversation(self.server, channel="mail")
        (notice,) = talk.say(ASKING)["notices"]
        self.assertEqual(notice["text"], PASSED_ON)
        self.assertTrue(self.queue("open")["open"])
        self.assertIsNone(self.queue("open")["opens"])


if __name__ == "__main__":
    unittest.main()
