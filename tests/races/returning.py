"""The baton comes back: the bot goes on, is not thrown out again, and can hand over again."""

import unittest
from uuid import uuid4

from talking import PASSED_ON, RETURNED, Case, Conversation, Server, Topic, together, until

ROUNDS = 10
REASONS = {
    "customer_request": "I want to talk to a human",
    "hard_gate": "I paid 500 EUR for this tent and want it back.",
}


class Returning(Case):
    def setUp(self):
        self.server = Server("desk")

    def taken(self, said="I want to talk to a human", operator="dana", **customer):
        """A conversation that an operator has."""
        talk = Conversation(self.server, **customer)
        talk.say(said)
        talk.act("claim", operator=operator)
        return talk

    def assertAnswered(self, talk, topic_words):
        """The bot has it, and has said `topic_words`, once."""
        until(lambda: topic_words in talk.said("assistant"), "the bot answers")
        view = talk.see()
        self.assertEqual((view["state"], view["owner"]), ("reverse_handed", "assistant"))
        self.assertEqual(talk.said("assistant").count(topic_words), 1)

    def test_a_returned_conversation_does_not_bounce_on_the_old_handoff(self):
        for kind, words in REASONS.items():
            with self.subTest(kind=kind):
                talk = self.taken(words)
                self.assertEqual(talk.see()["trigger"]["kind"], kind)
                talk.reply("I have looked into it.")
                talk.hand_back(done=["looked into it"])
                topic = Topic("It arrives on Friday.")
                answer = talk.say(f"Thank you. {topic.asking}")
                self.assertEqual((answer["state"], answer["trigger"]), ("reverse_handed", None))
                self.assertEqual(answer["reply"]["text"], "It arrives on Friday.")
                view = talk.see()
                self.assertEqual((view["handoffs"], view["trigger"], view["card"]), (1, None, None))
                # What the bot reads: that the human's part is over, and not that it passed it on.
                (messages,) = topic.heard()
                text = [message["content"] for message in messages]
                self.assertFalse([it for it in text if PASSED_ON in it or RETURNED in it], text)
                place = lambda part: next(i for i, it in enumerate(text) if part in it)
                self.assertLess(place(words), place("I have looked into it."))
                self.assertLess(place("I have looked into it."), place("part of the conversation ended"))
                self.assertLess(place("part of the conversation ended"), place(topic.name))
                # What was not said before is looked at as ever.
                self.assertEqual(talk.say(words)["trigger"]["kind"], kind)

    def test_old_anger_does_not_bounce_a_returned_conversation(self):
        self.server = Server("judge")
        talk = self.taken("This is unacceptable, you have ignored me for three weeks.")
        self.assertEqual(talk.see()["trigger"]["kind"], "sentiment")
        talk.reply("I am sorry. A new tent is on its way.")
        talk.hand_back()
        answer = talk.say("Thank you. When does the parcel arrive?")
        self.assertEqual((answer["state"], answer["trigger"]), ("reverse_handed", None))
        self.assertTrue(answer["reply"])
        # New anger counts.
        self.assertEqual(talk.say("You are lying to me, this is a disgrace.")["trigger"]["kind"], "sentiment")

    def test_a_returned_bot_answers(self):
        # At the next turn, through either interface.
        for proxied in [False, True]:
            with self.subTest(proxied=proxied):
                talk, topic = self.taken(), Topic("Here I am.")
                talk.reply("I have sent a new pole.")
                talk.hand_back()
                if proxied:
                    body = {"model": "scripted", "messages": [{"role": "user", "content": topic.asking}]}
                    headers = {"x-warmline-conversation": talk.id}
                    self.server.call("POST", "/v1/chat/completions", body, **headers)
                else:
                    talk.say(topic.asking)
                self.assertAnswered(talk, "Here I am.")

        # Without being asked, if the customer still waits for an answer.
        talk, topic = self.taken(), Topic("You asked the human, but I know.")
        talk.say(topic.asking)
        talk.hand_back()
        self.assertAnswered(talk, "You asked the human, but I know.")

    def test_a_returned_bot_answers_what_is_said_at_that_very_moment(self):
        for round in range(ROUNDS):
            with self.subTest(round=round):
                talk, topic = self.taken(), Topic("Here I am.")
                talk.reply("I have sent a new pole.")
                together(talk.hand_back, lambda: talk.say(topic.asking))
                self.assertAnswered(talk, "Here I am.")
                self.assertOneVoice(talk.see())

    def test_a_return_without_an_active_bot_strands_nobody(self):
        def back_in_the_queue(talk):
            view = until(lambda: (v := talk.see())["owner"] == "queue" and v, "it waits for a human again")
            self.assertEqual((view["state"], view["trigger"]["kind"]), ("pending_handoff", "assistant_failure"))
            self.assertEqual(view["reserved_for"], "dana", "whom the customer knows is asked first")
            self.assertIsNotNone(view["card"])
            self.assertTrue(talk.said("notice")[-1].startswith(PASSED_ON))
            self.assertIn(talk.id, self.server.waiting())
            talk.act("claim", operator="lee")

        # The bot is down when the customer writes ..
        talk = self.taken()
        talk.hand_back()
        self.assertIsNone(talk.say(Topic(fail=True).asking)["reply"])
        back_in_the_queue(talk)
        # .. or when it is to answer what is still open ..
        talk = self.taken()
        talk.say(Topic(fail=True).asking)
        talk.hand_back()
        back_in_the_queue(talk)
        # .. or there is none at all: bots that call through the proxy come when they come.
        self.server = Server("hurry")
        talk = self.taken()
        talk.say("Hello?")
        talk.hand_back()
        back_in_the_queue(talk)

    def test_handover_works_again_and_again_for_the_same_customer(self):
        customer = f"c-{uuid4().hex[:8]}"
        talk = Conversation(self.server, customer=customer)
        limit = 3
        for time in range(1, limit + 1):
            answer = talk.say("I want to talk to a human")
            self.assertEqual((answer["state"], answer["trigger"]["kind"]), ("pending_handoff", "customer_request"))
            talk.act("claim")
            talk.hand_back()
            view = talk.see()
            self.assertEqual((view["handoffs"], view["handbacks"]), (time, time))
            self.assertTrue(talk.say("And the boots?")["reply"], "in between, the bot answers")
        # After the last it stays with humans, and whoever would hand it back learns why.
        talk.say("I want to talk to a human")
        talk.act("claim")
        problem = self.assertRefused(409, talk.hand_back)
        self.assertIn(str(limit), problem["detail"])
        self.assertEqual(talk.reply("I stay with you.")["owner"], "operator")
        # It ends, and begins anew.
        talk.close()
        self.assertTrue(talk.say("Hello again")["reply"])
        self.assertEqual(talk.say("I want to talk to a human")["state"], "pending_handoff")

        # The same customer elsewhere, many times at once: each is handed over, each to one operator.
        others = [Conversation(self.server, customer=customer) for _ in range(8)]
        together(*[lambda it=it: it.say("I want to talk to a human") for it in others])
        waiting = self.server.waiting()
        self.assertEqual({it.id for it in others} - set(waiting), set())
        claims = [(it, who) for it in others for who in ["dana", "lee"]]
        together(*[lambda it=it, who=who: it.act("claim", operator=who) for it, who in claims])
        for it in others:
            self.assertEqual(it.said("notice").count("A colleague is with you now."), 1)


if __name__ == "__main__":
    unittest.main()
