"""Answers that are released sentence by sentence, by the official `openai` package for Python."""

import unittest

from talking import NOTICE, Conversation, act, recorded, said_by

SENTENCES = {"extra_body": {"warmline": {"release": "sentences"}}}
WORDS = "Your parcel left on Monday.\nIt is on its way. It comes tomorrow."


class Sentences(unittest.TestCase):
    def test_the_words_are_the_same_and_were_said_in_parts(self):
        talk = Conversation(**SENTENCES)
        stream = talk.stream(f"say: {WORDS}", stream_options={"include_usage": True})
        self.assertEqual(stream.text, WORDS)
        self.assertEqual((stream.finish, stream.usage.total_tokens), ("stop", 18))
        self.assertEqual(stream.warmline["state"], "ai_owned")
        # What came in while a sentence was checked is one part with it.
        said = said_by(talk.id, "assistant")
        self.assertEqual(said[0], "Your parcel left on Monday.")
        self.assertEqual(" ".join(said).split(), WORDS.split())

    def test_the_next_turn_and_a_retry_are_told_apart(self):
        talk = Conversation(**SENTENCES)
        talk.stream(f"say: {WORDS}")
        again = talk.ask(talk.messages[:-1])
        self.assertEqual(" ".join(again.choices[0].message.content.split()), " ".join(WORDS.split()))
        self.assertEqual(talk.stream(f"say: {WORDS}").text, WORDS)
        self.assertEqual(len(said_by(talk.id, "customer")), 2)

    def test_a_sentence_that_must_not_be_said_is_not_and_those_before_it_are(self):
        talk = Conversation(**SENTENCES)
        stream = talk.stream("say: I am sorry to hear that. I refund you 500 EUR today. Good bye.")
        self.assertTrue(stream.text.startswith("I am sorry to hear that."), stream.text)
        self.assertIn(NOTICE, stream.text)
        self.assertNotIn("500", stream.text)
        self.assertEqual(stream.warmline["trigger"]["kind"], "hard_gate")
        self.assertEqual(said_by(talk.id, "assistant"), ["I am sorry to hear that."])
        self.assertIn("500", recorded(talk.id)["held_back"]["text"])

    def test_a_customer_who_comes_back_reads_everything_once(self):
        talk = Conversation(**SENTENCES)
        talk.stream("say: Well.")
        act(talk.id, "close", {"outcome": "resolved_confirmed"})
        stream = talk.stream(f"say: {WORDS}", stream_options={"include_usage": True})
        notices = said_by(talk.id, "notice")
        self.assertEqual(stream.text, "\n\n".join([*notices, WORDS]))
        self.assertEqual((len(notices), stream.usage.total_tokens), (2, 18))

    def test_words_of_a_human_stand_in_front_of_the_answer(self):
        talk = Conversation(**SENTENCES)
        talk.stream("say: Well.")
        act(talk.id, "claim")
        act(talk.id, "replies", {"text": "Dana here."})
        act(talk.id, "handback", {"done": ["Helped"], "remaining": ["Say where it is"]})
        told = talk.stream(f"say: {WORDS}").text
        self.assertTrue(told.endswith(f"\n\n{WORDS}"), told)
        for words in ["Dana here.", WORDS]:
            self.assertEqual(told.count(words), 1, told)
        self.assertEqual(talk.stream("say: Well.").text, "Well.")

    def test_tools_are_called_all_the_same(self):
        talk = Conversation(**SENTENCES)
        stream = talk.stream("tool please")
        self.assertEqual((stream.finish, stream.text), ("tool_calls", ""))
        self.assertEqual(stream.calls[0][0], "look_up_order")

    def test_a_bot_that_fails_is_a_handoff(self):
        for kind in ["500", "cut", "json", "empty"]:
            with self.subTest(kind=kind):
                talk = Conversation(**SENTENCES)
                stream = talk.stream(f"fail {kind}")
                self.assertIn(NOTICE, stream.text)
                self.assertEqual(stream.warmline["trigger"]["kind"], "assistant_failure")
                self.assertEqual(Conversation(**SENTENCES).stream("say: Well.").text, "Well.")

    def test_while_a_human_has_the_conversation_their_words_come(self):
        talk = Conversation(**SENTENCES)
        talk.stream("I want to talk to a human")
        act(talk.id, "claim")
        act(talk.id, "replies", {"text": "Dana here."})
        self.assertIn("Dana here.", talk.stream("Hello?").text)


if __name__ == "__main__":
    unittest.main()
