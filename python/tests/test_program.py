"""With the program itself, which REBOUND names."""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
sys.path.insert(0, str(SOURCE))

from rebound_agents import Client, Environment, ReboundError  # noqa: E402

DOORS = """
    import random
    from rebound_agents import serve

    class Doors:
        def reset(self, seed):
            self.right = random.Random(seed).choice(["left", "right"])
            return "You see a left door and a right door.", {"actions": ["open left", "open right"]}

        def step(self, action):
            if action == f"open {self.right}":
                return "You are outside.", 1.0, True, {}
            return "A wall.", 0.0, True, {"feedback": "The other door leads out."}

    serve(Doors, instruction="Get out.", tasks={"train": 40, "validation": 20}, steps_max=4)
"""


@unittest.skipUnless(os.environ.get("REBOUND") or shutil.which("rebound"), "there is no program")
class Program(unittest.TestCase):
    def test_a_world_of_rebound_s(self):
        with Environment("household") as world:
            self.assertEqual(world.splits["train/easy"], "train")
            tasks = list(itertools.islice(world.tasks("train/easy"), 64))
            alone = [world.reset(task) for task in tasks]
            self.assertEqual(world.reset_all(tasks), alone)
            steps = world.step_all([answer.actions[0] for answer in alone])
            world.reset(tasks[5])
            self.assertEqual(world.step(alone[5].actions[0]), steps[5])
            # Slot 0 has moved on.
            self.assertIsNone(world.step_all([None, "look"])[0])
            with self.assertRaisesRegex(ReboundError, "no task"):
                world.reset("nowhere")
            drawn = world.sample("train/easy", count=12, seed=5)
            self.assertEqual(drawn, world.sample("train/easy", count=12, seed=5))
            self.assertNotEqual(drawn, world.sample("train/easy", count=12, seed=6))
            self.assertEqual(world.default_split, world.description["default_split"])
            self.assertEqual(self.played_tasks(5), {task.id for task in drawn})
        with self.assertRaisesRegex(ReboundError, "no environment"):
            Environment("nowhere")

    def played_tasks(self, seed):
        with tempfile.TemporaryDirectory() as folder:
            told = {"environment": "household", "split": "train/easy", "actor": "scripted", "strategy": "none"}
            run = Client().run(**told, tasks=12, seed=seed, trials=1, steps=2, out=f"{folder}/run")
            return {trial["task"] for trial in run.rows("trials")}

    def test_a_world_that_says_much_beside_its_answers_is_heard(self):
        program = """
            import json, sys
            for line in sys.stdin:
                asked = json.loads(line)
                print("beside " * 30000, file=sys.stderr)
                if asked["method"] == "step":
                    sys.exit("it is tired")
                tasks = [{"id": "a", "instruction": "Go."}]
                result = {"protocol": 1, "name": "a", "tasks": tasks, "observation": "b"}
                print(json.dumps({"id": asked["id"], "result": result}), flush=True)
        """
        with Environment(command=[sys.executable, "-c", textwrap.dedent(program)]) as world:
            self.assertEqual((world.splits, world.default_split), ({"test": "test"}, "test"))
            self.assertEqual([task.id for task in world.sample(count=1)], ["a"])
            self.assertEqual(world.reset("a").observation, "b")
            with self.assertRaisesRegex(ReboundError, "it is tired$"):
                world.step("go")

    def test_a_run_in_a_world_of_one_s_own(self):
        with tempfile.TemporaryDirectory() as folder:
            doors = Path(folder) / "doors.py"
            doors.write_text(textwrap.dedent(DOORS))
            shutil.copytree(SOURCE / "rebound_agents", Path(folder) / "rebound_agents")
            here = os.getcwd()
            os.chdir(folder)
            try:
                run = Client().run(
                    environment=f"exec:{sys.executable} doors.py",
                    actor="scripted",
                    strategy="reflexion",
                    tasks=6,
                    trials=2,
                    out="doors",
                )
            except ReboundError as error:
                if "the sandbox lacks" in str(error):
                    self.skipTest(str(error))
                raise
            finally:
                os.chdir(here)
            run.folder = Path(folder) / "doors"
            trials = run.rows("trials")
            self.assertEqual(len({trial["task"] for trial in trials}), 6)
            self.assertEqual({trial["ending"] for trial in trials}, {"solved", "over"})
            self.assertEqual(len(run.rows("steps")), len(trials))
            self.assertEqual(run.results["settings"]["environment"], f"exec:{sys.executable} doors.py")
            with self.assertRaisesRegex(ValueError, "there is no table"):
                run.rows("words")

    def test_a_world_at_a_socket_and_behind_http(self):
        def free():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return probe.getsockname()[1]

        with tempfile.TemporaryDirectory() as folder:
            script = textwrap.dedent(DOORS).replace("steps_max=4", "steps_max=4, address=ADDRESS")
            found = []
            for address in (f"tcp:127.0.0.1:{free()}", f"unix:{folder}/world", f"http://127.0.0.1:{free()}"):
                source = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\nADDRESS = {address!r}\n{script}"
                serving = subprocess.Popen([sys.executable, "-c", source])
                try:
                    out = f"{folder}/{address.partition(':')[0]}"
                    for _ in range(100):
                        time.sleep(0.1)
                        try:
                            run = Client().run(
                                environment=address,
                                actor="scripted",
                                strategy="none",
                                tasks=6,
                                trials=2,
                                parallel=3,
                                out=out,
                            )
                            break
                        except ReboundError:
                            shutil.rmtree(out, ignore_errors=True)
                    told = [(t["task"], t["trial"], t["ending"], t["feedback"]) for t in run.rows("trials")]
                    found.append(sorted(told))
                finally:
                    serving.kill()
                    serving.wait()
            self.assertGreater(len(found[0]), 6)
            self.assertEqual(found[1:], [found[0]] * 2)

    def test_the_documents_world_is_the_one_that_is_played(self):
        root = SOURCE.parents[1]
        drawers = root / "examples/worlds/drawers.py"
        self.assertIn(drawers.read_text(), (root / "docs/src/worlds.md").read_text())
        with Environment(command=["env", f"PYTHONPATH={SOURCE}", sys.executable, str(drawers)]) as world:
            answer = world.reset(next(world.tasks("validation")))
            self.assertEqual(len(answer.actions), 4)
            told = [world.step(action) for action in answer.actions[:2]]
            self.assertTrue(told[-1].done or told[0].done)

    def test_an_error_is_the_program_s(self):
        with self.assertRaisesRegex(ReboundError, "no split"):
            Client().run(environment="household", split="nowhere", actor="scripted", out="/tmp/nowhere")


if __name__ == "__main__":
    unittest.main()
