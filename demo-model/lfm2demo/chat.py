"""The chat frame in plain Python: same text as chat_template.jinja, cut into pieces that are learnt or only read."""

import json

from .tools import call_text

BOS, START, END = "<|startoftext|>", "<|im_start|>", "<|im_end|>"


def system_text(system, tools):
    text = system or ""
    if tools:
        text += ("\n" if text else "") + "List of tools: [" + ", ".join(json.dumps(t, ensure_ascii=False) for t in tools) + "]"
    return text


def message_text(message):
    content = message.get("content") or ""
    return (call_text(message["tool_calls"]) if message.get("tool_calls") else "") + content


def pieces(messages, tools=None):
    """[(text, learnt)]: what the assistant says, with its <|im_end|>, is learnt; the rest is context."""
    system = None
    if messages and messages[0]["role"] == "system":
        system, messages = messages[0]["content"], messages[1:]
    head = system_text(system, tools)
    text = BOS + (f"{START}system\n{head}{END}\n" if head else "")
    out = []
    for m in messages:
        text += f"{START}{m['role']}\n"
        if m["role"] == "assistant":
            out += [(text, False), (message_text(m) + END, True)]
            text = "\n"
        else:
            text += message_text(m) + END + "\n"
    return out + ([(text, False)] if text else [])


def prompt(messages, tools=None):
    """The text up to where the assistant must speak."""
    return "".join(p for p, _ in pieces(messages, tools)) + START + "assistant\n"
