"""Copy, reverse and sort short word lists. The held-out key is the kind with the list, whatever the wording."""

from . import words
from .core import TRAIN, Task, assistant, draw, expand, user

ASK = {
    "copy": [
        "(Repeat|Please repeat|Copy|Please copy|Say|Write down|Write out) (these words|this list|the words|the following words): {w}",
        "(Repeat|Repeat this|Repeat after me|Copy|Copy this|Say this|Echo): {w}", "(Can you|Could you) repeat: {w}",
        "(Give me back|Return) (these words|this list) (unchanged|as it is|in the same order): {w}",
    ],
    "reverse": [
        "(Reverse|Please reverse|Invert|Turn around) (these words|this list|the words|the list|the order of these words): {w}",
        "(Reverse|Backwards|In reverse|Reverse the list): {w}", "(Say|Write|Give me|List) (these words|this list) (backwards|in reverse order|in reverse): {w}",
        "(Can you|Could you) (reverse|turn around) (this list|these words|this): {w}",
    ],
    "sort": [
        "(Sort|Please sort|Order|Arrange) (these words|this list|the words|the list): {w}",
        "(Sort|Sort alphabetically|Alphabetical order|Sort this|Sort from A to Z): {w}",
        "(Sort|Please sort|Put|Arrange|Bring|Order) (these words|this list|the words) (in alphabetical order|alphabetically|from A to Z): {w}",
        "(Can you|Could you) sort (this list|these words|this)( alphabetically|): {w}",
    ],
}
ANSWER = {"copy": "Here you are: {w}", "reverse": "Reversed: {w}", "sort": "Sorted: {w}"}


def result(kind, items):
    return {"copy": list(items), "reverse": items[::-1], "sort": sorted(items)}[kind]


def make(rng, split, kind=None):
    kind = kind or rng.choice(["copy", "reverse", "sort"])

    def some(r):
        top = 8 if split == TRAIN else 6
        low = 2 if split == TRAIN else 3
        items = r.sample(words.NOUNS, r.randint(low, top))
        if kind != "sort" and split == TRAIN and r.random() < 0.15:
            items = [words.pseudo(r) if r.random() < 0.5 else w for w in items]
        if kind != "sort" and split == TRAIN and r.random() < 0.08:
            items = [r.choice([words.name, words.city])(r) if r.random() < 0.6 else w for w in items]
        return f"{kind} {' '.join(items)}", items

    family = f"lists.{kind}"
    key, items = draw(rng, split, family, some)
    joiner = ", " if split != TRAIN else rng.choices([", ", " ", "\n", ","], [12, 3, 1, 1])[0]
    text = joiner.join(items)
    if joiner == "\n":
        text = "\n" + text
    elif rng.random() < 0.15 and joiner == ", " and len(items) > 2:
        text = ", ".join(items[:-1]) + " and " + items[-1]
    pattern = rng.choice(ASK[kind])
    question = expand(rng, pattern).format(w=text)
    if rng.random() < 0.3:
        question += "."
    elif rng.random() < 0.12 and "\n" not in text:
        question = f"{question.split(':')[-1].strip()} - {expand(rng, '(sort|order)' if kind == 'sort' else '(reverse|turn around)' if kind == 'reverse' else '(repeat|copy)')} (this|these words)".replace(
            "(this|these words)", rng.choice(["this", "these words", "this list"]))
    expected = result(kind, items)
    answer = ANSWER[kind].format(w=", ".join(expected)) + "."
    return Task(family, key, [user(question), assistant(answer)], check={"kind": "list", "items": expected})
