"""Asks the held-out prompts through transformers, greedily and in batches."""

import time

import torch

from . import checks


def generate(model, prompts, limits, batch_tokens=160_000):
    """prompts: lists of ids. Returns lists of new ids, in the order given. Left-padded batches of similar length."""
    order = sorted(range(len(prompts)), key=lambda i: (limits[i] > 100, len(prompts[i])))
    answers = [None] * len(prompts)
    while order:
        batch = [order.pop()]
        width = len(prompts[batch[0]])
        while (order and (limits[order[-1]] > 100) == (limits[batch[0]] > 100) and len(batch) < 256
               and (len(batch) + 1) * max(width, len(prompts[order[-1]])) <= batch_tokens):
            batch.append(order.pop())
            width = max(width, len(prompts[batch[-1]]))
        ids = torch.zeros(len(batch), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, i in enumerate(batch):
            ids[row, width - len(prompts[i]):] = torch.tensor(prompts[i])
            mask[row, width - len(prompts[i]):] = 1
        out = model.generate(ids.to(model.device), attention_mask=mask.to(model.device), do_sample=False,
                             max_new_tokens=max(limits[i] for i in batch), pad_token_id=0, eos_token_id=7)
        for row, i in enumerate(batch):
            answers[i] = out[row, width:width + limits[i]].tolist()
    return answers


def ask(model, cases, encode, decode):
    """Rows of the table and a list of wrong answers. encode(case) gives ids; decode(ids) keeps special tokens."""
    began = time.time()
    with torch.inference_mode():
        answers = generate(model, [encode(c) for c in cases], [c.limit for c in cases])
    rows, wrong = {}, []
    for case, ids in zip(cases, answers):
        ended = 7 in ids
        text = decode(ids[: ids.index(7)] if ended else ids)
        good = ended and checks.passes(case.check, text)
        asked, right, stopped = rows.get(case.family, (0, 0, 0))
        rows[case.family] = (asked + 1, right + good, stopped + ended)
        if not good:
            wrong.append((case, text))
    return rows, wrong, time.time() - began


def from_directory(folder, device, dtype=torch.bfloat16):
    """The saved checkpoint as any user of transformers loads it: (model, encode, decode)."""
    from transformers import AutoTokenizer, Lfm2MoeForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = Lfm2MoeForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()

    def encode(case):
        text = tokenizer.apply_chat_template(case.messages, tools=case.tools, add_generation_prompt=True, tokenize=False)
        return tokenizer(text, add_special_tokens=False).input_ids

    return model, encode, lambda ids: tokenizer.decode(ids, skip_special_tokens=False)
