"""Facts told early in a conversation and asked for later, with anything in between.

A fact is (attribute, value). Statement and question each have several wordings; the held-out key is attribute and value.
"""

from . import words
from .core import TRAIN, Task, assistant, draw, expand, user

PETS = ["cat", "dog", "rabbit", "parrot", "horse", "turtle", "hamster", "goldfish"]
KIN = ["sister", "brother", "mother", "father", "aunt", "uncle", "neighbor", "teacher", "boss", "best friend", "cousin"]
PLACES = ["office", "safe", "front door", "garage", "locker", "garden gate", "archive", "cellar"]
NUMBERED = [("order number", 5), ("ticket number", 4), ("customer number", 5), ("parcel number", 6), ("room number", 3),
            ("seat number", 2), ("invoice number", 5), ("flight number", 4), ("bus number", 2)]
FAVOURITES = {"color": "colour", "animal": "animal", "city": "city", "fruit": "fruit", "day": "day", "month": "month"}
ANIMALS = ["lion", "wolf", "owl", "fox", "panda", "otter", "whale", "tiger", "bear", "penguin", "dolphin", "swan", "zebra"]
FRUITS = ["apple", "banana", "cherry", "grape", "lemon", "melon", "orange", "peach", "pear", "tomato", "olive", "almond"]
KEPT = ["key", "map", "lantern", "ring", "letter", "coin", "flute", "umbrella", "compass", "book", "hammer", "camera"]
HOLDERS = ["drawer", "blue box", "red bag", "kitchen", "cellar", "attic", "old chest", "garden shed", "car", "left pocket",
           "top shelf", "green jar", "bottom drawer", "library"]
JOBS = ["doctor", "baker", "pilot", "nurse", "sailor", "teacher", "singer", "judge", "farmer", "cook", "painter"]


def _attributes():
    """(id, statements, questions, answer, value maker); {v} is the value."""
    for pet in PETS:
        yield (f"{pet} name", [f"My {pet} is called {{v}}.", f"My {pet}'s name is {{v}}.", f"I have a {pet} named {{v}}.",
                               f"The name of my {pet} is {{v}}."],
               [f"What is my {pet} called?", f"What is my {pet}'s name?", f"What is the name of my {pet}?",
                f"How is my {pet} called?"], f"Your {pet} is called {{v}}.", words.name)
    for kin in KIN:
        yield (f"{kin} name", [f"My {kin} is called {{v}}.", f"My {kin}'s name is {{v}}.", f"The name of my {kin} is {{v}}."],
               [f"What is my {kin} called?", f"What is my {kin}'s name?", f"What is the name of my {kin}?"],
               f"Your {kin} is called {{v}}.", words.name)
        yield (f"{kin} city", [f"My {kin} lives in {{v}}.", f"My {kin} has moved to {{v}}."],
               [f"Where does my {kin} live?", f"In which city does my {kin} live?"], f"Your {kin} lives in {{v}}.", words.city)
        yield (f"{kin} job", [f"My {kin} works as a {{v}}.", f"My {kin}'s job is {{v}}."],
               [f"What does my {kin} work as?", f"What is my {kin}'s job?", f"What is the job of my {kin}?"],
               f"Your {kin} works as a {{v}}.", lambda r: r.choice(JOBS))
        yield (f"{kin} birthday", [f"My {kin}'s birthday is in {{v}}.", f"The birthday of my {kin} is in {{v}}."],
               [f"When is my {kin}'s birthday?", f"In which month is my {kin}'s birthday?"],
               f"Your {kin}'s birthday is in {{v}}.", lambda r: r.choice(words.MONTHS)[0])
    for place in PLACES:
        yield (f"{place} code", [f"The code of the {place} is {{v}}.", f"The {place} code is {{v}}.",
                                 f"The code for the {place} is {{v}}."],
               [f"What is the code of the {place}?", f"What is the {place} code?", f"What is the code for the {place}?",
                f"Which code does the {place} have?"], f"The code of the {place} is {{v}}.", lambda r: words.digits(r, r.choice([3, 4, 4, 5])))
    for label, n in NUMBERED:
        yield (label, [f"My {label} is {{v}}.", f"The {label} is {{v}}."],
               [f"What is my {label}?", f"What is the {label}?", f"What was my {label}?", f"Which {label} did I tell you?"],
               f"Your {label} is {{v}}.", lambda r, n=n: words.digits(r, n))
    makers = {"color": lambda r: r.choice(words.COLOURS)[0], "animal": lambda r: r.choice(ANIMALS), "city": words.city,
              "fruit": lambda r: r.choice(FRUITS), "day": lambda r: r.choice(words.DAYS)[0],
              "month": lambda r: r.choice(words.MONTHS)[0]}
    for us, british in FAVOURITES.items():
        both = f"({us}|{british})" if us != british else us
        yield (f"favourite {us}", [f"My (favorite|favourite) {both} is {{v}}."],
               [f"What is my (favorite|favourite) {both}?", f"Which {both} is my (favorite|favourite)?"],
               f"Your favorite {us} is {{v}}.", makers[us])
    for thing in KEPT:
        yield (f"{thing} place", [f"The {thing} is in the {{v}}.", f"I put the {thing} in the {{v}}.", f"I keep the {thing} in the {{v}}."],
               [f"Where is the {thing}?", f"Where did I put the {thing}?", f"Where do I keep the {thing}?"],
               f"The {thing} is in the {{v}}.", lambda r: r.choice(HOLDERS))
    yield ("password", ["The password is {v}.", "The secret word is {v}.", "Our password is {v}."],
           ["What is the password?", "What is the secret word?", "What was the password?"], "The password is {v}.",
           lambda r: r.choice(words.NOUNS) if r.random() < 0.6 else words.pseudo(r, r.choice([2, 3])))
    yield ("my name", ["My name is {v}.", "I am {v}.", "I am called {v}.", "Hi, I am {v}.", "Hello, my name is {v}."],
           ["What is my name?", "What am I called?", "Do you know my name?", "Who am I?", "Do you remember my name?"],
           "Your name is {v}.", words.name)
    yield ("my city", ["I live in {v}.", "I am from {v}.", "My home is in {v}."],
           ["Where do I live?", "In which city do I live?", "Where is my home?"], "You live in {v}.", words.city)
    yield ("my age", ["I am {v} years old.", "My age is {v}."], ["How old am I?", "What is my age?"],
           "You are {v} years old.", lambda r: str(r.randint(10, 99)))
    yield ("meeting room", ["The meeting is in room {v}.", "We meet in room {v}."],
           ["In which room is the meeting?", "Where is the meeting?", "Where do we meet?"], "The meeting is in room {v}.",
           lambda r: words.digits(r, 3))
    yield ("meeting day", ["The meeting is on {v}.", "We meet on {v}."],
           ["When is the meeting?", "On which day is the meeting?", "On which day do we meet?"], "The meeting is on {v}.",
           lambda r: r.choice(words.DAYS)[0])


