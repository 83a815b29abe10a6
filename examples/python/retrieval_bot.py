"""A retrieval bot in plain Python. It knows nothing of Warmline but an address and two lines.

    pip install openai
    OPENAI_BASE_URL=http://127.0.0.1:7717/v1 OPENAI_API_KEY=$WARMLINE_TOKEN OPENAI_MODEL=gpt-4o-mini \\
        python examples/python/retrieval_bot.py

Without Warmline it is the same bot: point OPENAI_BASE_URL at the model, and leave out the two lines
that are marked.
"""

import collections
import os
import pathlib
import re
import uuid

from openai import OpenAI

KNOWLEDGE = pathlib.Path(__file__).parents[2] / "config" / "returns" / "knowledge"
RULES = (
    "You answer the customers of Hollowpine Outfitters, a shop for outdoor clothing and gear. Answer in "
    "one or two sentences, from these passages alone; if they do not tell, say that you do not know.\n\n"
)


def words(text):
    return set(re.findall(r"\w{3,}", text.lower()))


def load():
    """Every section of every document, as a passage with its document and title."""
    for path in sorted(KNOWLEDGE.glob("*.md")):
        for section in re.split(r"(?m)^#+ ", path.read_text())[1:]:
            title, _, text = section.partition("\n")
            yield {"document": path.stem, "title": title, "passage": text.strip()}


PASSAGES = list(load())
USES = collections.Counter(word for p in PASSAGES for word in words(p["title"] + " " + p["passage"]))


def retrieve(question, most=3):
    """The passages that share the most words with the question; rare words count more."""
    asked = words(question)
    score = lambda p: sum(1 / USES[word] for word in asked & words(p["title"] + " " + p["passage"]))
    return [p for p in sorted(PASSAGES, key=score, reverse=True)[:most] if score(p) > 0]


def main():
    client = OpenAI()
    conversation = f"bot-{uuid.uuid4().hex[:8]}"
    history = []
    while question := input("you: ").strip():
        history.append({"role": "user", "content": question})
        found = retrieve(question)
        rules = RULES + "\n\n".join(f"{p['title']}\n{p['passage']}" for p in found)
        completion = client.chat.completions.create(
            model=os.environ.get("OPENAI_MODEL", "default"),
            messages=[{"role": "system", "content": rules}, *history],
            extra_headers={"x-warmline-conversation": conversation},  # whose turn it is
            extra_body={"warmline": {"passages": found}},  # what the answer is held against
        )
        answer = completion.choices[0].message.content
        history.append({"role": "assistant", "content": answer})
        print(f"bot: {answer}")


if __name__ == "__main__":
    try:
        main()
    except (EOFError, KeyboardInterrupt):
        print()
