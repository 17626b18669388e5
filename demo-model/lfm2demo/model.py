"""The demo model: its configuration, and a packed forward pass over transformers' parameters for training.

transformers' own forward is made for padded batches. Training packs conversations of all lengths end to end into one
row of N tokens instead, so nothing is computed for padding:
  * convolution: shifted copies of u, masked where a shift would reach into the conversation before;
  * attention: PyTorch's varlen_attn over the conversation boundaries;
  * experts: all of them as one wide feed-forward whose columns are scaled by the routing weights. The experts are so
    small that this beats any grouping, and it is the same function.
Activations are rounded to `dtype` in the same places as transformers does, so the trained model is the served model.
"""

import torch
import torch.nn.functional as F

VOCAB, HIDDEN, LAYERS, ATTENTION = 4096, 256, 11, (2, 6, 10)


def config():
    from transformers import Lfm2MoeConfig

    return Lfm2MoeConfig(
        vocab_size=VOCAB, hidden_size=HIDDEN, intermediate_size=320, moe_intermediate_size=32, num_hidden_layers=LAYERS,
        num_attention_heads=4, num_key_value_heads=2, num_dense_layers=2, num_experts=16, num_experts_per_tok=4,
        max_position_embeddings=4096, conv_L_cache=3, conv_bias=False, norm_eps=1e-5, norm_topk_prob=True,
        use_expert_bias=True, routed_scaling_factor=1.0, tie_word_embeddings=True, pad_token_id=0, bos_token_id=1,
        eos_token_id=7, rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"},
        layer_types=["full_attention" if i in ATTENTION else "conv" for i in range(LAYERS)])


def build(seed):
    from transformers import Lfm2MoeForCausalLM

    torch.manual_seed(seed)
    model = Lfm2MoeForCausalLM(config())
    # Wider than the 0.02 of large models, and narrow where a layer writes to the residual stream.
    torch.nn.init.normal_(model.model.embed_tokens.weight, std=0.05)
    for name, p in model.named_parameters():
        if name.endswith(("out_proj.weight", "w2.weight")):
            torch.nn.init.normal_(p, std=0.2 * p.shape[-1] ** -0.5)
        elif name.endswith("down_proj"):
            torch.nn.init.normal_(p, std=0.2 * HIDDEN ** -0.5)
        elif name.endswith("conv.conv.weight"):
            torch.nn.init.normal_(p, std=3 ** -0.5)
        elif p.dim() > 1 and "embed_tokens" not in name and "lm_head" not in name:
            torch.nn.init.normal_(p, std=0.7 * HIDDEN ** -0.5)
    return model


def rms(x, weight, eps=1e-5):
    y = x.float()
    y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps)
    return weight.to(x.dtype) * y.to(x.dtype)


def linear(x, weight):
    return x @ weight.to(x.dtype).T


def dense(h, norm, w1, w2, w3):
    a = rms(h, norm)
    return h + linear(F.silu(linear(a, w1)) * linear(a, w3), w2)


def experts(h, norm, gate, bias, gate_up, down):
    """Returns h + MoE(norm(h)) and the number of tokens each expert was chosen for."""
    a = rms(h, norm)
    n, (count, width, _) = a.shape[0], gate_up.shape
    score = linear(a, gate).sigmoid()
    # Rank instead of topk: an expert is chosen if fewer than 4 others stand before it. Compiles to one fused kernel.
    order = score.detach().float() + bias
    mine, other, place = order[:, :, None], order[:, None, :], torch.arange(count, device=a.device)
    before = (other > mine) | ((other == mine) & (place[None, :] < place[:, None]))
    chosen = before.sum(-1) < 4
    weight = score * chosen
    spread = weight / (weight.sum(-1, keepdim=True) + 1e-6)
    load = chosen.float().sum(0)
    g, u = linear(a, gate_up.reshape(count * width, -1)).view(n, count, width).chunk(2, dim=-1)
    act = (F.silu(g) * u * spread[:, :, None]).reshape(n, -1)
    return h + act @ down.to(a.dtype).transpose(1, 2).reshape(act.shape[1], -1), load


def conv(h, norm, in_proj, kernel, out_proj, reach1, reach2):
    """reach1 and reach2 are 1 where the token one or two places back belongs to the same conversation."""
    b, c, x = linear(rms(h, norm), in_proj).chunk(3, dim=-1)
    u = (b * x).float()
    w = kernel.to(h.dtype).float()[:, 0]
    one = F.pad(u, (0, 0, 1, 0))[:-1] * reach1[:, None]
    two = F.pad(u, (0, 0, 2, 0))[:-2] * reach2[:, None]
    v = (w[:, 2] * u + w[:, 1] * one + w[:, 0] * two).to(h.dtype)
    return h + linear(c * v, out_proj)


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


