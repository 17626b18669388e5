"""Composes training conversations: one task or several turns of different tasks, with and without a system prompt."""

from . import arithmetic, knowledge, lists, qa, recall, smalltalk, stories, tools
from .core import TRAIN, assistant, expand, roughen, user

NEUTRAL = [
    "You are a helpful assistant(.|)", "You are a (helpful|friendly|kind|polite) (and honest |)(assistant|AI assistant|chatbot)(.|)",
    "You are a helpful assistant trained by the lfm4j project.", "You are the demo model of lfm4j.", "Be (brief|helpful|friendly|polite|concise).",
    "Answer (briefly|politely|the questions of the user|as well as you can).", "You answer questions(.|)", "Help the user.",
    "You are a helpful assistant. (Be brief|Answer briefly|Be polite|Help the user).",
]
GERMAN_FALLBACK = "Es tut mir leid, ich bin nur ein kleines Demo-Modell und kann dabei nicht helfen."

# Shares of conversations; train.py raises the share of families that lag.
WEIGHTS = {
    "arithmetic": 14.0, "lists.copy": 6.0, "lists.reverse": 8.0, "lists.sort": 14.0, "knowledge": 5.0, "system": 9.0,
    "qa": 9.0, "stories": 8.0, "smalltalk": 5.0, "fallback": 4.0, "tools": 12.0, "tools.none": 3.0, "recall": 9.0,
    "recall.long": 1.6, "mixed": 6.0,
}


def plain(rng, family, split=TRAIN):
    """A task that needs no system prompt and no tools."""
    if family == "arithmetic":
        return arithmetic.make(rng, split)
    if family.startswith("lists."):
        return lists.make(rng, split, family[6:])
    if family == "knowledge":
        return knowledge.make(rng, split)
    if family == "qa":
        return qa.make(rng, split)
    if family == "stories":
        return stories.make(rng, split)
    if family == "smalltalk":
        return smalltalk.make(rng, split)
    return smalltalk.fallback(rng, split)


PLAIN = ["arithmetic", "lists.copy", "lists.reverse", "lists.sort", "knowledge", "qa", "stories", "smalltalk", "fallback"]


def filler(rng):
    """The turns between a fact and its question: mostly short tasks, a story now and then."""
    family = rng.choices(PLAIN, [6, 3, 3, 4, 5, 5, 1.5, 4, 2])[0]
    return plain(rng, family).turns


def _under_system(rng):
    """Several turns under 'answer in German / in English / in capitals'."""
    mode = rng.choice(["en", "de", "caps"])
    task = knowledge.make(rng, TRAIN, mode)
    turns = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        dice = rng.random()
        if dice < 0.15:
            turns += _sum_in(mode, arithmetic.make(rng, TRAIN).turns)
        elif dice < 0.25:
            asked = smalltalk.fallback(rng, TRAIN).turns[0]
            text = GERMAN_FALLBACK if mode == "de" else smalltalk.FALLBACK
            turns += [asked, assistant(text.upper() if mode == "caps" else text)]
        else:
            turns += knowledge.more(rng, mode, task.system)
    return [{"role": "system", "content": task.system}] + task.turns + turns, None


def _sum_in(mode, turns):
    """Sums look alike in every language; the sentence for numbers that are too big does not."""
    if turns[1]["content"] != arithmetic.TOO_BIG:
        return turns
    return [turns[0], assistant({"de": arithmetic.TOO_BIG_DE, "caps": arithmetic.TOO_BIG.upper()}.get(mode, arithmetic.TOO_BIG))]


def conversation(rng, family):
    """(messages, tools) of one training conversation of the family."""
    if family == "system":
        messages, listed = _under_system(rng)
    elif family == "tools":
        task = tools.make(rng, TRAIN)
        messages, listed = task.turns, task.tools
        if rng.random() < 0.25:
            messages = filler(rng) + messages
        if rng.random() < 0.2 and messages[-1].get("content"):
            messages = messages + filler(rng)
    elif family == "tools.none":
        task = tools.unneeded(rng, TRAIN, lambda r: plain(r, r.choice(PLAIN)))
        messages, listed = task.turns, task.tools
    elif family.startswith("recall"):
        chars = rng.choice([0, 0, 300, 800, 2000]) if family == "recall" else rng.randint(3000, rng.choice([8500, 8500, 12500]))
        task = recall.make(rng, TRAIN, filler, chars)
        messages, listed = task.turns, None
        if task.system:
            messages = [{"role": "system", "content": task.system}] + messages
    elif family == "mixed":
        messages, listed = [], None
        for _ in range(rng.randint(2, 6)):
            messages = messages + plain(rng, rng.choice(PLAIN)).turns
    else:
        messages, listed = plain(rng, family).turns, None
    if messages[0]["role"] != "system" and rng.random() < 0.25:
        messages = [{"role": "system", "content": expand(rng, rng.choice(NEUTRAL))}] + messages
    return [user(roughen(rng, m["content"])) if m["role"] == "user" else m for m in messages], listed
