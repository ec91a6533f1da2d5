"""What does a start cost: the first of a model, a second, and episodes, against another build?

    python3 benches/starts.py --program target/release/rebound --model FILE [--against OTHER] [--rounds 20]

A first start has nothing noted in REBOUND_TRIED, a second has. Both builds are started in turns, ABBA, so that
what else the machine does falls on both alike; the ratio of their times is told with a 95 % interval over rounds
(bootstrap, 10,000 draws by a seed). A start scores a text of a few words; episodes are those of ten households with
the model as actor, over all that the program does.
"""

import argparse
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def seconds(program, arguments, tried):
    begun = time.perf_counter()
    environment = {**os.environ, "REBOUND_TRIED": str(tried), "REBOUND_TUNING": "none"}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(arguments)}: {done.stderr}")
    return time.perf_counter() - begun


def interval(ratios):
    draw = random.Random(0)
    means = sorted(statistics.mean(draw.choices(ratios, k=len(ratios))) for _ in range(10_000))
    return statistics.mean(ratios), means[249], means[9749]


def compared(name, rounds, one, other):
    """Times of two deeds in turns, and their ratio."""
    times, ratios = ([], []), []
    for _ in range(rounds):
        first, second, third, fourth = one(), other(), other(), one()
        times[0].extend([first, fourth])
        times[1].extend([second, third])
        ratios.append((first + fourth) / (second + third))
    mean, low, high = interval(ratios)
    print(
        f"{name:28} {statistics.median(times[0]):8.3f} s, against {statistics.median(times[1]):8.3f} s: "
        f"ratio {mean:.3f} ({low:.3f} to {high:.3f}), {rounds} rounds"
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--program", required=True)
    options.add_argument("--against")
    options.add_argument("--model", required=True)
    options.add_argument("--engine", default="llama")
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--tasks", type=int, default=10)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        text, tried = folder / "text", folder / "tried"
        text.write_text("You open the door.")
        common = ["--engine", asked.engine, "--threads", "2"]
        score = ["score", "--model", asked.model, "--text-file", str(text), *common]

        def first(program):
            tried.unlink(missing_ok=True)
            return seconds(program, score, tried)

        firsts = [first(asked.program) for _ in range(5)]
        seconds_after = [seconds(asked.program, score, tried) for _ in range(5)]
        print(f"first start  {statistics.median(firsts):8.3f} s, median of 5")
        print(f"second start {statistics.median(seconds_after):8.3f} s, median of 5")
        if not asked.against:
            return
        run = ["run", "--environment", "household", "--actor", asked.model, "--trials", "1", "--seed", "1"]
        run += ["--tasks", str(asked.tasks), "--quiet", *common]
        count = iter(range(1_000_000))

        def episodes(program):
            return seconds(program, [*run, "--out", str(folder / f"run-{next(count)}")], tried)

        episodes(asked.program)
        start = lambda program: seconds(program, score, tried)
        compared("a second start", asked.rounds, lambda: start(asked.program), lambda: start(asked.against))
        rounds = max(asked.rounds // 4, 3)
        compared(
            f"{asked.tasks} episodes", rounds, lambda: episodes(asked.program), lambda: episodes(asked.against)
        )


if __name__ == "__main__":
    main()