ATTRIBUTES = list(_attributes())
LEAD = "(||||Please remember: |Remember this: |By the way, |Note: |Here is a fact: |Please note: )"
TAIL = "(||||| Please remember that.| Remember that.| Do not forget it.| Keep that in mind.)"
ACK = "Okay, I will remember that."
ASK = "(|||||Do you remember? |Now tell me: |Tell me, |Please tell me: |One question: )"
NOTES = ["The {a} stood near the {b}.", "A {a} was found behind the {b}.", "Nobody saw the {a} in the {b}.",
         "{n} painted a {a} and a {b}.", "{n} carried the {a} to the {b}.", "The {a} and the {b} were sold to {n}.",
         "In {c} there is a {a} beside a {b}.", "{n} and {m} walked from {c} with a {a}.", "It rained on the {a} all day.",
         "Every {a} needs a {b}.", "{n} told {m} about the {a}.", "The old {a} belongs to {n} from {c}."]


def fact(rng, split, used):
    """An attribute not yet used in this conversation, with a value of the split."""
    def some(r):
        while True:
            attribute = r.choice(ATTRIBUTES) if r.random() < 0.85 else r.choice(ATTRIBUTES[-6:])
            if attribute[0] not in used:
                break
        value = attribute[4](r)
        return f"{attribute[0]}={value}", (attribute, value)

    key, (attribute, value) = draw(rng, split, "recall", some)
    used.add(attribute[0])
    return key, attribute, value


def statement(rng, attribute, value):
    # Expand before the value goes in, so that a value can never be read as a pattern.
    return expand(rng, rng.choice(attribute[1])).replace("{v}", value)


def state(rng, attribute, value):
    text = statement(rng, attribute, value)
    lead = expand(rng, LEAD + "x")[:-1]
    return [user(lead + text + expand(rng, "x" + TAIL)[1:]), assistant(ACK)]


def question(rng, attribute, value):
    lead = expand(rng, ASK + "x")[:-1]
    return [user(lead + expand(rng, rng.choice(attribute[2]))), assistant(attribute[3].replace("{v}", value))]


def notes(rng, sentences):
    """A pasted text that only fills the context."""
    lines = []
    for _ in range(sentences):
        a, b = rng.sample(words.NOUNS, 2)
        n, m = rng.sample(words.NAMES, 2)
        lines.append(rng.choice(NOTES).format(a=a, b=b, n=n, m=m, c=rng.choice(words.CITIES)))
    return [user(rng.choice(["Here are some notes. ", "A text for later: ", "Read this: ", "Notes: "]) + " ".join(lines)),
            assistant("Thank you, I have read it.")]


def make(rng, split, filler, target_chars=0):
    """Facts first, fillers until about target_chars characters have passed, then the questions.

    filler(rng) gives the turns of another training task. In training several facts are asked for at several places,
    so that one long conversation teaches many look-ups; held out, exactly one question ends the conversation.
    """
    used = set()
    key, attribute, value = fact(rng, split, used)
    facts = [(attribute, value)]
    for _ in range(rng.choice([0, 0, 1, 2, 3, 4])):
        facts.append(fact(rng, TRAIN, used)[1:])
    early = facts[:]
    rng.shuffle(early)
    turns, system = [], None
    if rng.random() < 0.12:
        picked = early.pop()
        system = "You are a helpful assistant. The user said: " + statement(rng, *picked)
    elif rng.random() < 0.2 and len(early) > 1:
        text = " ".join(statement(rng, *f) for f in early)
        turns += [user(text), assistant(ACK)]
        early = []
    for i, one in enumerate(early):
        turns += state(rng, *one)
        if i and rng.random() < 0.3:
            turns += filler(rng)
    size = sum(len(t["content"]) for t in turns)
    while size < target_chars:
        more = notes(rng, rng.randint(3, 14)) if rng.random() < 0.35 else filler(rng)
        if split == TRAIN and rng.random() < 0.15:
            more = more + question(rng, *rng.choice(facts))
        size += sum(len(t["content"]) for t in more)
        turns += more
    if split == TRAIN:
        rng.shuffle(facts)
        for one in facts[: rng.randint(1, len(facts))]:
            turns += question(rng, *one)
    else:
        turns += question(rng, attribute, value)
    family = "recall" if target_chars < 3000 else "recall.long"
    return Task(family, key, turns, system=system, check={"kind": "contains", "text": value})
