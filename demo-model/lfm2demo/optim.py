"""Muon for matrices (experts, projections), AdamW for embeddings, norms, filters and the router."""

import torch


@torch.no_grad()
def orthogonal(g, steps=5):
    """Newton-Schulz iteration on a stack of matrices: pushes all singular values towards one."""
    x = g.bfloat16() if g.is_cuda else g
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).to(g.dtype)


def blocks(name, p):
    """The stack of matrices a parameter really is: experts apart, w1 and w3 apart, B, C and x apart."""
    if name.endswith("gate_up_proj"):
        return (p.shape[0] * 2, p.shape[1] // 2, p.shape[2])
    if name.endswith("conv.in_proj.weight"):
        return (3, p.shape[0] // 3, p.shape[1])
    if p.dim() == 3:
        return tuple(p.shape)
    return (1, *p.shape)


class Muon:
    """Matrices of one shape are stacked over all layers, so a step is a few dozen large kernels."""

    def __init__(self, named, momentum=0.95, decay=0.02):
        self.momentum, self.decay = momentum, decay
        self.groups = {}
        for name, p in named:
            self.groups.setdefault(blocks(name, p)[1:], []).append((p, blocks(name, p)))
        self.state = {shape: None for shape in self.groups}

    @torch.no_grad()
    def step(self, lr):
        for shape, members in self.groups.items():
            g = torch.cat([p.grad.reshape(b) for p, b in members])
            if self.state[shape] is None:
                self.state[shape] = torch.zeros_like(g)
            m = self.state[shape].lerp_(g, 1 - self.momentum)
            update = orthogonal(g.lerp(m, self.momentum)) * (lr * (0.2 * max(shape) ** 0.5))
            parts = update.split([b[0] for _, b in members])
            ps = [p for p, _ in members]
            torch._foreach_mul_(ps, 1 - lr * self.decay)
            torch._foreach_sub_(ps, [u.reshape(p.shape) for u, p in zip(parts, ps)])


class Optimizer:
    """lr is a tensor on the model's device, so that a captured step reads the current value."""

    def __init__(self, model, kind):
        cuda = next(model.parameters()).is_cuda
        self.lr = torch.zeros((), device=next(model.parameters()).device)
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        matrix = [(n, p) for n, p in named if p.dim() >= 2 and "embed_tokens" not in n and "lm_head" not in n
                  and "gate.weight" not in n and "conv.conv" not in n] if kind == "muon" else []
        ids = {id(p) for _, p in matrix}
        rest = [p for _, p in named if id(p) not in ids]
        self.muon = Muon(matrix) if matrix else None
        self.adam = torch.optim.AdamW([{"params": [p for p in rest if p.dim() > 1], "weight_decay": 0.02},
                                       {"params": [p for p in rest if p.dim() <= 1], "weight_decay": 0.0}],
                                      lr=self.lr, betas=(0.9, 0.98), eps=1e-10, fused=cuda, capturable=cuda)
        self.parameters = [p for _, p in named]

    def step(self):
        self.adam.step()
        if self.muon:
            self.muon.step(self.lr)

    def forget(self):
        for p in self.parameters:
            p.grad = None
