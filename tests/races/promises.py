"""What a bot says and does not do, and what it does too late."""

import time
import unittest

from talking import PASSED_ON, Case, Conversation, Server, Topic, together, until

PROMISES = [
    "You are being transferred to a representative.",
    "I'm transferring you to a human agent now. Please hold.",
    "I will connect you to one of our specialists right away.",
    "I've escalated this to our support team.",
    "A colleague will contact you shortly.",
    "Please hold while I transfer you.",
    "Transferring you to an agent...",
    "You'll be speaking with a human in a moment.",
    "Your case has been escalated to a supervisor.",
]
# They tell what would be, and promise nothing.
NO_PROMISES = [
    "Would you like me to connect you to a colleague?",
    "If the parts are missing, a colleague will contact you.",
    "I cannot transfer you to the warehouse.",
]


class Promises(Case):
    def setUp(self):
        self.server = Server("desk")

    def through_the_proxy(self, talk, text):
        body = {"model": "scripted", "messages": [{"role": "user", "content": text}]}
        headers = {"x-warmline-conversation": talk.id}
        answer = self.server.call("POST", "/v1/chat/completions", body, **headers)
        return answer["choices"][0]["message"]["content"], answer["warmline"]

    def test_a_transfer_that_the_bot_promises_happens(self):
        for promise in PROMISES:
            for proxied in [False, True]:
                with self.subTest(promise=promise, proxied=proxied):
                    talk, topic = Conversation(self.server), Topic(promise)
                    if proxied:
                        told, state = self.through_the_proxy(talk, topic.asking)
                        self.assertTrue(told.startswith(PASSED_ON), told)
                        self.assertEqual(state["state"], "pending_handoff")
                    else:
                        answer = talk.say(topic.asking)
                        self.assertEqual((answer["reply"], answer["state"]), (None, "pending_handoff"))
                    # The promise is kept before it is made: somebody waits, and is told of by us.
                    view = talk.see()
                    self.assertEqual((view["trigger"]["kind"], view["owner"]), ("commitment", "queue"))
                    self.assertIn("promises that a person takes over", str(view["trigger"]["signals"]))
                    self.assertEqual(view["held_back"]["text"], promise)
                    self.assertEqual(talk.said("assistant"), [])
                    self.assertTrue(talk.said("notice")[-1].startswith(PASSED_ON))
                    self.assertIn(talk.id, self.server.waiting())
                    talk.act("claim")
                    self.assertEqual(talk.reply("Here I am.")["operator"], "dana")

    def test_an_offer_is_no_promise(self):
        for offer in NO_PROMISES:
            with self.subTest(offer=offer):
                talk = Conversation(self.server)
                self.assertEqual(talk.say(Topic(offer).asking)["reply"]["text"], offer)
                self.assertEqual(talk.see()["handoffs"], 0)

    def test_five_seconds_of_silence_do_not_mute_the_bot(self):
        slow = [Topic("Slowly, but surely.", after=5.5) for _ in range(2)]
        never = Topic("Much too late.", held=True)
        talk, proxied, late = (Conversation(self.server) for _ in range(3))

        def others_are_served():
            end = time.monotonic() + 5
            while time.monotonic() < end:
                self.assertTrue(Conversation(self.server).say("Hello")["reply"])

        answer, (told, state), lost, _ = together(
            lambda: talk.say(slow[0].asking),
            lambda: self.through_the_proxy(proxied, slow[1].asking),
            lambda: late.say(never.asking),
            others_are_served,
        )
        # Whoever is slow is waited for.
        self.assertEqual(answer["reply"]["text"], "Slowly, but surely.")
        self.assertEqual((told, state["state"]), ("Slowly, but surely.", "ai_owned"))
        # Whoever is too slow loses the conversation, and the customer is told.
        self.assertEqual((lost["reply"], lost["trigger"]["kind"]), (None, "assistant_failure"))
        self.assertTrue(lost["notices"][-1]["text"].startswith(PASSED_ON))
        never.let_go()
        # It is asked again the next time, here and elsewhere, and what came too late is not said.
        late.act("claim")
        late.hand_back()
        self.assertEqual(late.say(Topic("On time.").asking)["reply"]["text"], "On time.")
        self.assertTrue(talk.say("And the boots?")["reply"])
        self.assertTrue(proxied.say("And the boots?")["reply"])
        until(lambda: late.said("assistant") == ["On time."], "the bot said one thing")


if __name__ == "__main__":
    unittest.main()
