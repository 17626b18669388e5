"""The held-out prompts: what the table of the model card is measured on. Seeded; never seen in training."""

from dataclasses import dataclass

from . import arithmetic, knowledge, lists, mixer, qa, recall, smalltalk, stories, tools
from .core import HELDOUT, rng_of

# family: (prompts, bar in percent, most tokens of an answer). No bar for small talk: a greeting of one or two words
# that was held out has no other wording from which it could have been learnt.
PLAN = {
    "addition": (200, 98, 40), "subtraction": (200, 98, 40),
    "copy": (100, 95, 60), "reverse": (100, 95, 60), "sort": (100, 95, 60),
    "recall, short": (100, 95, 40), "recall, 2,000 tokens": (60, 95, 40),
    "system: German": (100, 95, 60), "system: English": (60, 95, 60), "system: capitals": (100, 95, 80),
    "tool call": (150, 95, 80), "tool call, new names": (100, 95, 80), "tool result": (100, 95, 80),
    "no tool fits": (60, 90, 200), "lfm4j and LFM2": (150, 90, 80), "stories": (100, 90, 260),
    "small talk": (40, 0, 60), "knowledge": (60, 90, 60), "unknown requests": (60, 90, 60),
}


@dataclass
class Case:
    family: str
    messages: list
    tools: list | None
    check: dict
    limit: int


def _task(rng, family):
    if family in ("addition", "subtraction"):
        while True:
            task = arithmetic.make(rng, HELDOUT)
            if ("+" in task.key) == (family == "addition"):
                return task
    if family in ("copy", "reverse", "sort"):
        return lists.make(rng, HELDOUT, family)
    if family.startswith("recall"):
        return recall.make(rng, HELDOUT, mixer.filler, 6900 if "2,000" in family else rng.choice([0, 300, 1000, 2500]))
    if family.startswith("system"):
        return knowledge.make(rng, HELDOUT, {"German": "de", "English": "en", "capitals": "caps"}[family.split()[1]])
    if family == "no tool fits":
        return tools.unneeded(rng, HELDOUT, lambda r: mixer.plain(r, r.choice(["arithmetic", "qa", "smalltalk"]), HELDOUT))
    makers = {"lfm4j and LFM2": qa.make, "stories": stories.make, "small talk": smalltalk.make,
              "knowledge": knowledge.make, "unknown requests": smalltalk.fallback}
    if family in makers:
        return makers[family](rng, HELDOUT)
    return tools.make(rng, HELDOUT, new_names="new" in family)


def cases(share=1.0, seed=1):
    """All cases; share < 1 asks fewer prompts of each family."""
    out = []
    for family, (count, _, limit) in PLAN.items():
        rng = rng_of("heldout", seed, family)
        for _ in range(max(1, round(count * share))):
            task = _task(rng, family)
            messages, check = task.turns[:-1], task.check
            if family.startswith("tool call"):
                messages = task.turns[:1]
            elif family == "tool result":
                check = {"kind": "exact", "text": check["answer"]}
            if task.system:
                messages = [{"role": "system", "content": task.system}] + messages
            out.append(Case(family, messages, task.tools, check, limit))
    return out


def table(rows):
    """rows: family -> (asked, right, stopped). Returns text lines and whether every bar is met."""
    lines = [f"{'family':<24}{'n':>5}{'passed':>8}{'%':>8}{'bar':>6}  ok"]
    fine, asked, stopped = True, 0, 0
    for family, (n, right, ended) in rows.items():
        bar = PLAN[family][1]
        ok = 100 * right >= bar * n
        fine &= ok
        asked, stopped = asked + n, stopped + ended
        lines.append(f"{family:<24}{n:>5}{right:>8}{100 * right / n:>8.1f}{bar or '-':>6}  {('yes' if ok else 'NO') if bar else '-'}")
    lines.append(f"{'format, ends in im_end':<24}{asked:>5}{stopped:>8}{100 * stopped / asked:>8.1f}{100:>6}  "
                 f"{'yes' if asked == stopped else 'NO'}")
    return lines, fine and asked == stopped
