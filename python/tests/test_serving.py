"""Environments of each style as worlds, at each address."""

import http.client
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from rebound_agents import Task, World, serve  # noqa: E402


class Gymnasium:
    """The style of Gymnasium, with keyword-only arguments."""

    def reset(self, *, seed=None, options=None):
        self.left = 2 + seed % 2
        return {"text": f"{self.left} to go"}, {"admissible_commands": ["go", "wait"]}

    def step(self, action):
        self.left -= action == "go"
        info = {"admissible_commands": ["go", "wait"], "feedback": f"{self.left} were left"}
        return f"{self.left} to go", 5.0 * (action == "go"), self.left == 0, False, info


class Plain:
    def reset(self, task):
        return task.options["text"]

    def step(self, action):
        if action == "raise":
            raise RuntimeError("it is stuck")
        return action[::-1], 1 if action == "abc" else 0, action == "abc"


def ask(session, method, id=1, **params):
    return session.answer({"id": id, "method": method, "params": params})


class Worlds(unittest.TestCase):
    def test_gymnasium(self):
        world = World(Gymnasium, tasks={"train": 3, "test/far": 2}, instruction="Go.", score_max=10)
        session = world.session()
        described = ask(session, "describe")["result"]
        self.assertEqual([split["purpose"] for split in described["splits"]], ["train", "test"])
        self.assertEqual(described["name"], "Gymnasium")
        told = ask(session, "tasks", split="test/far")["result"]
        self.assertEqual([task["id"] for task in told["tasks"]], ["test/far/0", "test/far/1"])
        # Seeds go on from split to split: 3 and 4.
        begun = ask(session, "reset", task="test/far/0")["result"]
        self.assertEqual(begun, {"observation": "3 to go", "actions": ["go", "wait"]})
        step = ask(session, "step", action="go")["result"]
        self.assertEqual((step["reward"], step["progress"], step["done"]), (0.5, 0.5, False))
        self.assertEqual(step["feedback"], "2 were left")
        ask(session, "step", action="go")
        self.assertTrue(ask(session, "step", action="go")["result"]["done"])

    def test_plain(self):
        task = Task(id="one", instruction="Turn it.", options={"text": "cba"})
        session = World(Plain, tasks={"validation": [task]}).session()
        self.assertIn("before the first reset", ask(session, "step", action="x")["error"]["message"])
        self.assertEqual(ask(session, "reset", task="one")["result"], {"observation": "cba"})
        self.assertIn("RuntimeError: it is stuck", ask(session, "step", action="raise")["error"]["message"])
        step = ask(session, "step", action="abc")["result"]
        self.assertEqual(step, {"observation": "cba", "reward": 1.0, "progress": 1.0, "done": True})
        for method, params in [("tasks", {"split": "x"}), ("reset", {"task": "x"}), ("fly", {})]:
            self.assertIn("there is no", ask(session, method, **params)["error"]["message"])

    def test_wrong_values_are_named(self):
        with self.assertRaisesRegex(ValueError, "score_max"):
            World(Plain, tasks={}, score_max=0)
        with self.assertRaisesRegex(TypeError, "train/0"):
            World(Plain, tasks={"train": ["a"]})
        with self.assertRaisesRegex(ValueError, "fun"):
            World(Plain, tasks={"train": 1}, purposes={"train": "fun"})
        with self.assertRaisesRegex(ValueError, "ftp"):
            serve(Plain, tasks={}, address="ftp://x")


class Addresses(unittest.TestCase):
    REQUEST = b'{"id": 7, "method": "reset", "params": {"task": "train/0"}}\n'
    ANSWER = {"id": 7, "result": {"observation": "2 to go", "actions": ["go", "wait"]}}

    def serve(self, address):
        arguments = {"address": address, "tasks": {"train": 1}}
        threading.Thread(target=serve, args=(Gymnasium,), kwargs=arguments, daemon=True).start()
        for _ in range(100):
            try:
                return self.connect(address)
            except OSError:
                time.sleep(0.02)
        self.fail("nobody answers")

    def connect(self, address):
        scheme, _, place = address.partition(":")
        if scheme == "unix":
            found = socket.socket(socket.AF_UNIX)
            found.connect(place)
            return found
        host, port = place.strip("/").split(":")
        return socket.create_connection((host, int(port)))

    def test_sockets(self):
        path = f"/tmp/rebound-agents-{time.time_ns()}.sock"
        for address in ["tcp:127.0.0.1:39471", f"unix:{path}"]:
            with self.serve(address) as line:
                line.sendall(self.REQUEST)
                self.assertEqual(json.loads(line.makefile().readline()), self.ANSWER)
        Path(path).unlink()

    def test_http(self):
        self.serve("http://127.0.0.1:39472").close()
        said = http.client.HTTPConnection("127.0.0.1", 39472)
        for _ in range(2):
            said.request("POST", "/", self.REQUEST, {"rebound-session": "a"})
            self.assertEqual(json.loads(said.getresponse().read()), self.ANSWER)
        said.close()

    def test_standard_streams_are_not_disturbed(self):
        program = """
            import sys; sys.path.insert(0, sys.argv[1])
            from rebound_agents import serve
            class Loud:
                def reset(self):
                    print("resetting"); return "Here."
                def step(self, action):
                    return "There."
            serve(Loud, tasks={"train": 1})
        """
        folder = str(Path(__file__).resolve().parent.parent / "src")
        command = [sys.executable, "-c", textwrap.dedent(program), folder]
        close = b'{"id": 8, "method": "close"}\n'
        ended = subprocess.run(command, input=b"{\n" + self.REQUEST + close, capture_output=True, timeout=30)
        answers = [json.loads(line) for line in ended.stdout.splitlines()]
        self.assertEqual(answers[1], {"id": 7, "result": {"observation": "Here."}})
        self.assertIn("no method", answers[0]["error"]["message"])
        self.assertEqual((ended.stderr, ended.returncode), (b"resetting\n", 0))


if __name__ == "__main__":
    unittest.main()
