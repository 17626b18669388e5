"""Did the model answer right? One function a kind of check; stdlib only, shared by both ways of evaluating."""

import ast
import re


def parse_calls(text):
    """[(name, {argument: value})] from LFM2's pythonic form, with or without its markers; None if it is not one."""
    match = re.search(r"(?:<\|tool_call_start\|>)?\s*(\[.*\])\s*(?:<\|tool_call_end\|>)?\s*$", text.strip(), re.S)
    if not match:
        return None
    try:
        tree = ast.parse(match.group(1), mode="eval").body
        return [(c.func.id, {k.arg: ast.literal_eval(k.value) for k in c.keywords}) for c in tree.elts]
    except (SyntaxError, ValueError, AttributeError):
        return None


def number(check, text):
    found = re.findall(r"-?\d+", text)
    return bool(found) and int(found[-1]) == check["value"]


def words_in_order(check, text):
    listed = text.split(":")[-1].strip().rstrip(".")
    return [w.strip() for w in listed.split(",")] == check["items"]


def exact(check, text):
    return text.strip() == check["text"]


def contains(check, text):
    return re.search(rf"(?<!\w){re.escape(check['text'])}(?!\w)", text) is not None


def call(check, text):
    return parse_calls(text) == [(check["name"], check["arguments"])]


def story(check, text):
    """Coherent: the hero keeps its name, the thing found is used, wishes are met, nothing is said twice."""
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s.strip()]
    hero = re.search(rf"{check['subject']} named ([^ ]+) who lived (.+?)\.", text)
    thing = re.search(r"found an? (\w+) ", text)
    if not hero or not thing or not 8 <= len(sentences) <= 14 or len(set(sentences)) < len(sentences):
        return False
    wishes = [check["name"] in (None, hero.group(1)), check["place"] in (None, hero.group(2)),
              check["thing"] in (None, thing.group(1))]
    helper = re.search(r'asked an? (\w+)\.', text)
    return (all(wishes) and text.count(hero.group(1)) >= 5 and text.count(thing.group(1)) >= 2
            and text.count(check["subject"]) >= 2 and helper is not None and text.count(helper.group(1)) >= 3
            and text.strip().endswith("The end."))


KINDS = {"number": number, "list": words_in_order, "exact": exact, "contains": contains, "call": call, "story": story}


def passes(check, text):
    return KINDS[check["kind"]](check, text)
