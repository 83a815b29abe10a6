"""The official `openai` package for Python against the proxy, unchanged but for its base_url."""

import json
import os
import unittest
from uuid import uuid4

import openai
from talking import (
    DELIVERED,
    MODEL,
    NOTICE,
    TOOL,
    Conversation,
    Stream,
    act,
    client,
    content,
    extension,
    heard,
    recorded,
    said_by,
    user,
)


class Case(unittest.TestCase):
    def unheard(self, call):
        """What `call` gives, while the upstream is not asked."""
        before = len(heard())
        result = call()
        self.assertEqual(len(heard()), before, "the upstream was asked")
        return result

    def assertHandedOff(self, completion, kind):
        self.assertTrue(content(completion).startswith(NOTICE), content(completion))
        self.assertEqual(completion.choices[0].finish_reason, "stop")
        self.assertIsNone(completion.choices[0].message.tool_calls)
        self.assertEqual(extension(completion)["state"], "pending_handoff")
        self.assertEqual(extension(completion)["owner"], "queue")
        self.assertEqual(extension(completion)["trigger"]["kind"], kind)


class Naming(Case):
    def raw(self, headers=None, **rest):
        raw = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=[user(f"Hello {uuid4().hex}")], extra_headers=headers, **rest
        )
        return raw.headers, raw.parse()

    def test_the_header_names_the_conversation_before_all_else(self):
        id = f"py-{uuid4().hex[:12]}"
        headers, completion = self.raw({"x-warmline-conversation": id}, metadata={"conversation": "other"}, user="other")
        self.assertEqual(headers["x-warmline-conversation"], id)
        self.assertEqual(headers["x-warmline-state"], "ai_owned")
        self.assertNotIn("x-warmline-trigger", headers)
        self.assertNotIn("x-warmline-warning", headers)
        told = extension(completion)
        self.assertEqual((told["conversation"], told["state"], told["owner"]), (id, "ai_owned", "assistant"))
        self.assertIsInstance(told["epoch"], int)
        self.assertIsInstance(told["turn"], int)
        self.assertIsNone(told["trigger"])
        self.assertEqual(said_by(id, "assistant"), [content(completion)])

    def test_metadata_names_it_before_user(self):
        id = f"py-{uuid4().hex[:12]}"
        headers, _ = self.raw(metadata={"conversation": id}, user="other")
        self.assertEqual(headers["x-warmline-conversation"], id)
        self.assertNotIn("x-warmline-warning", headers)

    def test_user_names_it(self):
        id = f"py-{uuid4().hex[:12]}"
        headers, _ = self.raw(user=id)
        self.assertEqual(headers["x-warmline-conversation"], id)

    def test_without_a_name_the_first_turns_do_with_a_warning(self):
        messages = [user(f"Hello {uuid4().hex}")]
        first = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages)
        self.assertTrue(first.headers["x-warmline-warning"])
        id = first.headers["x-warmline-conversation"]
        messages += [{"role": "assistant", "content": content(first.parse())}, user("And then?")]
        second = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages)
        self.assertEqual(second.headers["x-warmline-conversation"], id)
        self.assertEqual(len(said_by(id, "customer")), 2)

    def test_whoever_shows_a_wrong_token_is_refused(self):
        with self.assertRaises(openai.AuthenticationError):
            client.with_options(api_key="not-the-machine-token").chat.completions.create(model=MODEL, messages=[user("Hi")])

    def test_a_request_that_says_nothing_is_refused(self):
        with self.assertRaises(openai.APIStatusError) as refused:
            Conversation().ask([])
        self.assertIn(refused.exception.status_code, range(400, 500))


