"""Worker processes that generate, tokenize and pack conversations into rows of a fixed number of tokens."""

import multiprocessing
import os

def families():
    from .mixer import WEIGHTS

    return list(WEIGHTS)


class Encoder:
    """Text to ids, with the mask of what the assistant says."""

    def __init__(self, path):
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(path)
        self.role = self.tokenizer.encode("assistant\n", add_special_tokens=False).ids
        assert len(self.role) == 2, "the role line must be two tokens"

    def conversation(self, messages, tools):
        from .chat import pieces

        ids, learnt = [], []
        for text, learn in pieces(messages, tools):
            part = self.tokenizer.encode(text, add_special_tokens=False).ids
            ids += part
            learnt += [learn] * len(part)
        return ids, learnt


def _pack(rng, encoder, weights, size, longest):
    """One row: (ids, positions, learnt, family of each token, starts). The last conversation is cut at the end."""
    from .mixer import conversation

    names = families()
    ids, positions, learnt, owner, starts = [], [], [], [], [0]
    while len(ids) < size:
        family = rng.choices(range(len(names)), weights)[0]
        some, mask = encoder.conversation(*conversation(rng, names[family]))
        if len(some) > longest:
            continue
        ids += some
        learnt += mask
        positions += range(len(some))
        owner += [family] * len(some)
        starts.append(min(len(ids), size))
    return ids[:size], positions[:size], learnt[:size], owner[:size], starts


def _work(path, seed, index, size, longest, shared, queue):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import numpy as np

    from .core import rng_of

    encoder = Encoder(path)
    rng = rng_of("train", seed, index)
    while True:
        ids, positions, learnt, owner, starts = _pack(rng, encoder, list(shared), size, longest)
        queue.put((np.array(ids, np.int32), np.array(positions, np.int32), np.array(learnt, np.uint8),
                   np.array(owner, np.uint8), np.array(starts, np.int32)))


class Stream:
    """Rows from the workers, taken in turn so that their order does not depend on timing."""

    def __init__(self, path, seed, workers, size, longest=4000):
        from .mixer import WEIGHTS

        context = multiprocessing.get_context("spawn")
        self.shared = context.Array("d", list(WEIGHTS.values()), lock=False)
        self.queues = [context.Queue(maxsize=6) for _ in range(workers)]
        self.turn = 0
        self.processes = [context.Process(target=_work, args=(path, seed, i, size, longest, self.shared, q), daemon=True)
                          for i, q in enumerate(self.queues)]
        for p in self.processes:
            p.start()

    def next(self):
        row = self.queues[self.turn % len(self.queues)].get()
        self.turn += 1
        return row

    def waiting(self):
        return sum(q.qsize() for q in self.queues)

    def close(self):
        for p in self.processes:
            p.terminate()
