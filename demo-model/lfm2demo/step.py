"""One training step, captured as a CUDA graph: a thousand small kernels cost one launch."""

import torch

SEQUENCES, LONGEST = 2048, 4000


class Step:
    """Owns the input buffers. `run` copies a row in and trains on it; statistics gather in sums and counts."""

    def __init__(self, packed, optimizer, families, tokens, device):
        self.packed, self.optimizer, self.device = packed, optimizer, device
        long = dict(dtype=torch.long, device=device)
        self.ids, self.positions = torch.zeros(tokens, **long), torch.zeros(tokens, **long)
        self.targets, self.owner = torch.zeros(tokens, **long), torch.zeros(tokens, **long)
        self.weights, self.says = torch.zeros(tokens, device=device), torch.zeros(tokens, device=device)
        self.starts = torch.full((SEQUENCES + 1,), tokens, dtype=torch.int32, device=device)
        self.rate = torch.zeros((), device=device)
        self.sums, self.counts = torch.zeros(families, device=device), torch.zeros(families, device=device)
        self.loss = self.loads = None
        self.graph, self.warm, self.turn = None, 0, 0
        # Pinned staging buffers, used in turn, so that the host can run a few steps ahead.
        self.slots = [self._slot(tokens) for _ in range(4)] if device.type == "cuda" else []

    def load(self, row):
        """Host memory is copied once, as it came from the worker; everything else happens on the device."""
        if self.device.type == "cuda":
            slot = self.slots[self.turn % len(self.slots)]
            self.turn += 1
            slot["free"].synchronize()
            moved = []
            for i, array in enumerate(row):
                part = slot[i][: len(array)]
                part.numpy()[:] = array
                moved.append(part.to(self.device, non_blocking=True))
            slot["free"].record()
        else:
            moved = [torch.from_numpy(t) for t in row]
        ids, positions, learnt, owner, starts = moved
        says = learnt.roll(-1).float()
        # A position predicts its successor: learnt if the successor is the assistant's, never across conversations.
        inside = (positions.roll(-1) > 0).float()
        self.ids.copy_(ids)
        self.positions.copy_(positions)
        self.targets.copy_(ids.roll(-1))
        self.owner.copy_(owner)
        self.weights.copy_((says + 0.01 * (1 - says)) * inside)
        self.says.copy_(says * inside)
        self.starts.fill_(len(ids))
        self.starts[: min(len(starts), SEQUENCES)].copy_(starts[:SEQUENCES])

    def _slot(self, tokens):
        kinds = [(tokens, torch.int32), (tokens, torch.int32), (tokens, torch.uint8), (tokens, torch.uint8), (tokens, torch.int32)]
        slot = {i: torch.empty(n, dtype=kind).pin_memory() for i, (n, kind) in enumerate(kinds)}
        slot["free"] = torch.cuda.Event()
        return slot

    def _train(self):
        self.loss, each, self.loads = self.packed.loss(self.ids, self.positions, self.starts, LONGEST, self.targets, self.weights)
        self.loss.backward()
        torch.nn.utils.clip_grad_norm_(self.optimizer.parameters, 1.0, foreach=True)
        self.optimizer.step()
        self.packed.balance(self.loads, self.rate)
        self.sums.index_add_(0, self.owner, each * self.says)
        self.counts.index_add_(0, self.owner, self.says)

    def run(self, row, lr, rate):
        self.load(row)
        self.optimizer.lr.fill_(lr)
        self.rate.fill_(rate)
        if self.graph is not None:
            self.graph.replay()
            return
        self.optimizer.forget()
        if self.device.type != "cuda":
            self._train()
        elif self.warm < 3:  # compile and create optimizer state before the capture
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                self._train()
            torch.cuda.current_stream().wait_stream(side)
            self.warm += 1
        else:
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self._train()
            self.graph.replay()

    def statistics(self):
        """Mean loss of what the assistant says per family since the last call."""
        out = (self.sums / self.counts.clamp(min=1)).tolist()
        self.sums.zero_()
        self.counts.zero_()
        return out