class PassingOn(Case):
    def test_everything_but_the_extension_reaches_the_upstream_unchanged(self):
        mark = uuid4().hex
        sent = {
            "tools": [TOOL],
            "tool_choice": "auto",
            "seed": 7,
            "temperature": 0.25,
            "metadata": {"shop": "north", "plan": "b"},
            "logit_bias": {"50256": -100},
            "response_format": {"type": "text"},
        }
        unknown = {"x_unknown": {"deep": [1, 2.5, None, "é"]}, "top_k": 40}
        told = {"customer": "c-1", "channel": "web", "segment": "vip", "language": "en", "passages": []}
        talk = Conversation()
        completion = talk.say(f"Hello {mark}", **sent, extra_body={**unknown, "warmline": told})
        (body,) = [r["body"] for r in heard() if mark in json.dumps(r["body"])]
        self.assertEqual({key: body.get(key) for key in sent}, sent)
        self.assertEqual({key: body.get(key) for key in unknown}, unknown)
        self.assertEqual(body["model"], MODEL)
        self.assertEqual(body["messages"], talk.messages[:2])
        self.assertNotIn("warmline", body)
        customer = recorded(talk.id)["customer"]
        self.assertEqual(customer, {"customer": "c-1", "channel": "web", "segment": "vip", "language": "en"})
        self.assertEqual(completion.usage.total_tokens, 18)
        self.assertEqual(completion.system_fingerprint, "fp_script")
        self.assertEqual(completion.model, MODEL)

    def test_the_upstream_sees_its_own_key_and_nothing_of_ours(self):
        mark = uuid4().hex
        Conversation().say(f"Hello {mark}")
        (request,) = [r for r in heard() if mark in json.dumps(r["body"])]
        self.assertEqual(request["authorization"], f"Bearer {os.environ['WARMLINE_LLM_API_KEY']}")
        self.assertEqual([name for name in request["headers"] if name.startswith("x-warmline")], [])

    def test_a_stream_carries_the_same_words_and_the_extension_at_its_end(self):
        talk = Conversation()
        stream = talk.stream("say: Boots come back within thirty days.\nThat is all.", stream_options={"include_usage": True})
        self.assertEqual(stream.text, "Boots come back within thirty days.\nThat is all.")
        self.assertEqual(stream.finish, "stop")
        self.assertEqual(stream.usage.total_tokens, 18)
        self.assertEqual(stream.warmline["conversation"], talk.id)
        self.assertEqual(stream.warmline["state"], "ai_owned")
        self.assertEqual(said_by(talk.id, "assistant"), [stream.text])

    def test_the_headers_of_a_stream_name_conversation_and_state(self):
        headers = {"x-warmline-conversation": f"py-{uuid4().hex[:12]}"}
        raw = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=[user("Hello")], stream=True, extra_headers=headers
        )
        list(raw.parse())
        self.assertEqual(raw.headers["x-warmline-conversation"], headers["x-warmline-conversation"])
        self.assertIn("x-warmline-state", raw.headers)

    def test_the_packages_own_way_of_streaming_works(self):
        headers = {"x-warmline-conversation": f"py-{uuid4().hex[:12]}"}
        with client.chat.completions.stream(model=MODEL, messages=[user("say: All is well.")], extra_headers=headers) as stream:
            stream.until_done()
            self.assertEqual(content(stream.get_final_completion()), "All is well.")


class History(Case):
    def test_a_history_that_is_sent_again_is_heard_once(self):
        talk = Conversation()
        asked = ["Where is my parcel?", "It is a tent.", "Yes.", "Thank you."]
        told = [content(talk.say(text)) for text in asked]
        self.assertEqual(said_by(talk.id, "customer"), asked)
        self.assertEqual(said_by(talk.id, "assistant"), told)

    def test_the_same_words_said_again_are_another_turn(self):
        talk = Conversation()
        for text in ["Is it blue?", "Yes.", "Yes.", "Yes."]:
            talk.say(text)
        self.assertEqual(said_by(talk.id, "customer"), ["Is it blue?", "Yes.", "Yes.", "Yes."])

    def test_a_request_sent_twice_gets_the_same_answer_and_is_heard_once(self):
        for stream in [False, True]:
            with self.subTest(stream=stream):
                talk = Conversation()
                talk.say("Hello")
                messages = talk.messages + [user("What is the answer?")]
                first = content(talk.ask(messages))
                again = self.unheard(lambda: talk.ask(messages, stream=stream))
                self.assertEqual(Stream(again).text if stream else content(again), first)
                self.assertEqual(len(said_by(talk.id, "customer")), 2)

    def test_a_history_cut_to_its_end_is_not_doubled(self):
        talk = Conversation()
        for text in ["One", "Two", "Three"]:
            talk.say(text)
        talk.messages = talk.messages[-2:]
        talk.say("Four")
        talk.messages = talk.messages[-2:]
        talk.say("Five")
        self.assertEqual(said_by(talk.id, "customer"), ["One", "Two", "Three", "Four", "Five"])

    def test_a_client_may_send_the_newest_turn_alone(self):
        talk = Conversation()
        for text in ["One", "Two", "Three"]:
            talk.ask([user(text)])
        self.assertEqual(said_by(talk.id, "customer"), ["One", "Two", "Three"])

    def test_a_long_history_is_no_trouble(self):
        rules = {"role": "system", "content": "Boots come back within thirty days. " * 6_000}
        self.assertEqual(content(Conversation().ask([rules, user("say: Well.")])), "Well.")

    def test_words_in_parts_are_words(self):
        talk = Conversation()
        talk.ask([user([{"type": "text", "text": "say: In parts."}])])
        self.assertEqual(said_by(talk.id, "customer"), ["say: In parts."])
        self.assertEqual(said_by(talk.id, "assistant"), ["In parts."])


