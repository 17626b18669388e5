"""Questions about lfm4j and the LFM2 architecture. Held out are whole wordings of a question."""

from .core import Task, assistant, draw, expand, normalise, user
from .qa_facts import FACTS, WRAP


def make(rng, split):
    def some(r):
        patterns, answer = r.choice(FACTS)
        text = r.choice(WRAP).replace("{q}", expand(r, r.choice(patterns)))
        return normalise(text), (text, answer)

    key, (text, answer) = draw(rng, split, "qa", some)
    return Task("qa", key, [user(text), assistant(answer)], check={"kind": "exact", "text": answer})
