"""Tests of the generator and the shipped files; standard library only.  python3 -m unittest test_demo"""

import http.server
import importlib.machinery
import importlib.util
import json
import os
import struct
import threading
import unittest

from lfm2demo import chat, checks, core, heldout, mixer, tokenizer

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lfm2-demo")


class GeneratorTest(unittest.TestCase):
    def test_same_seed_same_conversations(self):
        for family in mixer.WEIGHTS:
            one = mixer.conversation(core.rng_of("t", family), family)
            self.assertEqual(one, mixer.conversation(core.rng_of("t", family), family))

    def test_every_key_lies_on_one_side(self):
        """Training makers only ever yield train keys, held-out makers only held-out keys."""
        rng = core.rng_of("sides")
        for family in mixer.PLAIN:
            for split in (core.TRAIN, core.HELDOUT):
                for _ in range(150):
                    task = mixer.plain(rng, family, split)
                    if task.check:
                        self.assertEqual(core.split_of(task.family, task.key), split, task)

    def test_heldout_requests_never_occur_in_training(self):
        """The words of a request with its context, compared in normal form against 30,000 training requests."""
        def request(messages, at):
            context = " ".join(m["content"] for m in messages[:at] if m["role"] == "system")
            return core.normalise(context + " " + messages[at]["content"])

        asked = set()
        for case in heldout.cases():
            if case.family in ("addition", "subtraction", "copy", "reverse", "sort", "system: German", "system: English",
                               "system: capitals", "lfm4j and LFM2", "stories", "small talk", "knowledge", "unknown requests"):
                asked.add(request(case.messages, len(case.messages) - 1))
        rng = core.rng_of("training side")
        for family in mixer.WEIGHTS:
            for _ in range(2000 if family != "recall.long" else 100):
                messages, tools = mixer.conversation(rng, family)
                if tools:
                    continue
                for i, m in enumerate(messages):
                    # Inside a conversation about facts the same words can be a question about other facts.
                    if m["role"] == "user" and not family.startswith("recall"):
                        self.assertFalse(request(messages, i) in asked, (family, messages[i]))

    def test_heldout_answers_pass_their_own_checks(self):
        for family in mixer.PLAIN:
            rng = core.rng_of("own", family)
            for _ in range(100):
                task = mixer.plain(rng, family, core.HELDOUT)
                self.assertTrue(checks.passes(task.check, task.turns[-1]["content"]), task)

    def test_frame(self):
        text = chat.prompt([core.user("Hi"), core.assistant("Hello!"), core.user("Bye")])
        self.assertEqual(text, "<|startoftext|><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n"
                               "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n")

    def test_calls_are_read_back(self):
        calls = [{"function": {"name": "f", "arguments": {"a": "x", "n": 3}}}]
        message = {"role": "assistant", "content": "", "tool_calls": calls}
        self.assertEqual(chat.message_text(message), "<|tool_call_start|>[f(a='x', n=3)]<|tool_call_end|>")
        self.assertEqual(checks.parse_calls(chat.message_text(message)), [("f", {"a": "x", "n": 3})])
        self.assertEqual(checks.parse_calls("[f(a='x', n=3)]"), [("f", {"a": "x", "n": 3})])
        self.assertIsNone(checks.parse_calls("no call"))


class EvaluateTest(unittest.TestCase):
    """`evaluate` against a server that knows every answer: the requests are well formed and the checks read replies."""

    def test_table_of_a_perfect_server(self):
        loader = importlib.machinery.SourceFileLoader("evaluate", os.path.join(os.path.dirname(HERE), "evaluate"))
        evaluate = importlib.util.module_from_spec(importlib.util.spec_from_loader("evaluate", loader))
        loader.exec_module(evaluate)
        cases = [c for c in heldout.cases(0.02) if c.family != "stories"]
        answers = {json.dumps(evaluate.wire(c.messages)): c.check for c in cases}

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.reply({"data": [{"id": "perfect"}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                check = answers[json.dumps(body["messages"])]
                message = {"role": "assistant"}
                if check["kind"] == "call":
                    call = {"name": check["name"], "arguments": json.dumps(check["arguments"])}
                    message["tool_calls"] = [{"id": "x", "type": "function", "function": call}]
                else:
                    message["content"] = str(check.get("text") or check.get("value", ", ".join(check.get("items", []))))
                self.reply({"choices": [{"message": message, "finish_reason": "stop"}]})

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            self.assertTrue(evaluate.ready(url, 10))
            rows, wrong = evaluate.ask_server(url, cases, 2, 30)
            server.shutdown()
        self.assertEqual(wrong, [])
        self.assertTrue(heldout.table(rows)[1])


class FilesTest(unittest.TestCase):
    def test_sixteen_megabytes(self):
        self.assertLess(sum(os.path.getsize(os.path.join(HERE, f)) for f in os.listdir(HERE)), 16_000_000)

    def test_tokenizer(self):
        with open(os.path.join(HERE, "tokenizer.json"), encoding="utf-8") as f:
            data = json.load(f)
        self.assertEqual([(t["id"], t["content"]) for t in data["added_tokens"]], list(enumerate(tokenizer.SPECIALS)))
        self.assertEqual(sorted(data["model"]["vocab"].values()), list(range(tokenizer.VOCAB)))
        self.assertEqual(data["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"], tokenizer.PATTERN)
        self.assertFalse([t for t in data["model"]["vocab"] if len(t) > 1 and any(c.isdigit() for c in t)])

    def test_published_layout(self):
        with open(os.path.join(HERE, "model.safetensors.index.json"), encoding="utf-8") as f:
            index = json.load(f)
        total, seen = 0, {}
        for file in sorted(set(index["weight_map"].values())):
            with open(os.path.join(HERE, file), "rb") as f:
                header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
            header.pop("__metadata__", None)
            for name, entry in header.items():
                self.assertEqual(index["weight_map"][name], file)
                self.assertEqual(entry["dtype"], "F32" if name.endswith("expert_bias") else "BF16", name)
                total += entry["data_offsets"][1] - entry["data_offsets"][0]
            seen.update(header)
        self.assertEqual(len(set(index["weight_map"].values())), 2)
        self.assertEqual(total, index["metadata"]["total_size"])
        self.assertEqual(seen["model.layers.2.feed_forward.experts.15.w2.weight"]["shape"], [256, 32])
        self.assertEqual(seen["model.layers.0.conv.conv.weight"]["shape"], [256, 1, 3])
        self.assertNotIn("lm_head.weight", seen)

    @unittest.skipUnless(importlib.util.find_spec("jinja2"), "jinja2 is not installed")
    def test_template_agrees_with_the_generator(self):
        import jinja2

        environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        environment.filters["tojson"] = lambda v: json.dumps(v, ensure_ascii=False)
        with open(os.path.join(HERE, "chat_template.jinja"), encoding="utf-8") as f:
            template = environment.from_string(f.read())
        for case in heldout.cases(0.05):
            out = template.render(messages=case.messages, tools=case.tools, add_generation_prompt=True, bos_token="<|startoftext|>")
            self.assertEqual(out, chat.prompt(case.messages, case.tools))
        parts = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                 {"role": "assistant", "content": None}]
        out = template.render(messages=parts, bos_token="")
        self.assertEqual(out, "<|im_start|>user\nab<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n")


if __name__ == "__main__":
    unittest.main()