def qkv(h, norm, wq, wk, wv, q_norm, k_norm, cos, sin):
    a = rms(h, norm)
    q = rotate(rms(linear(a, wq).view(a.shape[0], -1, 64), q_norm), cos, sin)
    k = rotate(rms(linear(a, wk).view(a.shape[0], -1, 64), k_norm), cos, sin)
    v = linear(a, wv).view(a.shape[0], -1, 64)
    groups = q.shape[1] // k.shape[1]
    return q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)


def attend(q, k, v, starts, longest):
    if q.is_cuda:
        from torch.nn.attention.varlen import varlen_attn

        return varlen_attn(q, k, v, starts, starts, longest, longest, window_size=(-1, 0))
    place = torch.arange(q.shape[0])
    owner = torch.searchsorted(starts[1:].long(), place, right=True)
    mask = (owner[:, None] == owner[None]) & (place[:, None] >= place[None])
    return F.scaled_dot_product_attention(*(t.transpose(0, 1) for t in (q, k, v)), attn_mask=mask).transpose(0, 1)


def conv_dense(h, c, f):
    return dense(conv(h, *c), *f)


def conv_experts(h, c, f):
    return experts(conv(h, *c), *f)


def after_attention(h, o, wo, f):
    return experts(h + linear(o.reshape(h.shape[0], -1), wo), *f)


def head_loss(h, norm, embedding, targets, weights):
    """Weighted sum of cross entropies, and the unweighted loss of every token for the statistics."""
    logits = linear(rms(h, norm), embedding).float()
    each = F.cross_entropy(logits, targets, reduction="none")
    return (each * weights).sum() / weights.sum(), each.detach()


class Packed:
    """Runs a transformers model on packed rows. Holds no parameters of its own."""

    def __init__(self, model, dtype, compiled=False):
        self.model, self.dtype = model, dtype
        wrap = torch.compile if compiled else (lambda f: f)
        self.conv_dense, self.conv_experts = wrap(conv_dense), wrap(conv_experts)
        self.qkv, self.after_attention, self.head_loss = wrap(qkv), wrap(after_attention), wrap(head_loss)
        angle = torch.arange(4096)[:, None].float() * 1e6 ** (-torch.arange(0, 64, 2).float() / 64)
        device = model.device
        self.cos = torch.cat((angle, angle), -1).cos().to(device, dtype)
        self.sin = torch.cat((angle, angle), -1).sin().to(device, dtype)

    @staticmethod
    def _experts_of(layer):
        moe = layer.feed_forward
        return layer.ffn_norm.weight, moe.gate.weight, moe.expert_bias, moe.experts.gate_up_proj, moe.experts.down_proj

    def hidden(self, ids, positions, starts, longest):
        m = self.model.model
        h = m.embed_tokens.weight.index_select(0, ids).to(self.dtype)  # its backward can be captured in a graph
        reach1, reach2 = (positions >= 1).float(), (positions >= 2).float()
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        loads = []
        for layer in m.layers:
            if layer.is_attention_layer:
                s = layer.self_attn
                q, k, v = self.qkv(h, layer.operator_norm.weight, s.q_proj.weight, s.k_proj.weight, s.v_proj.weight,
                                   s.q_layernorm.weight, s.k_layernorm.weight, cos, sin)
                o = attend(q, k, v, starts, longest)
                h, load = self.after_attention(h, o, s.out_proj.weight, self._experts_of(layer))
                loads.append(load)
                continue
            c = (layer.operator_norm.weight, layer.conv.in_proj.weight, layer.conv.conv.weight, layer.conv.out_proj.weight,
                 reach1, reach2)
            if hasattr(layer.feed_forward, "w1"):
                f = layer.feed_forward
                h = self.conv_dense(h, c, (layer.ffn_norm.weight, f.w1.weight, f.w2.weight, f.w3.weight))
            else:
                h, load = self.conv_experts(h, c, self._experts_of(layer))
                loads.append(load)
        return h, torch.stack(loads)

    def loss(self, ids, positions, starts, longest, targets, weights):
        h, loads = self.hidden(ids, positions, starts, longest)
        m = self.model.model
        total, each = self.head_loss(h, m.embedding_norm.weight, m.embed_tokens.weight, targets, weights)
        return total, each, loads

    @torch.no_grad()
    def balance(self, loads, rate):
        """Auxiliary-loss-free balancing: raise the bias of experts below the mean load, lower the others."""
        moe = [layer.feed_forward for layer in self.model.model.layers if hasattr(layer.feed_forward, "expert_bias")]
        for block, load in zip(moe, loads):
            block.expert_bias.add_(rate * torch.sign(load.mean() - load))
            block.expert_bias.sub_(block.expert_bias.mean())
