"""A LoRA training step of PyTorch and PEFT on the numbers of a GGUF file.

python benches/peft_step.py FILE --batch 1 --tokens 512 --rank 16 --steps 4

needs torch, transformers, peft, gguf and accelerate. Prints what `train_step` prints with
--json, once with all activations kept and once with gradient checkpointing. Each in a
process of its own, so that one's memory is not the other's peak.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--recompute", choices=["yes", "no"])
    return parser.parse_args()


def measure(asked):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    folder, name = os.path.split(os.path.abspath(asked.file))
    dtype = getattr(torch, asked.dtype)
    base = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype)
    base.config.use_cache = False
    lora = LoraConfig(r=asked.rank, lora_alpha=2 * asked.rank, target_modules=LINEAR)
    model = get_peft_model(base, lora).to(asked.device)
    model.train()
    if asked.recompute == "yes":
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    shape = (asked.batch, asked.tokens)
    ids = torch.randint(0, base.config.vocab_size, shape, device=asked.device)
    start = 0.0
    for step in range(asked.steps + 1):
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        if step == 0:
            start = time.perf_counter()
    seconds = time.perf_counter() - start
    if asked.device == "cpu":
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    else:
        peak = torch.cuda.max_memory_allocated()
    return {
        "batch": asked.batch,
        "recompute": asked.recompute == "yes",
        "tokens_per_second": asked.steps * asked.batch * asked.tokens / seconds,
        "peak_bytes": peak,
    }


def main():
    asked = options()
    if asked.recompute:
        print(json.dumps(measure(asked)))
        return
    for recompute in ["yes", "no"]:
        subprocess.run([sys.executable, *sys.argv, "--recompute", recompute], check=True)


main()
