#!/usr/bin/env python3
"""Makes an adapter with PEFT, and records what transformers says with it.

    cargo run -p models --example tiny tiny.gguf
    rebound score --model tiny.gguf --text-file text.txt | python3 record.py tiny.gguf

needs torch, transformers, peft and gguf. It checks that the tiny model as PyTorch
computes it gives each token the log-probability that `rebound score` gave it, and
writes beside this script
    adapter_config.json, adapter_model.safetensors   as PEFT saves them
    log_probs.json                                   the tokens' ids, and their
                                                     log-probabilities with the adapter
"""

import json
import sys
from pathlib import Path

import gguf
import numpy
import peft
import torch
import transformers

MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def value(reader, key):
    return reader.fields[key].contents()


def config(reader):
    heads = value(reader, "llama.attention.head_count")
    return transformers.LlamaConfig(
        vocab_size=value(reader, "llama.vocab_size"),
        hidden_size=value(reader, "llama.embedding_length"),
        intermediate_size=value(reader, "llama.feed_forward_length"),
        num_hidden_layers=value(reader, "llama.block_count"),
        num_attention_heads=heads,
        num_key_value_heads=value(reader, "llama.attention.head_count_kv"),
        rms_norm_eps=value(reader, "llama.attention.layer_norm_rms_epsilon"),
        rope_theta=value(reader, "llama.rope.freq_base"),
        tie_word_embeddings=True,
        attn_implementation="eager",
    )


def halves_of_heads(weight, heads):
    """From rotary pairs side by side to rotary pairs half a head apart."""
    outputs, inputs = weight.shape
    pairs = weight.reshape(heads, outputs // heads // 2, 2, inputs)
    return pairs.swapaxes(1, 2).reshape(outputs, inputs)


def state(reader):
    weights = {}
    for tensor in reader.tensors:
        data = numpy.array(tensor.data, dtype=numpy.float32)
        parts = tensor.name.split(".")
        if parts[0] == "blk":
            if parts[2] == "attn_q":
                data = halves_of_heads(data, value(reader, "llama.attention.head_count"))
            if parts[2] == "attn_k":
                data = halves_of_heads(data, value(reader, "llama.attention.head_count_kv"))
            name = f"model.layers.{parts[1]}.{MODULES[parts[2]]}.weight"
        else:
            name = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}[parts[0]]
            name += ".weight"
        weights[name] = torch.from_numpy(data.copy())
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    return weights


def log_probs(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    chosen = torch.log_softmax(logits, -1)[range(len(ids) - 1), ids[1:]]
    return [None, *chosen.tolist()]


def adapted(model):
    """Ranks and alphas that differ between modules and layers."""
    lora = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=2,
        lora_alpha=6,
        rank_pattern={"mlp.down_proj": 3},
        alpha_pattern={r"layers\.1\.self_attn\.[qk]_proj": 10},
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        init_lora_weights="gaussian",
    )
    model = peft.get_peft_model(model, lora)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.15)
    return model


def main():
    torch.manual_seed(1)
    scored = json.load(sys.stdin)
    reader = gguf.GGUFReader(sys.argv[1])
    model = transformers.LlamaForCausalLM(config(reader))
    model.load_state_dict(state(reader))
    model.eval()

    ids = scored["token_ids"]
    bare = log_probs(model, ids)
    apart = max(abs(a - b) for a, b in zip(bare[1:], scored["log_probs"][1:]))
    print(f"without an adapter, log-probabilities are at most {apart:.1e} apart")
    assert apart < 1e-2

    here = Path(__file__).parent
    model = adapted(model)
    model.eval()
    model.save_pretrained(here)
    (here / "README.md").unlink(missing_ok=True)
    recorded = {"token_ids": ids, "log_probs": log_probs(model, ids)}
    (here / "log_probs.json").write_text(json.dumps(recorded) + "\n")


main()
