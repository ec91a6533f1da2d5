#!/usr/bin/env python3
"""Records the gradients of an adapter that PyTorch finds on the tiny model.

    cargo run -p models --example tiny tiny.gguf
    python3 record.py tiny.gguf

needs torch and gguf. Writes gradients.f32 beside this script: for each layer and matrix
the gradients of its two factors, as little-endian numbers, in the order in which
`tests/decoder.rs` reads them. The model, the factors, the tokens and the loss are those of
that test, written out once more from the papers' formulas.
"""

import math
import sys
from pathlib import Path

import gguf
import numpy
import torch

RANK, SCALE, COUNT = 4, 0.5, 70
NAMES = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]


def tokens():
    return [(11 + 37 * index) % 250 + 3 for index in range(90)]


def wave(shape, seed, phase):
    count = numpy.arange(math.prod(shape), dtype=numpy.float32)
    angle = count * numpy.float32(0.7) + numpy.float32(seed) + numpy.float32(phase)
    return torch.from_numpy(numpy.sin(angle) * numpy.float32(0.1)).reshape(shape).requires_grad_()


class Tiny:
    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        key = lambda name: reader.fields[f"llama.{name}"].contents()
        self.layers, self.heads = key("block_count"), key("attention.head_count")
        self.kv_heads, self.base = key("attention.head_count_kv"), key("rope.freq_base")
        self.epsilon = key("attention.layer_norm_rms_epsilon")
        self.weights = {
            tensor.name: torch.from_numpy(numpy.array(tensor.data, dtype=numpy.float32))
            for tensor in reader.tensors
        }
        self.factors = {}
        for layer in range(self.layers):
            for number, name in enumerate(NAMES):
                rows, columns = self.weights[f"blk.{layer}.{name}.weight"].shape
                seed = layer * 7 + number
                self.factors[layer, name] = (
                    wave((RANK, columns), seed, 0.0),
                    wave((rows, RANK), seed, 1.0),
                )

    def norm(self, x, name):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + self.epsilon) * self.weights[name]

    def linear(self, x, layer, name):
        a, b = self.factors[layer, name]
        return x @ self.weights[f"blk.{layer}.{name}.weight"].T + SCALE * (x @ a.T) @ b.T

    def rotate(self, x, heads):
        n, width = x.shape[0], x.shape[1] // heads
        x = x.reshape(n, heads, width // 2, 2)
        power = torch.arange(width // 2, dtype=torch.float64) * (-2.0 / width)
        angle = torch.arange(n, dtype=torch.float64)[:, None] * self.base**power
        cos, sin = angle.cos().float()[:, None], angle.sin().float()[:, None]
        first, second = x[..., 0], x[..., 1]
        return torch.stack((first * cos - second * sin, first * sin + second * cos), -1)

    def attend(self, x, layer):
        n = x.shape[0]
        q = self.rotate(self.linear(x, layer, "attn_q"), self.heads).reshape(n, self.heads, -1)
        k = self.rotate(self.linear(x, layer, "attn_k"), self.kv_heads).reshape(n, self.kv_heads, -1)
        v = self.linear(x, layer, "attn_v").reshape(n, self.kv_heads, -1)
        k, v = (rows.repeat_interleave(self.heads // self.kv_heads, 1) for rows in (k, v))
        scores = torch.einsum("ihd,jhd->hij", q, k) / math.sqrt(q.shape[-1])
        scores = scores + torch.full((n, n), -math.inf).triu(1)
        out = torch.einsum("hij,jhd->ihd", scores.softmax(-1), v).reshape(n, -1)
        return self.linear(out, layer, "attn_output")

    def rows(self, ids):
        x = self.weights["token_embd.weight"][ids]
        for layer in range(self.layers):
            x = x + self.attend(self.norm(x, f"blk.{layer}.attn_norm.weight"), layer)
            h = self.norm(x, f"blk.{layer}.ffn_norm.weight")
            gate = torch.nn.functional.silu(self.linear(h, layer, "ffn_gate"))
            x = x + self.linear(gate * self.linear(h, layer, "ffn_up"), layer, "ffn_down")
        return self.norm(x, "output_norm.weight")


def main():
    model = Tiny(sys.argv[1])
    ids = torch.tensor(tokens())
    rows = model.rows(ids[:COUNT])[: COUNT - 1]
    log_probs = (rows @ model.weights["token_embd.weight"].T).log_softmax(-1)
    log_probs = log_probs.gather(1, ids[1:COUNT, None])[:, 0]
    weights = torch.tensor([1.0 + row % 5 for row in range(COUNT - 1)])
    loss = -(log_probs * weights).sum() / (COUNT - 1)
    loss.backward()
    factors = [factor for pair in model.factors.values() for factor in pair]
    values = [numpy.float32(loss.item()).reshape(1)] + [f.grad.numpy().ravel() for f in factors]
    out = Path(__file__).with_name("gradients.f32")
    numpy.concatenate(values).astype("<f4").tofile(out)
    print(f"loss {loss.item()}, {sum(value.size for value in values) - 1} gradients")


main()
