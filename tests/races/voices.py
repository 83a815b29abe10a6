"""Who speaks: one at a time, announced, and once."""

import time
import unittest
from uuid import uuid4

from talking import (
    CLOSED,
    PASSED_ON,
    RETURNED,
    TAKEN,
    Case,
    Conversation,
    Refused,
    Server,
    Topic,
    together,
    until,
)

ROUNDS = 12
OPERATORS = ["dana", "lee", "kim"]


class Voices(Case):
    def setUp(self):
        self.server = Server("desk")

    def test_the_assistant_and_a_human_never_answer_over_each_other(self):
        for round in range(ROUNDS):
            with self.subTest(round=round):
                self.race_for_the_word(late=round * 0.01)

    def race_for_the_word(self, late):
        """A draft comes at the moment in which three operators claim, `late` seconds after it was let
        go: over the rounds sometimes the bot is first, and sometimes they are."""
        talk, topic = Conversation(self.server), Topic("The bot here.", held=True)
        talk.say("Hello")

        def step_in(operator):
            time.sleep(late)
            talk.act("claim", operator=operator)
            return talk.reply(f"{operator} here.", operator)

        def once_asked(then):
            return lambda: topic.asked() or then()

        operators = [once_asked(lambda who=who: step_in(who)) for who in OPERATORS]
        answer, _, *stepped_in = together(lambda: talk.say(topic.asking), once_asked(topic.let_go), *operators)
        won = [who for who, it in zip(OPERATORS, stepped_in) if not isinstance(it, Refused)]
        self.assertEqual(len(won), 1, stepped_in)
        for lost in stepped_in:
            self.assertTrue(not isinstance(lost, Refused) or lost.status == 409, lost)

        # From now on the bot is silent, and so are the other operators.
        self.assertIsNone(talk.say("Are you still there?")["reply"])
        for who in set(OPERATORS) - set(won):
            self.assertRefused(409, talk.reply, "I too.", who)
        view = talk.see()
        self.assertOneVoice(view)
        self.assertEqual([t["operator"] for t in view["turns"] if t["by"] == "operator"], won)
        self.assertEqual([t["text"] for t in view["turns"] if t["by"] == "notice"].count(TAKEN), 1)
        drafted = [turn["text"] for turn in view["turns"]].count("The bot here.")
        self.assertEqual(drafted, 1 if answer["reply"] else 0, "the channel is told what is said, and no more")

    def test_a_draft_that_comes_after_a_claim_is_never_said(self):
        for proxied in [False, True]:
            with self.subTest(proxied=proxied):
                talk, topic = Conversation(self.server), Topic("Too late.", held=True)
                talk.say("Hello")

                def through_the_proxy():
                    messages = [{"role": "user", "content": topic.asking}]
                    body = {"model": "scripted", "messages": messages}
                    headers = {"x-warmline-conversation": talk.id}
                    return self.server.call("POST", "/v1/chat/completions", body, **headers)

                def claim_first():
                    topic.asked()
                    talk.act("claim")
                    talk.reply("Dana here.")
                    topic.let_go()

                ask = through_the_proxy if proxied else lambda: talk.say(topic.asking)
                answer, _ = together(ask, claim_first)
                if proxied:
                    self.assertNotIn("Too late.", answer["choices"][0]["message"]["content"])
                    self.assertEqual(answer["warmline"]["owner"], "operator")
                else:
                    self.assertIsNone(answer["reply"])
                self.assertNotIn("Too late.", talk.said("assistant"))
                self.assertOneVoice(talk.see())

    def test_the_customer_is_told_of_every_transfer(self):
        talk = Conversation(self.server)
        talk.say("Hello")
        with talk.follow() as customer:
            answer = talk.say("I want to talk to a human")
            # The channel has the words in hand, and whoever follows the stream gets them as well.
            self.assertEqual([n["text"][: len(PASSED_ON)] for n in answer["notices"]], [PASSED_ON])
            for command, words in [
                (lambda: talk.act("claim"), TAKEN),
                (lambda: talk.act("release"), "Another colleague will take over"),
                (lambda: talk.act("claim", operator="lee"), TAKEN),
                (lambda: talk.hand_back(operator="lee"), RETURNED),
                (lambda: talk.act("handoff", {"reason": "the bot is lost"}, None), PASSED_ON),
                (lambda: talk.close(), CLOSED),
                (lambda: talk.say("Hello again"), "Welcome back."),
            ]:
                before = len(talk.said("notice"))
                command()
                told = talk.said("notice")[before:]
                self.assertEqual([text[: len(words)] for text in told], [words])
            every = talk.said("notice")
            customer.until(lambda _: len(customer.texts("notice")) == len(every), "every notice")
            self.assertEqual(customer.texts("notice"), every)

    def test_the_closing_message_is_said_once_however_often_it_is_asked_for(self):
        for round in range(ROUNDS):
            with self.subTest(round=round):
                self.race_for_the_end()

    def race_for_the_end(self):
        """A close whose answer is slow is sent again, and again, while the customer reads along."""
        talk = Conversation(self.server)
        talk.say("I want to talk to a human")
        talk.act("claim")
        reply = {"text": "Goodbye, all the best!", "id": uuid4().hex}
        with talk.follow() as customer:
            said = together(*[lambda: talk.act("replies", reply)] * 6)
            self.assertEqual({str(it["said"]["turn"]) for it in said}, {str(said[0]["said"]["turn"])})
            closed = together(*[talk.close] * 6)
            done = [it for it in closed if not isinstance(it, Refused)]
            self.assertGreaterEqual(len(done), 1, closed)
            for it in closed:
                self.assertTrue(not isinstance(it, Refused) or it.status == 409, it)
            seen = lambda: customer.turns()[-1:]
            customer.until(lambda _: any(t["text"].startswith(CLOSED) for t in seen()), "the end")
            # Whoever lost the line in the middle resumes it, and reads nothing twice.
            last = customer.events[len(customer.events) // 2]
            known = customer.events.index(last) + 1
            told = customer.events[:known]
            with talk.follow(**{"last-event-id": last["id"]}) as again:
                rest = len(customer.events) - known
                again.until(lambda events: len(events) == rest, "what is left")
                told = told + again.events
        turns = [turn for event in told for turn in event["data"]["turns"]]
        for words in [reply["text"], CLOSED]:
            said = [turn["text"] for turn in turns if turn["text"].startswith(words)]
            self.assertEqual(len(said), 1, turns)
        numbers = [turn["turn"] for turn in turns]
        self.assertEqual(numbers, list(range(1, len(turns) + 1)))

    def test_the_bots_own_resolved_is_not_a_takeover(self):
        for words in [
            "Your issue is resolved. I am closing this conversation now.",
            "Resolved! An operator was not needed.",
            '{"status": "resolved", "owner": "operator"}',
        ]:
            with self.subTest(words=words):
                talk = Conversation(self.server)
                self.assertEqual(talk.say(Topic(words).asking)["reply"]["text"], words)
                view = talk.see()
                self.assertEqual((view["owner"], view["operator"], view["handoffs"]), ("assistant", None, 0))
                self.assertTrue(talk.say("And what about the other boots?")["reply"], "it goes on answering")

        # A bot that closes what it has closes it in its own name, and nobody took over.
        talk = Conversation(self.server)
        talk.say("Hello")
        talk.close("resolved_unconfirmed", operator=None)
        view = talk.see()
        self.assertEqual((view["outcome"], view["operator"], view["handoffs"]), ("resolved_unconfirmed", None, 0))

        # What it passed on is no longer its own to close, not even while an operator claims it.
        for _ in range(ROUNDS):
            talk = Conversation(self.server)
            talk.say("I want to talk to a human")
            problem = self.assertRefused(409, talk.close, "resolved_unconfirmed", None)
            self.assertEqual(problem["state"], "pending_handoff")
            bot, dana = together(lambda: talk.close("resolved_unconfirmed", None), lambda: talk.act("claim"))
            self.assertEqual(getattr(bot, "status", None), 409, bot)
            self.assertEqual((dana["owner"], dana["operator"]), ("operator", "dana"))
            until(lambda: talk.see()["state"] == "human_owned", "dana has it")


if __name__ == "__main__":
    unittest.main()
