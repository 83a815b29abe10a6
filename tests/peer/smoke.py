"""Talks to Warmline on a real model: every turn is answered, or handed off for a reason.

`run.sh` starts everything and sets OPENAI_BASE_URL, OPENAI_API_KEY and WARMLINE_URL.
"""

import json
import os
import unittest
import urllib.request

import openai

OWNERS = {"ai_owned": "assistant", "pending_handoff": "queue"}
PASSAGE = {"document": "returns", "title": "Returns", "passage": "You can return boots within 30 days of delivery."}

client = openai.OpenAI(max_retries=0, timeout=120)


def ask(conversation, **rest):
    rules = {"role": "system", "content": f"Answer in one sentence. {PASSAGE['passage']}"}
    question = {"role": "user", "content": "How long do I have to return my boots?"}
    return client.chat.completions.create(
        model="smollm2-135m-instruct",
        messages=[rules, question],
        max_tokens=60,
        extra_headers={"x-warmline-conversation": conversation},
        extra_body={"warmline": {"passages": [PASSAGE]}},
        **rest,
    )


class RealModel(unittest.TestCase):
    def assertTold(self, text, warmline):
        print(f"  {warmline['state']}, {(warmline['trigger'] or {}).get('kind')}: {text!r}")
        self.assertTrue(text.strip())
        self.assertEqual(OWNERS[warmline["state"]], warmline["owner"])
        self.assertEqual(warmline["trigger"] is None, warmline["state"] == "ai_owned")
        if warmline["trigger"]:
            self.assertNotEqual(warmline["trigger"]["kind"], "assistant_failure")

    def test_the_proxy_answers_or_hands_off(self):
        completion = ask("smoke-whole")
        self.assertTold(completion.choices[0].message.content, completion.model_extra["warmline"])

    def test_the_proxy_streams(self):
        text, warmline = "", None
        for chunk in ask("smoke-stream", stream=True):
            text += "".join(choice.delta.content or "" for choice in chunk.choices)
            warmline = chunk.model_extra.get("warmline", warmline)
        self.assertTold(text, warmline)

    def test_the_assistant_on_a_model_answers_or_hands_off(self):
        url = f"{os.environ['WARMLINE_URL']}/v1/conversations/smoke-assistant/messages"
        headers = {"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "content-type": "application/json"}
        body = json.dumps({"text": "How long do I have to return my boots?"}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=120) as response:
            answer = json.load(response)
        told = [answer["reply"], *answer["notices"]]
        print(f"  {answer['state']}, {(answer['trigger'] or {}).get('kind')}: {[t['text'] for t in told if t]}")
        self.assertTrue(any(turn and turn["text"].strip() for turn in told))
        self.assertEqual(OWNERS[answer["state"]], answer["owner"])


if __name__ == "__main__":
    unittest.main()
