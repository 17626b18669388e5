"""Tool tasks: choose the right function of the list, fill its arguments, put its result into a sentence.

Held out are (a) argument values under trained names and (b) whole function names never trained on.
"""

from .core import TRAIN, Task, assistant, draw, expand, split_of, user
from .smalltalk import FALLBACK
from .toolspecs import SPECS, result_text, schema


def _names(spec, split):
    """Function names of a spec that lie in the split; every spec keeps at least one trained name."""
    names = [f"{v}_{n}" for v in spec[0] for n in spec[1]]
    mine = [n for n in names if split_of("tools.name", n) == split]
    return mine or ([names[0]] if split == TRAIN else [])


NAMES = {split: [_names(s, split) for s in SPECS] for split in ("train", "heldout")}


def instance(rng, index, name_split):
    """One function under a name of the split: (name, parameter names, schema)."""
    spec = SPECS[index]
    name = rng.choice(NAMES[name_split][index])
    params = [rng.choice(p[0]) for p in spec[3]]
    return name, params, schema(name, spec, params)


def _arguments(rng, spec):
    while True:
        values = [p[2](rng) for p in spec[3]]
        if len({str(v) for v in values}) == len(values):
            return values


def call_message(calls):
    """An assistant turn with tool calls, in the form the OpenAI API uses for history."""
    return {"role": "assistant", "content": "",
            "tool_calls": [{"type": "function", "function": {"name": n, "arguments": dict(a)}} for n, a in calls]}


def _others(rng, index, count):
    """Distractors: other functions, never one that could serve the same request."""
    rest = [i for i in range(len(SPECS)) if i != index and SPECS[i][2][:10] != SPECS[index][2][:10]]
    return [instance(rng, i, TRAIN) for i in rng.sample(rest, count)]


def make(rng, split, new_names=False):
    """Request, call, result, answer. The check holds the call and the final sentence; heldout.py asks for either."""
    family = "tools.new" if new_names else "tools"
    usable = [i for i in range(len(SPECS)) if not new_names or NAMES["heldout"][i]]

    def some(r):
        index = r.choice(usable)
        name, params, spec_json = instance(r, index, "heldout" if new_names else "train")
        values = _arguments(r, SPECS[index])
        return f"{name} {values}", (index, name, params, spec_json, values)

    key, (index, name, params, spec_json, values) = draw(rng, split, family, some)
    spec = SPECS[index]
    tools = [spec_json] + [t[2] for t in _others(rng, index, rng.choice([0, 1, 2, 2, 3, 4]))]
    rng.shuffle(tools)
    pattern = expand(rng, rng.choice(spec[4]))
    question = pattern.format(*values)
    calls = [(name, list(zip(params, values)))]
    turns = [user(question)]
    # Two cities at once: the parallel form [f(..), f(..)].
    if split == TRAIN and len(spec[3]) == 1 and rng.random() < 0.06:
        more = _arguments(rng, spec)
        if more != values and "{0}" in pattern:
            turns = [user(pattern.replace("{0}", f"{values[0]} and {more[0]}"))]
            return Task(family, key, turns + [call_message(calls + [(name, list(zip(params, more)))])], tools=tools)
    result = spec[5](rng, values)
    turns += [call_message(calls), {"role": "tool", "content": result_text(result)},
              assistant(spec[6].format(*values, **result))]
    check = {"kind": "call", "name": name, "arguments": dict(zip(params, values)), "answer": turns[-1]["content"]}
    return Task(family, key, turns, tools=tools, check=check)


def unneeded(rng, split, other):
    """Tools are listed, but the request needs none, or none of them fits."""
    chosen = rng.sample(range(len(SPECS)), rng.randint(1, 3))
    tools = [instance(rng, i, TRAIN)[2] for i in chosen]
    if rng.random() < 0.5:
        task = other(rng)
        return Task("tools.none", task.key, task.turns, tools=tools, check=task.check)

    def some(r):
        index = r.choice([i for i in range(len(SPECS)) if i not in chosen])
        values = _arguments(r, SPECS[index])
        question = expand(r, r.choice(SPECS[index][4])).format(*values)
        return question.lower(), question

    key, question = draw(rng, split, "tools.none", some)
    return Task("tools.none", key, [user(question), assistant(FALLBACK)], tools=tools,
                check={"kind": "exact", "text": FALLBACK})


def literal(value):
    """Python literal as LFM2 writes arguments: strings in single quotes."""
    return f"'{value}'" if isinstance(value, str) else str(value)


def call_text(tool_calls):
    calls = (f"{c['function']['name']}({', '.join(f'{k}={literal(v)}' for k, v in c['function']['arguments'].items())})"
             for c in tool_calls)
    return f"<|tool_call_start|>[{', '.join(calls)}]<|tool_call_end|>"
