"""How conversations end: each once, as what it is, so that no rate passes 100 %."""

import time
import unittest
from collections import Counter
from datetime import UTC, datetime, timedelta

from talking import CLOSED, Case, Conversation, Refused, Server, Topic, together, until

GONE = "I haven't heard from you for a while"
RESOLVED = {"resolved_confirmed", "resolved_unconfirmed", "resolved_by_human"}

# How a customer may leave without a word, and what that is.
LEFT = {
    "asked for more": "abandoned",
    "waiting": "abandoned",
    "with a silent operator": "abandoned",
    "answered": "resolved_unconfirmed",
    "answered by a human": "resolved_by_human",
}


class Ending(Case):
    def setUp(self):
        self.server = Server("hurry")

    def ended(self):
        """Every row of the list of those that ended."""
        rows, after = [], ""
        while after is not None:
            page = self.server.call("GET", f"/v1/conversations?state=closed&limit=100{after}")
            rows += page["conversations"]
            after = page["next"] and f"&after={page['next']}"
        return rows

    def begin(self, how):
        """A conversation whose customer leaves without a word, as `how` says."""
        talk = Conversation(self.server)
        if how in ["answered", "asked for more"]:
            words = "It arrives on Friday." if how == "answered" else "What is your order number?"
            body = {"model": "scripted", "messages": [{"role": "user", "content": Topic(words).asking}]}
            self.server.call("POST", "/v1/chat/completions", body, **{"x-warmline-conversation": talk.id})
            return talk
        talk.say("I want to talk to a human")
        if how == "waiting":
            return talk
        talk.act("claim")
        if how == "with a silent operator":
            return talk
        talk.reply("I have sent a new one.")
        talk.hand_back()
        return talk

    def test_abandoned_conversations_end_as_abandoned_and_only_those(self):
        left = together(*[lambda how=how: (how, self.begin(how)) for how in LEFT for _ in range(3)])
        talks = [talk for _, talk in left]
        ids = {talk.id for talk in talks}
        # From wherever they were left: in the end nobody waits for anybody.
        until(lambda: all(talk.see()["state"] == "closed" for talk in talks), "all of them end")
        for how, talk in left:
            self.assertEqual((how, talk.see()["outcome"]), (how, LEFT[how]))
            told = talk.said("notice")
            self.assertEqual([text.startswith(GONE) for text in told].count(True), 1, told)
        self.assertEqual(ids & set(self.server.waiting()), set())
        mine = [row for row in self.ended() if row["conversation"] in ids]
        self.assertEqual(len(mine), len(ids), "each of them once")

        # A customer who comes back is welcome, and what ended does not count as ended meanwhile.
        talk = talks[0]
        talk.say("I want to talk to a human")
        self.assertIsNone(talk.see()["outcome"])
        talk.act("claim")
        talk.close()
        mine = [row for row in self.ended() if row["conversation"] == talk.id]
        self.assertEqual([row["outcome"] for row in mine], ["resolved_by_human"])

    def test_every_conversation_has_one_outcome_however_many_would_give_it_one(self):
        self.server = Server("desk")
        outcomes = sorted(RESOLVED | {"abandoned", "unresolved"})
        talks = [Conversation(self.server) for _ in range(10)]
        together(*[lambda it=it: it.say("I want to talk to a human") and it.act("claim") for it in talks])
        before = len(self.ended())
        every = [(talk, outcome) for talk in talks for outcome in outcomes]
        closed = together(*[lambda it=it, outcome=outcome: it.close(outcome) for it, outcome in every])
        taken = {}
        for (talk, outcome), result in zip(every, closed):
            if isinstance(result, Refused):
                self.assertEqual(result.status, 409, result)
            else:
                self.assertNotIn(talk.id, taken, "two of them took it")
                taken[talk.id] = outcome
        rows = {row["conversation"]: row["outcome"] for row in self.ended()}
        self.assertEqual(taken, {talk.id: rows[talk.id] for talk in talks})
        self.assertEqual(len(self.ended()) - before, len(talks))
        for talk in talks:
            self.assertEqual(talk.said("notice").count(talk.said("notice")[-1]), 1)
            self.assertTrue(talk.said("notice")[-1].startswith(CLOSED))
        # Shares of what ended: together they are all of it.
        counted = Counter(row["outcome"] for row in self.ended())
        self.assertEqual(sum(counted.values()), len({row["conversation"] for row in self.ended()}))
        self.assertLessEqual(sum(counted[it] for it in RESOLVED), sum(counted.values()))

    def test_what_is_closed_when_its_time_is_up_ends_once(self):
        for round in range(3):
            with self.subTest(round=round):
                talks = together(*[lambda: self.begin("answered by a human") for _ in range(8)])
                together(*[lambda it=it, late=late: self.close_when_due(it, late) for late, it in enumerate(talks)])
                for talk in talks:
                    view = talk.see()
                    said = [text for text in talk.said("notice") if text.startswith((GONE, CLOSED))]
                    self.assertEqual(len(said), 1, view["turns"])
                    ended_by_time = said[0].startswith(GONE)
                    self.assertEqual(view["outcome"], LEFT["answered by a human"] if ended_by_time else "unresolved")

    def close_when_due(self, talk, late):
        """Closes `talk` at about the moment in which its timer comes due, a little later each time."""
        since = datetime.fromisoformat(talk.see()["since"])
        due = since + timedelta(seconds=1.97, milliseconds=15 * late)
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        try:
            talk.close("unresolved", operator=None)
        except Refused as refused:
            self.assertEqual(refused.status, 409, refused)


if __name__ == "__main__":
    unittest.main()
