"""Builds tokenizer.json: byte-level BPE with the pre-tokenizer, decoder, post-processor and special ids of LFM2."""

import collections
import json

from . import chat, core, mixer, words

SPECIALS = ["<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|fim_pre|>", "<|fim_mid|>", "<|fim_suf|>", "<|im_start|>",
            "<|im_end|>", "<|tool_list_start|>", "<|tool_list_end|>", "<|tool_call_start|>", "<|tool_call_end|>",
            "<|tool_response_start|>", "<|tool_response_end|>"]
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
           r"|\s*[\r\n]+|\s+(?!\S)|\s+")
VOCAB = 4096


def _splitter():
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(PATTERN), behavior="isolated", invert=False)


def _corpus(conversations):
    """Distinct pieces with damped counts, so that rare words still become one token.

    Runs of digits are left out: no merge of digits is ever learnt, numbers stay digit by digit, and sums generalise.
    """
    split = _splitter()
    counts = collections.Counter()
    for family in mixer.WEIGHTS:
        rng = core.rng_of("tokenizer", family)
        for _ in range(conversations if family != "recall.long" else conversations // 10):
            messages, tools = mixer.conversation(rng, family)
            for text, _ in chat.pieces(messages, tools):
                for special in SPECIALS:
                    text = text.replace(special, "\n")
                counts.update(piece for piece, _ in split.pre_tokenize_str(text))
    for word in words.NOUNS + words.NAMES + words.CITIES:
        counts[" " + word] += 400
        counts[word] += 100
    for piece, count in sorted(counts.items()):
        if not any(c.isdigit() for c in piece) and count >= 4:
            yield from [piece] * max(1, round(count ** 0.5))


def build(path, conversations=3000):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [_splitter(), pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB, special_tokens=SPECIALS, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(_corpus(conversations), trainer)
    start = ("<|startoftext|>", 1)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(add_prefix_space=True, trim_offsets=False, use_regex=True),
        processors.TemplateProcessing(single="<|startoftext|> $A", pair="<|startoftext|> $A <|startoftext|> $B:1",
                                      special_tokens=[start])])
    data = json.loads(tokenizer.to_str())
    assert len(data["model"]["vocab"]) == VOCAB, len(data["model"]["vocab"])
    assert [t["content"] for t in data["added_tokens"]] == SPECIALS
    with open(path, "w", encoding="utf-8") as out:
        json.dump(data, out, ensure_ascii=False, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    import sys

    build(sys.argv[1])
