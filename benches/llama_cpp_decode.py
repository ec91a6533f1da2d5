"""Tokens a second that llama.cpp's server generates.

usage: llama_cpp_decode.py GGUF PROMPTS THREADS TOKENS ROUNDS [FLASH]

PROMPTS: a JSON list of texts, one for each sequence. FLASH: auto, on or off. A round before
those that count fills the server's prompt cache. Needs xllamacpp from PyPI. Prints one line of
JSON with the rounds' median.
"""

import concurrent.futures
import json
import statistics
import sys
import time

import xllamacpp


def server(gguf: str, parallel: int, threads: int, flash: str) -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.n_ctx, params.n_parallel = 512 * parallel, parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    if flash != "auto":
        kinds = xllamacpp.llama_flash_attn_type
        enabled, disabled = kinds.LLAMA_FLASH_ATTN_TYPE_ENABLED, kinds.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.flash_attn_type = enabled if flash == "on" else disabled
    return xllamacpp.Server(params)


def main() -> None:
    gguf, prompts = sys.argv[1], json.loads(sys.argv[2])
    threads, tokens, rounds = (int(number) for number in sys.argv[3:6])
    flash = sys.argv[6] if len(sys.argv) > 6 else "auto"
    loaded = server(gguf, len(prompts), threads, flash)

    def generate(prompt: str) -> int:
        request = dict(prompt=prompt, n_predict=tokens, temperature=0.0, ignore_eos=True)
        return loaded.handle_completions(request)["timings"]["predicted_n"]

    figures = []
    with concurrent.futures.ThreadPoolExecutor(len(prompts)) as executor:
        for _ in range(rounds + 1):
            start = time.perf_counter()
            generated = sum(executor.map(generate, prompts))
            figures.append(generated / (time.perf_counter() - start))
    print(json.dumps(dict(tokens_per_second=statistics.median(figures[1:]))))


main()
