"""Words beside a call of a tool, by the official `openai` package for Python."""

import unittest

from talking import DELIVERED, NOTICE, TOOL, Conversation, Stream, content, extension, said_by, user


class Beside(unittest.TestCase):
    def test_they_are_examined_before_they_are_said(self):
        for stream in [False, True]:
            with self.subTest(stream=stream):
                talk = Conversation(tools=[TOOL])
                words = "beside: I refund you 500 EUR today."
                told = talk.stream(words) if stream else talk.say(words)
                text = told.text if stream else content(told)
                self.assertTrue(text.startswith(NOTICE), text)
                extra = told.warmline if stream else extension(told)
                self.assertEqual(extra["trigger"]["kind"], "hard_gate")
                self.assertEqual(said_by(talk.id, "assistant"), [])

    def test_they_are_said_once(self):
        talk = Conversation(tools=[TOOL])
        first = talk.ask([user("beside: Let me look.")]).choices[0]
        self.assertEqual((first.finish_reason, first.message.content), ("tool_calls", "Let me look."))
        call = first.message.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "content": DELIVERED}
        history = [user("beside: Let me look."), first.message.model_dump(exclude_none=True), result]
        self.assertEqual(content(talk.ask(history)), "It was delivered on Monday.")
        self.assertEqual(said_by(talk.id, "assistant"), ["Let me look.", "It was delivered on Monday."])

    def test_a_client_that_lost_the_calls_gets_them_again(self):
        for stream in [False, True]:
            with self.subTest(stream=stream):
                talk = Conversation(tools=[TOOL])
                for _ in range(2):
                    words = [user("beside: Let me look.")]
                    told = Stream(talk.ask(words, stream=True)) if stream else talk.ask(words).choices[0]
                    text, finish = (told.text, told.finish) if stream else (told.message.content, told.finish_reason)
                    self.assertEqual((text, finish), ("Let me look.", "tool_calls"))
                self.assertEqual(said_by(talk.id, "assistant"), ["Let me look."])


if __name__ == "__main__":
    unittest.main()
