"""What a task is, and the one rule that decides whether it may be trained on.

A task is a piece of conversation whose content has a canonical key (the operand pair, the word list, the question
as normalised text ...). `split_of` hashes that key: one key in ten is held out, for ever and for every phrasing.
Training code asks for split "train", the evaluation for "heldout", so the two are disjoint by construction.
"""

import hashlib
import random
import re
from dataclasses import dataclass, field

TRAIN, HELDOUT = "train", "heldout"


@dataclass
class Task:
    family: str
    key: str
    turns: list  # messages {"role", "content"} (assistant turns may hold "tool_calls")
    system: str | None = None
    tools: list | None = None
    # What the answer to the last assistant turn must satisfy; read by checks.py.
    check: dict = field(default_factory=dict)


def normalise(text):
    """Lower case, words and digits only: variations of case and punctuation share one key."""
    return " ".join(re.findall(r"[\w+\-*/]+", text.lower()))


# The plainest greetings are what a visitor types first: always trained on, never counted as held out.
PINNED = {"hello", "hi", "hey", "who are you", "what can you do", "thanks", "thank you", "bye", "goodbye", "how are you",
          "good morning", "help", "what is your name", "what are you"}


def split_of(family, key):
    if key in PINNED:
        return TRAIN
    digest = hashlib.blake2b(f"{family}|{key}".encode(), digest_size=4).digest()
    return HELDOUT if int.from_bytes(digest, "big") % 10 == 0 else TRAIN


def draw(rng, split, family, make):
    """Calls make(rng) until it yields something whose key lies in the split. make returns (key, value)."""
    for _ in range(2000):
        key, value = make(rng)
        if split_of(family, key) == split:
            return key, value
    raise RuntimeError(f"no {split} item of family {family} in 2000 draws: its key space is too small")


_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")


def expand(rng, pattern):
    """Replaces each (a|b|c) by one of its alternatives; alternatives may be empty, nesting works inside out."""
    while True:
        match = _CHOICE.search(pattern)
        if match is None:
            return " ".join(pattern.split(" ")).replace("  ", " ").strip()
        pattern = pattern[: match.start()] + rng.choice(match.group(1).split("|")) + pattern[match.end() :]


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def roughen(rng, text):
    """People type without capitals or final marks now and then. Never touches digits or letters themselves."""
    dice = rng.random()
    if dice < 0.06:
        text = text[:1].lower() + text[1:]
    elif dice < 0.12 and text[-1:] in "?.!":
        text = text[:-1]
    elif dice < 0.15 and text[-1:] in "?.!":
        text = text[:1].lower() + text[1:-1]
    return text


def rng_of(*parts):
    """A generator seeded by the text of its arguments, the same in every process and Python version."""
    return random.Random("/".join(str(p) for p in parts))