class Tools(Case):
    def test_a_tool_is_called_by_the_client_and_the_turn_answered_once(self):
        talk = Conversation(tools=[TOOL])
        messages = talk.messages + [user("tool please")]
        asked = talk.ask(messages)
        self.assertEqual(asked.choices[0].finish_reason, "tool_calls")
        (call,) = asked.choices[0].message.tool_calls
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("look_up_order", {"order": "HP-A"}))
        messages.append(asked.choices[0].message.model_dump(exclude_none=True))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": DELIVERED})
        answered = talk.ask(messages)
        self.assertEqual(content(answered), "Your order was delivered on Monday.")
        self.assertEqual(said_by(talk.id, "customer"), ["tool please"])
        self.assertEqual(said_by(talk.id, "assistant"), ["Your order was delivered on Monday."])
        self.assertIn(DELIVERED, json.dumps([m.get("content") for m in heard()[-1]["body"]["messages"]]).replace("\\", ""))
        messages += [{"role": "assistant", "content": content(answered)}, user("say: Gladly.")]
        self.assertEqual(content(talk.ask(messages)), "Gladly.")
        self.assertEqual(said_by(talk.id, "customer"), ["tool please", "say: Gladly."])

    def test_two_calls_at_once_are_streamed_whole(self):
        talk = Conversation(tools=[TOOL])
        messages = talk.messages + [user("two tools")]
        asked = Stream(talk.ask(messages, stream=True))
        self.assertEqual(asked.finish, "tool_calls")
        self.assertEqual([json.loads(given) for _, given in asked.calls.values()], [{"order": "HP-A"}, {"order": "HP-B"}])

    def test_a_call_over_the_limit_never_reaches_the_client(self):
        talk = Conversation()
        self.assertHandedOff(talk.say("refund tool"), "hard_gate")
        talk = Conversation()
        stream = talk.stream("refund tool")
        self.assertEqual((stream.calls, stream.finish), ({}, "stop"))
        self.assertTrue(stream.text.startswith(NOTICE), stream.text)
        self.assertEqual(stream.warmline["trigger"]["kind"], "hard_gate")


