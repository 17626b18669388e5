"""Renders the published chat templates, and small ones, with Python's jinja2 set up as transformers does.

Needs jinja2 only. Run from the repository root:
    python tools/golden/templates.py
It rewrites engine/src/test/resources/chat-templates/golden.json. A rendering that fails is written as null.
"""

import json
from datetime import datetime
from pathlib import Path

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from conversations import conversations
from snippets import snippets

DEMO = Path("demo-model/lfm2-demo/chat_template.jinja")
FOLDER = Path("engine/src/test/resources/chat-templates")
NOW = datetime(2026, 1, 2, 15, 4, 5)
SPECIAL = {"bos_token": "<|startoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>"}


class Generation(Extension):
    """The tag around what the assistant said; it opens a scope and prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_print"), [], [], body).set_lineno(line)

    def _print(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(env, source, variables):
    try:
        return env.from_string(source).render(**variables)
    except Exception:
        return None


def main():
    env = environment()
    templates = {p.stem: p.read_text("utf-8") for p in sorted(FOLDER.glob("*.jinja"))}
    if DEMO.exists():
        templates["demo"] = DEMO.read_text("utf-8")
    cases = []
    for conversation in conversations():
        variables = {
            "messages": conversation["messages"],
            "tools": conversation.get("tools") or None,
            "documents": None,
            "add_generation_prompt": conversation.get("add_generation_prompt", True),
            **SPECIAL,
            **conversation.get("arguments", {}),
        }
        # Through JSON and back, so that both languages start from the same values.
        variables = json.loads(json.dumps(variables))
        renderings = {name: render(env, source, variables) for name, source in templates.items()}
        cases.append({"conversation": conversation, "renderings": renderings})
    small = []
    for source, variables in snippets():
        small.append([source, variables, render(env, source, json.loads(json.dumps(variables)))])
    golden = {"conversations": cases, "snippets": small}
    text = json.dumps(golden, ensure_ascii=True, indent=None, separators=(",", ":"))
    (FOLDER / "golden.json").write_text(text.replace('},{"conv', '},\n{"conv') + "\n", "ascii")
    failed = sum(r is None for c in cases for r in c["renderings"].values())
    print(f"{len(cases)} conversations x {len(templates)} templates, {failed} fail; ", end="")
    print(f"{len(small)} snippets, {sum(s[2] is None for s in small)} fail")


if __name__ == "__main__":
    main()
