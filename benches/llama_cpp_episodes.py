"""Replays episodes on llama.cpp's server as a Python loop would play them.

usage: llama_cpp_episodes.py GGUF EPISODES.json PARALLEL THREADS [FLASH]

EPISODES.json: for each episode, for each step, [prompt's token ids, number of tokens in the
answer]. FLASH: auto, on or off. Needs xllamacpp from PyPI. Prints one line of JSON.
"""

import concurrent.futures
import json
import sys
import time

import xllamacpp


def server(gguf: str, parallel: int, threads: int, flash: str) -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.n_ctx, params.n_parallel = 2048 * parallel, parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    if flash != "auto":
        kinds = xllamacpp.llama_flash_attn_type
        enabled, disabled = kinds.LLAMA_FLASH_ATTN_TYPE_ENABLED, kinds.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.flash_attn_type = enabled if flash == "on" else disabled
    return xllamacpp.Server(params)


def main() -> None:
    gguf, episodes, parallel, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    flash = sys.argv[5] if len(sys.argv) > 5 else "auto"
    loaded = server(gguf, parallel, threads, flash)
    with open(episodes) as file:
        episodes = json.load(file)

    def play(episode: list) -> tuple[int, int]:
        prompted = generated = 0
        for ids, answer in episode:
            answered = loaded.handle_completions(
                dict(
                    prompt=ids,
                    n_predict=max(1, answer),
                    temperature=0.0,
                    ignore_eos=True,
                    cache_prompt=True,
                )
            )
            prompted += answered["timings"]["prompt_n"]
            generated += answered["timings"]["predicted_n"]
        return prompted, generated

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(parallel) as executor:
        counts = list(executor.map(play, episodes))
    seconds = time.perf_counter() - start
    prompted, generated = (sum(column) for column in zip(*counts))
    result = dict(seconds=seconds, trials_per_second=len(episodes) / seconds)
    print(json.dumps(result | dict(prefilled=prompted, generated=generated)))


main()
