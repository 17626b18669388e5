"""Addition and subtraction of numbers below 100 (and some below 1000), small products, word problems.

The held-out key is the operand pair with its sign, whatever the wording: "37+48".
"""

from . import words
from .core import TRAIN, Task, assistant, draw, expand, user

ADD = [
    "(What is|What's|How much is|Calculate|Compute|What does|Solve|Tell me) {a} + {b}?",
    "(What is|What's|How much is|What do you get for|Can you tell me|Please calculate) {a} plus {b}?",
    "(What is|How much is) {a} and {b}( together|)?", "{a} + {b}", "{a}+{b}", "{a} + {b} =", "{a}+{b}=", "{a} plus {b}",
    "(Add|Please add|Can you add|Sum up) {a} and {b}.", "(What is|Compute|Give me) the sum of {a} and {b}(?|.)",
    "(Please calculate|Calculate|Work out|Compute|Solve|Solve this:|Calculate:) {a} + {b}.", "What is {a}+{b}?",
    "(I need|I want to know|I would like to know) {a} + {b}.", "If I add {b} to {a}, what do I get?",
    "What is the result of {a} + {b}?", "Hey, (what is|how much is) {a} + {b}?", "{a} + {b} = ?",
    "(Quick question:|Please help me:|A question:) what is {a} plus {b}?", "Do you know what {a} + {b} is?",
]
SUB = [
    "(What is|What's|How much is|Calculate|Compute|What does|Solve|Tell me) {a} - {b}?",
    "(What is|What's|How much is|What do you get for|Can you tell me|Please calculate) {a} minus {b}?",
    "{a} - {b}", "{a}-{b}", "{a} - {b} =", "{a}-{b}=", "{a} minus {b}", "What is {a}-{b}?",
    "(Subtract|Please subtract|Can you subtract|Take|Take away) {b} from {a}.", "{a} - {b} = ?",
    "(What is|Compute|Give me) the difference (between|of) {a} and {b}(?|.)",
    "(Please calculate|Calculate|Work out|Compute|Solve|Solve this:|Calculate:) {a} - {b}.",
    "(I need|I want to know|I would like to know) {a} - {b}.", "What is {a} less {b}?",
    "What is the result of {a} - {b}?", "Hey, (what is|how much is) {a} - {b}?",
    "(Quick question:|Please help me:|A question:) what is {a} minus {b}?", "Do you know what {a} - {b} is?",
]
MUL = ["(What is|How much is|Calculate|Compute) {a} (times|*|x) {b}?", "{a} * {b}", "Multiply {a} and {b}.",
       "{a} times {b}"]
ADD_DE = ["(Was ist|Was ergibt|Wie viel ist|Berechne) {a} + {b}?", "(Was ist|Wie viel ist) {a} plus {b}?",
          "Rechne {a} + {b}.", "Addiere {a} und {b}.", "Was ist die Summe von {a} und {b}?"]
SUB_DE = ["(Was ist|Was ergibt|Wie viel ist|Berechne) {a} - {b}?", "(Was ist|Wie viel ist) {a} minus {b}?",
          "Rechne {a} - {b}.", "Ziehe {b} von {a} ab.", "Was ist die Differenz von {a} und {b}?"]

THINGS = ["apples", "books", "coins", "stones", "eggs", "pears", "cards", "stamps", "marbles", "pencils", "shells"]
WORD_ADD = [
    "{n} has {a} {t} and (gets|finds|buys) {b} more. How many {t} does {n} have( now|)?",
    "There are {a} {t} in a box. {n} puts {b} more {t} into it. How many {t} are in the box?",
    "{n} has {a} {t}. {m} has {b} {t}. How many {t} do they have together?",
]
WORD_SUB = [
    "{n} has {a} {t} and (loses|sells|eats|gives away) {b}( of them|). How many {t} (does {n} have|are) left?",
    "There are {a} {t} in a box. {n} takes {b} out. How many {t} are left?",
]

BIG = ["What is {a} + {b}?", "{a} * {b}", "How much is {a} minus {b}?", "Calculate {a} times {b}.", "{a} + {b}",
       "What is {a} / {b}?", "Multiply {a} by {b}.", "{a} divided by {b}", "What is the square root of {a}?"]
TOO_BIG = "That is too hard for me. I only learned to add and subtract numbers below 1000."
TOO_BIG_DE = "Das ist mir zu schwer. Ich kann nur Zahlen unter 1000 addieren und subtrahieren."


def _pair(rng, wide):
    """Operands and sign. Two digits mostly; wide also gives one and three digits."""
    if wide and rng.random() < 0.35:
        low, high = rng.choice([(0, 9), (0, 99), (100, 999), (0, 999)])
    else:
        low, high = 10, 99
    a, b, plus = rng.randint(low, high), rng.randint(low, high), rng.random() < 0.5
    if not plus and a < b and rng.random() < 0.8:
        a, b = b, a
    return a, b, plus


def solve(a, b, plus):
    return f"{a} + {b} = {a + b}." if plus else f"{a} - {b} = {a - b}."


def make(rng, split):
    wide = split == TRAIN
    dice = rng.random() if wide else 0.5
    if dice < 0.03:
        return _too_big(rng)
    if dice < 0.06:
        a, b = rng.randint(0, 12), rng.randint(0, 12)
        text = expand(rng, rng.choice(MUL)).format(a=a, b=b)
        return Task("arithmetic", f"{a}*{b}", [user(text), assistant(f"{a} * {b} = {a * b}.")])

    def pair(r):
        a, b, plus = _pair(r, wide)
        return f"{a}{'+' if plus else '-'}{b}", (a, b, plus)

    key, (a, b, plus) = draw(rng, split, "arithmetic", pair)
    check = {"kind": "number", "value": a + b if plus else a - b}
    if rng.random() < 0.1 and (plus or a >= b) and a > 1 and b > 1:
        n, m = rng.sample(words.NAMES, 2)
        t = rng.choice(THINGS)
        question = expand(rng, rng.choice(WORD_ADD if plus else WORD_SUB)).format(n=n, m=m, t=t, a=a, b=b)
        return Task("arithmetic", key, [user(question), assistant(solve(a, b, plus))], check=check)
    patterns = (ADD if plus else SUB) if rng.random() < 0.9 else (ADD_DE if plus else SUB_DE)
    question = expand(rng, rng.choice(patterns)).format(a=a, b=b)
    return Task("arithmetic", key, [user(question), assistant(solve(a, b, plus))], check=check)


def _too_big(rng):
    a = rng.choice([rng.randint(1000, 99999), rng.randint(100, 999)])
    b = rng.randint(1000, 99999) if a < 1000 else rng.choice([rng.randint(2, 999), rng.randint(1000, 99999)])
    text = rng.choice(BIG)
    if "{b}" not in text:
        a = max(a, 1000)
    return Task("arithmetic", f"big {a} {b}", [user(text.format(a=a, b=b)), assistant(TOO_BIG)])
