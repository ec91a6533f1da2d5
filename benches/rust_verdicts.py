"""Sets plain rustc's verdicts beside ours, program by program.

    rebound programs judge samples.jsonl -e reflexion-programs --out verdicts.jsonl
    python3 benches/rust_verdicts.py verdicts.jsonl DATA/code/reflexion-humaneval-rs.jsonl

Plain rustc compiles the program with the tests behind it into one binary, which passes if it ends with 0: what
Reflexion and MultiPL-E do. It runs unconfined: use a machine or a container that may be lost.

    python3 benches/rust_verdicts.py --mutants runtime/environments/tests/fixtures/rust_solutions.txt > samples.jsonl

writes samples instead: the solutions in that file, and each with one operator or number changed.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 10
CHANGES = [("<=", "<"), (">=", ">"), ("==", "!="), (" < ", " <= "), (" > ", " >= "), (" + ", " - "), (" - ", " + "),
           (" * ", " + "), (" / ", " * "), ("&&", "||"), ("||", "&&"), ("..=", ".."), ("0", "1"), ("1", "2"), ("2", "3")]


def passes(program, test):
    """Whether plain rustc compiles the program with its tests, and they end with 0."""
    text = program + "\n" + test.lstrip().removeprefix("}")
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "main.rs"), Path(folder, "main")
        source.write_text(text, encoding="utf-8")
        try:
            made = subprocess.run(["rustc", "--edition", "2021", "-A", "warnings", "-o", binary, source],
                                  capture_output=True, timeout=60)
            return made.returncode == 0 and subprocess.run([binary], capture_output=True, timeout=SECONDS).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def compare(verdicts, problems):
    problems = {row["name"]: row for row in map(json.loads, open(problems, encoding="utf-8"))}
    count = passed = 0
    different = []
    for sample in map(json.loads, open(verdicts, encoding="utf-8")):
        problem = problems[sample["task_id"]]
        program = sample["solution"] if "solution" in sample else problem["prompt"] + sample["completion"]
        theirs = passes(program, problem["test"])
        count, passed = count + 1, passed + theirs
        if theirs != sample["passed"]:
            different.append(f"{sample['task_id']}: ours {sample['passed']}, plain rustc {theirs}\n{program}")
    print(f"{count} programs, plain rustc passes {passed}, {len(different)} verdicts differ")
    print("\n".join(different), end="")


def mutants(path):
    for part in ("\n" + Path(path).read_text(encoding="utf-8")).split("\n=== ")[1:]:
        name, *lines = part.splitlines()
        program = "\n".join(line for line in lines if not line.startswith("---"))
        yield {"task_id": name, "solution": program, "arm": "solution"}
        for was, becomes in CHANGES:
            for found in re.finditer(re.escape(was), program):
                changed = program[:found.start()] + becomes + program[found.end():]
                yield {"task_id": name, "solution": changed, "arm": f"{was.strip()} to {becomes.strip()}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--mutants", action="store_true")
    asked = parser.parse_args()
    if asked.mutants:
        sys.stdout.writelines(json.dumps(sample) + "\n" for sample in mutants(asked.files[0]))
    else:
        compare(*asked.files)


if __name__ == "__main__":
    main()