class HandedOff(Case):
    def test_who_asks_for_a_human_gets_one_and_the_upstream_is_not_asked(self):
        talk = Conversation()
        talk.say("Hello")
        completion = self.unheard(lambda: talk.say("I want to talk to a human"))
        self.assertHandedOff(completion, "customer_request")
        self.assertEqual(recorded(talk.id)["state"], "pending_handoff")

    def test_it_is_told_in_headers(self):
        headers = {"x-warmline-conversation": f"py-{uuid4().hex[:12]}"}
        messages = [user("I want to talk to a human")]
        raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages, extra_headers=headers)
        self.assertEqual(raw.headers["x-warmline-state"], "pending_handoff")
        self.assertEqual(raw.headers["x-warmline-trigger"], "customer_request")

    def test_it_is_told_in_a_stream(self):
        talk = Conversation()
        stream = self.unheard(lambda: talk.stream("I want to talk to a human"))
        self.assertTrue(stream.text.startswith(NOTICE), stream.text)
        self.assertEqual(stream.finish, "stop")
        self.assertEqual(stream.warmline["state"], "pending_handoff")
        self.assertEqual(stream.warmline["trigger"]["kind"], "customer_request")

    def test_whoever_waits_is_answered_without_the_upstream(self):
        talk = Conversation()
        talk.say("I want to talk to a human")
        waiting = self.unheard(lambda: talk.say("Hello? Is anybody there?"))
        self.assertTrue(content(waiting).strip())
        self.assertEqual(waiting.choices[0].finish_reason, "stop")
        self.assertEqual(extension(waiting)["state"], "pending_handoff")
        stream = self.unheard(lambda: talk.stream("Still nobody?"))
        self.assertTrue(stream.text.strip())
        self.assertEqual(len(said_by(talk.id, "customer")), 3)

    def test_a_draft_against_its_passages_is_held_back(self):
        passage = {"document": "returns", "title": "Returns", "passage": "Boots can be returned within 30 days of delivery."}
        told = {"warmline": {"channel": "grounded", "passages": [passage]}}
        sound = Conversation().say("say: Boots can be returned within 30 days of delivery.", extra_body=told)
        self.assertEqual(extension(sound)["state"], "ai_owned")
        invented = "The Otter tent weighs 2 kilograms, floats on water, and has a warranty of 25 years."
        self.assertHandedOff(Conversation().say(f"say: {invented}", extra_body=told), "low_confidence")


class Human(Case):
    def test_a_human_speaks_and_hands_back(self):
        talk = Conversation()
        talk.say("I want to talk to a human")
        act(talk.id, "claim")
        act(talk.id, "replies", {"text": "Dana here. I have sent you a new pole."})
        told = self.unheard(lambda: talk.say("Is there any news?"))
        self.assertIn("I have sent you a new pole.", content(told))
        self.assertEqual(extension(told)["owner"], "operator")
        told = self.unheard(lambda: talk.stream("Thank you, Dana."))
        self.assertTrue(told.text.strip())
        self.assertNotIn("new pole", told.text, "what was seen is not said again")
        self.assertEqual(told.warmline["state"], "human_owned")

        note = {"done": ["a new pole is on its way"], "remaining": ["say when the parcel arrives"], "limits": ["no refund"]}
        act(talk.id, "handback", note)
        answered = talk.say("say: It arrives on Friday.")
        self.assertIn("It arrives on Friday.", content(answered))
        self.assertEqual(extension(answered)["state"], "reverse_handed")
        messages = [json.dumps(message, ensure_ascii=False) for message in heard()[-1]["body"]["messages"]]
        place = lambda words: max(i for i, message in enumerate(messages) if words in message)
        self.assertLess(place("I have sent you a new pole."), place("say when the parcel arrives"))
        self.assertIn("no refund", messages[place("say when the parcel arrives")])
        self.assertRegex(messages[place("say when the parcel arrives")], "ended")
        self.assertEqual(place("say: It arrives on Friday."), len(messages) - 1)
        self.assertEqual(len(said_by(talk.id, "customer")), 4)


class Failures(Case):
    def test_no_failure_of_the_upstream_loses_a_turn(self):
        for kind in ["500", "429", "cut", "json", "empty"]:
            with self.subTest(kind=kind):
                talk = Conversation()
                self.assertHandedOff(talk.say(f"fail {kind}"), "assistant_failure")
                self.assertEqual(said_by(talk.id, "customer"), [f"fail {kind}"])
                # The next conversation is served as ever.
                self.assertEqual(content(Conversation().say("say: Well.")), "Well.")

    def test_no_failure_of_the_upstream_breaks_a_stream(self):
        for kind in ["500", "429", "cut", "json", "empty"]:
            with self.subTest(kind=kind):
                talk = Conversation()
                stream = talk.stream(f"fail {kind}")
                # What was released before the line broke may stand before it.
                self.assertIn(NOTICE, stream.text)
                self.assertEqual(stream.finish, "stop")
                self.assertEqual(stream.warmline["trigger"]["kind"], "assistant_failure")
                self.assertEqual(Conversation().stream("say: Well.").text, "Well.")


