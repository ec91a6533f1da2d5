"""Worlds of other packages, as they come from PyPI: ``make test-peers``.

PEERS and VERIFIERS name the Python programs of environments that have them, REBOUND the program, and
REBOUND_DATA the folder of data sets, of which ALFWorld's is needed.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "python" / "src"))

from rebound_agents import Client, Environment  # noqa: E402

PEERS, VERIFIERS = os.environ["PEERS"], os.environ["VERIFIERS"]
REBOUND = os.environ["REBOUND"]
DATA = Path(os.environ["REBOUND_DATA"])
#: Java reserves more than a world is usually granted.
JAVA = "memory=8192,processes=256"
GAMES = 20
STEPS = 30

GUESSING = '''
    """Guess a number; and one by tools."""
    import verifiers as vf
    from datasets import Dataset

    class Guessing(vf.MultiTurnEnv):
        async def env_response(self, messages, state, **_):
            guess = str(messages[-1].content).strip()
            if guess == state["answer"]:
                state["final_env_response"] = [{"role": "user", "content": "Right."}]
            return [{"role": "user", "content": f"Not {guess}."}]

    def right(completion, answer, **_):
        return float(any(str(message.content).strip() == answer for message in completion))

    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    def load_environment(tools: bool = False):
        rows = [{"question": f"Guess {n}.", "answer": str(n)} for n in range(12)]
        given = {"dataset": Dataset.from_list(rows), "eval_dataset": Dataset.from_list(rows[:4])}
        rubric = vf.Rubric(funcs=[right])
        if tools:
            return vf.ToolEnv(tools=[add], rubric=rubric, **given)
        return Guessing(max_turns=5, rubric=rubric, **given)
'''


def adapter(python, name, *options):
    return [python, "-m", f"rebound_agents.adapters.{name}", *options]


def check(command, grants=""):
    """What `rebound environment check` finds of a world, in the sandbox."""
    words = [REBOUND, "environment", "check", f"exec:{' '.join(command)}", "-n", "2", "--json"]
    words += ["--grant", grants] if grants else []
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return json.loads(ended.stdout)


class Packages(unittest.TestCase):
    def test_textworld(self):
        found = check(adapter(PEERS, "textworld", "--tasks", "4"))
        self.assertGreater(found["steps"], 100)

    def test_textworld_express(self):
        for game in ("coin", "cookingworld", "twc"):
            found = check(adapter(PEERS, "textworld_express", "--game", game, "--tasks", "4"), JAVA)
            self.assertGreater(found["steps"], 100)

    def test_scienceworld(self):
        command = adapter(PEERS, "scienceworld", "--task", "boil,find-animal", "--variations", "2")
        self.assertGreater(check(command, JAVA)["steps"], 50)

    def test_verifiers(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "guessing.py").write_text(textwrap.dedent(GUESSING))
            os.environ["PYTHONPATH"] = folder
            grants = f"memory=8192,read={folder},variable=PYTHONPATH"
            try:
                command = adapter(VERIFIERS, "verifiers", "--id", "guessing", "--tasks", "4")
                self.assertGreater(check(command, grants)["steps"], 10)
                with Environment(command=command) as world:
                    self.assertEqual(world.splits, {"train": "train", "test": "test"})
                    self.assertIn("Guess 3.", world.reset("train/3").observation)
                    self.assertEqual(world.step("7").observation, "Not 7.")
                    last = world.step("3")
                    self.assertEqual((last.observation, last.reward, last.done), ("Right.", 1.0, True))
                with Environment(command=[*command, "--arguments", '{"tools": true}']) as world:
                    schema = world.reset("train/3").info["schema"]
                    self.assertEqual(schema["anyOf"][0]["properties"]["tool"], {"const": "add"})
                    told = world.step('{"tool": "add", "arguments": {"a": 1, "b": 2}}')
                    self.assertEqual((told.observation, told.done), ("3", False))
                    last = world.step('{"answer": "3"}')
                    self.assertEqual((last.reward, last.done), (1.0, True))
            finally:
                del os.environ["PYTHONPATH"]


class Alfworld(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        archive = DATA / "alfworld" / "valid_seen.tar.zst"
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", cls.folder.name], check=True)
        cls.command = adapter(PEERS, "alfworld", "--data", cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_its_promises(self):
        self.assertGreater(check(self.command, f"read={self.folder.name}")["steps"], 50)

    def test_ours_and_theirs_say_the_same(self):
        """The same actions, half of them at random, half the way to the goal, in 20 games."""
        dice = random.Random(7)
        with Environment("alfworld", data=DATA) as ours, Environment(command=self.command) as theirs:
            tasks = dice.sample([task.id for task in theirs.tasks("valid_seen")], GAMES)
            steps = solved = 0
            for task in tasks:
                game = next(Path(self.folder.name).glob(f"json_2.1.1/{task}/game.tw-pddl"))
                way = json.loads(game.read_text())["walkthrough"]
                one, other = ours.reset(task), theirs.reset(task)
                self.assertEqual(one.observation, other.observation, task)
                for number in range(STEPS + len(way)):
                    self.assertEqual(one.actions, sorted(set(other.actions)), (task, number))
                    action = way[number - STEPS] if number >= STEPS else dice.choice(one.actions)
                    one, other = ours.step(action), theirs.step(action)
                    self.assertEqual(one.observation, other.observation, (task, number, action))
                    self.assertEqual((one.done, one.reward), (other.done, other.reward), (task, number))
                    steps += 1
                    if one.done:
                        break
                solved += one.done
            print(f"\n{GAMES} games, {steps} steps, {solved} solved: equal", file=sys.stderr)


class Runs(unittest.TestCase):
    def test_a_run_and_its_tables(self):
        import pandas

        with tempfile.TemporaryDirectory() as folder:
            run = Client(REBOUND).run(
                environment=f"exec:{' '.join(adapter(PEERS, 'textworld_express', '--tasks', '4'))}",
                grant=JAVA,
                actor="scripted",
                strategy="reflexion",
                tasks=3,
                trials=2,
                out=f"{folder}/run",
            )
            trials = run.frame("trials")
            self.assertEqual(len(trials), len(run.rows("trials")))
            self.assertEqual(set(trials["kind"]), {"coin"})
            self.assertEqual(run.arrow("steps").num_rows, len(run.rows("steps")))
            told = [REBOUND, "records", "tables", f"{folder}/run", "--out", f"{folder}/tables"]
            subprocess.run(told, check=True, capture_output=True)
            for table in ("trials", "steps", "reflections", "tokens"):
                ours = pandas.read_parquet(f"{folder}/tables/{table}.parquet")
                theirs = run.frame(table)
                self.assertEqual(list(ours.columns), list(theirs.columns), table)
                self.assertEqual(len(ours), len(theirs), table)
                for column in ours.columns:
                    both = zip(ours[column], theirs[column], strict=True)
                    same = [a == b or (pandas.isna(a) and pandas.isna(b)) for a, b in both]
                    self.assertTrue(all(same), (table, column))


class Schema(unittest.TestCase):
    def test_golden_lines_are_of_the_schema(self):
        import jsonschema

        schema = json.loads((ROOT / "docs/src/worlds.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(schema)
        lines = (ROOT / "runtime/environments/tests/golden/world-1.jsonl").read_text().splitlines()
        for line in lines:
            validator.validate(json.loads(line))
        for wrong in ({"id": 1}, {"id": 1, "method": "jump"}, {"id": 1, "result": {"observation": 1}}):
            self.assertFalse(validator.is_valid(wrong), wrong)


if __name__ == "__main__":
    unittest.main()
