"""How fast are the Python originals of our worlds, where PyPI has them? Beside them stand

    cargo run --release -p benches --bin alfworld
    cargo run --release -p runtime-environments --example answers

Usage, in a virtual environment with `pip install alfworld math-verify`:

    python benches/originals.py alfworld FOLDER [GAMES]    # the folder that holds json_2.1.1
    python benches/originals.py math FOLDER [PROBLEMS]     # the folder that holds math-train.jsonl

What is measured is what our benches measure: of ALFWorld's unseen games a reset each and fifty random
admissible commands, with what is admissible listed at every step; of MATH whether the final answer of a
solution is the gold one, and whether that of the next problem's is.
"""

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

STEPS = 50


def alfworld(folder: Path, games: int) -> None:
    import textworld
    from alfworld.agents.environment.alfred_tw_env import AlfredDemangler

    files = sorted((folder / "json_2.1.1" / "valid_unseen").glob("*/*/game.tw-pddl"))[:games]
    asked = textworld.EnvInfos(admissible_commands=True, won=True)
    playing: Any = textworld.start(str(files[0]), asked, wrappers=[AlfredDemangler()])
    resetting, stepping, draw = 0.0, 0.0, random.Random(1)
    for file in files:
        start = time.perf_counter()
        playing.load(str(file))
        state = playing.reset()
        reset = time.perf_counter()
        for _ in range(STEPS):
            state, _, _ = playing.step(draw.choice(state["admissible_commands"]))
        resetting, stepping = resetting + reset - start, stepping + time.perf_counter() - reset
    print(f"{len(files)} games: reset {1000 * resetting / len(files):.1f} ms,", end=" ")
    print(f"random play {len(files) * STEPS / stepping:.0f} steps/s")


def math(folder: Path, problems: int) -> None:
    from math_verify import parse, verify

    with (folder / "math-train.jsonl").open(encoding="utf-8") as lines:
        solutions = [json.loads(line)["solution"] for line in lines][:problems]
    for name, offset in (("themselves", 0), ("the next one's", 1)):
        start = time.perf_counter()
        right = 0
        for at, solution in enumerate(solutions):
            gold = parse(solutions[(at + offset) % len(solutions)])
            right += verify(gold, parse(solution))
        rate = len(solutions) / (time.perf_counter() - start)
        print(f"{right} of {len(solutions)} right as {name}, {rate:.0f} solutions/s")


if __name__ == "__main__":
    world, where, *count = sys.argv[1:]
    most = int(count[0]) if count else 134
    {"alfworld": alfworld, "math": math}[world](Path(where), most)