class Responses(Case):
    def create(self, id, input, **rest):
        return client.responses.create(model=MODEL, input=input, extra_headers={"x-warmline-conversation": id}, **rest)

    def setUp(self):
        self.id = f"py-{uuid4().hex[:12]}"

    def test_a_text_is_answered(self):
        response = self.create(self.id, "say: Hello to you.", metadata={"shop": "north"}, instructions="Be brief.")
        self.assertEqual((response.output_text, response.status), ("Hello to you.", "completed"))
        self.assertEqual(response.model_extra["warmline"]["conversation"], self.id)
        self.assertEqual(said_by(self.id, "assistant"), ["Hello to you."])
        body = heard()[-1]["body"]
        self.assertEqual((body["metadata"], body["instructions"]), ({"shop": "north"}, "Be brief."))

    def test_a_list_that_is_sent_again_is_heard_once(self):
        input = []
        for text in ["One", "Two", "Three"]:
            input.append(user(text))
            response = self.create(self.id, input)
            input.append({"role": "assistant", "content": response.output_text})
        self.assertEqual(said_by(self.id, "customer"), ["One", "Two", "Three"])

    def test_a_stream_carries_the_same_words(self):
        events = list(self.create(self.id, "say: Hello to you.", stream=True))
        self.assertEqual("".join(e.delta for e in events if e.type == "response.output_text.delta"), "Hello to you.")
        self.assertEqual(events[-1].type, "response.completed")
        self.assertEqual(events[-1].response.output_text, "Hello to you.")
        self.assertEqual(events[-1].response.model_extra["warmline"]["state"], "ai_owned")

    def test_a_tool_is_called_by_the_client_and_the_turn_answered_once(self):
        tool = {"type": "function", "strict": False, **TOOL["function"]}
        input = [user("tool please")]
        asked = self.create(self.id, input, tools=[tool])
        (call,) = [item for item in asked.output if item.type == "function_call"]
        self.assertEqual(json.loads(call.arguments), {"order": "HP-A"})
        input += [call.model_dump(exclude_none=True), {"type": "function_call_output", "call_id": call.call_id, "output": DELIVERED}]
        self.assertEqual(self.create(self.id, input, tools=[tool]).output_text, "Your order was delivered on Monday.")
        self.assertEqual(len(said_by(self.id, "customer")), 1)
        self.assertEqual(len(said_by(self.id, "assistant")), 1)

    def test_a_call_over_the_limit_never_reaches_the_client(self):
        for stream in [False, True]:
            with self.subTest(stream=stream):
                response = self.create(f"{self.id}-{stream}", "refund tool", stream=stream)
                if stream:
                    *_, last = response
                    response = last.response
                self.assertEqual([item.type for item in response.output], ["message"])
                self.assertTrue(response.output_text.startswith(NOTICE), response.output_text)
                self.assertEqual(response.model_extra["warmline"]["trigger"]["kind"], "hard_gate")

    def test_who_asks_for_a_human_gets_one_and_the_upstream_is_not_asked(self):
        response = self.unheard(lambda: self.create(self.id, "I want to talk to a human"))
        self.assertTrue(response.output_text.startswith(NOTICE), response.output_text)
        self.assertEqual(response.status, "completed")
        self.assertEqual(response.model_extra["warmline"]["trigger"]["kind"], "customer_request")

    def test_no_failure_of_the_upstream_loses_a_turn(self):
        for kind in ["500", "cut", "empty"]:
            for stream in [False, True]:
                with self.subTest(kind=kind, stream=stream):
                    response = self.create(f"{self.id}-{kind}-{stream}", f"fail {kind}", stream=stream)
                    if stream:
                        *_, last = response
                        response = last.response
                    self.assertIn(NOTICE, response.output_text)
                    self.assertEqual(response.model_extra["warmline"]["trigger"]["kind"], "assistant_failure")
                    self.assertEqual(self.create(f"{self.id}-{kind}-{stream}-well", "say: Well.").output_text, "Well.")


if __name__ == "__main__":
    unittest.main()
