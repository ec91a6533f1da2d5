"""Rebound's own worlds, played from Python."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from .episodes import Answer, Task
from .program import ReboundError, found

#: Bytes of a program's standard error that are kept.
SAID_MAX = 4096


class Environment:
    """A world of Rebound's: ``household``, or ``alfworld`` where its data is.

    >>> with Environment("household") as world:
    ...     task = next(world.tasks("train/easy"))
    ...     answer = world.reset(task)
    ...     answer = world.step(answer.actions[0])

    Several episodes are played side by side by :meth:`reset_all` and :meth:`step_all`, each in a
    slot; one line goes to the program and one comes back for all of them.

    A ``command`` that serves a world of its own on its standard streams is played in the same way, but
    for the slots.
    """

    def __init__(
        self,
        name: str = "household",
        *,
        data: str | Path | None = None,
        threads: int | None = None,
        program: str | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._is_ours = command is None
        if command is None:
            command = [found(program), "environment", "serve", name]
            command += ["--data", str(data)] if data is not None else []
            command += ["--threads", str(threads)] if threads is not None else []
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._asked = itertools.count(1)
        # Read as it comes: a program whose standard error is full waits for a reader.
        self._said = bytearray()
        self._hearing = threading.Thread(target=_hear, args=(self._program.stderr, self._said), daemon=True)
        self._hearing.start()
        try:
            self.description: Mapping[str, Any] = self._ask("describe")
        except ReboundError:
            self.close()
            raise

    @property
    def splits(self) -> dict[str, str]:
        """The purpose of each split: train, validation or test."""
        told = self.description.get("splits") or [{"name": "test", "purpose": "test"}]
        return {split["name"]: split["purpose"] for split in told}

    @property
    def default_split(self) -> str:
        """The split that is meant where none is named."""
        told = self.description.get("default_split")
        to_choose_by = (split for split, purpose in self.splits.items() if purpose == "validation")
        return str(told or next(to_choose_by, next(iter(self.splits))))

    def tasks(self, split: str | None = None) -> Iterator[Task]:
        """The tasks of a split, in the world's order."""
        return self._pages({"split": split or self.default_split})

    def _pages(self, asked: Mapping[str, Any]) -> Iterator[Task]:
        begin, more = 0, True
        while more:
            page = self._ask("tasks", **asked, **{"from": begin})
            for task in page["tasks"]:
                yield Task(**task)
            begin += len(page["tasks"])
            more = page.get("more", False)

    def sample(self, split: str | None = None, *, count: int, seed: int = 1) -> list[Task]:
        """So many tasks of a split, drawn by a seed; of Rebound's own worlds those that ``rebound run``
        plays with this ``--tasks`` and ``--seed``."""
        if not self._is_ours:
            return random.Random(seed).sample(list(self.tasks(split)), count)
        asked = {"split": split or self.default_split, "count": count, "seed": seed}
        return list(self._pages(asked))

    def reset(self, task: Task | str) -> Answer:
        """Begins a task."""
        return _answer(self._ask("reset", task=_id(task)))

    def step(self, action: str) -> Answer:
        """Takes an action."""
        return _answer(self._ask("step", action=action))

    def reset_all(self, tasks: Sequence[Task | str]) -> list[Answer]:
        """Begins a task in each slot."""
        return self._batch([("reset", slot, {"task": _id(task)}) for slot, task in enumerate(tasks)])

    def step_all(self, actions: Sequence[str | None]) -> list[Answer | None]:
        """Takes an action in each slot; none where it is None."""
        asked = [("step", slot, {"action": told}) for slot, told in enumerate(actions) if told is not None]
        answers = iter(self._batch(asked))
        return [None if action is None else next(answers) for action in actions]

    def close(self) -> None:
        """Ends the program."""
        for stream in (self._program.stdin, self._program.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            self._program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        # What it started may hold its standard error open.
        self._hearing.join(timeout=1)

    def __enter__(self) -> Environment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _batch(self, asked: list[tuple[str, int, dict[str, Any]]]) -> list[Answer]:
        requests = [{"method": method, "params": {"slot": slot, **params}} for method, slot, params in asked]
        answers = self._ask("batch", requests=requests)["answers"]
        wrong = next((answer["error"]["message"] for answer in answers if "error" in answer), None)
        if wrong is not None:
            raise ReboundError(wrong)
        return [_answer(answer["result"]) for answer in answers]

    def _ask(self, method: str, **params: Any) -> Any:
        request = {"id": next(self._asked), "method": method, **({"params": params} if params else {})}
        assert self._program.stdin is not None and self._program.stdout is not None
        try:
            self._program.stdin.write(json.dumps(request).encode() + b"\n")
            self._program.stdin.flush()
        except BrokenPipeError:
            pass
        line = self._program.stdout.readline()
        if not line:
            self._hearing.join(timeout=1)
            raise ReboundError(self._said.decode(errors="replace").strip() or "the program has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise ReboundError(answer["error"]["message"])
        return answer["result"]


def _hear(stream: IO[bytes] | None, said: bytearray) -> None:
    assert stream is not None
    with stream:
        while heard := os.read(stream.fileno(), SAID_MAX):
            said += heard
            del said[:-SAID_MAX]


def _id(task: Task | str) -> str:
    return task if isinstance(task, str) else task.id


def _answer(said: Mapping[str, Any]) -> Answer:
    info = {key: said[key] for key in ("actions", "schema", "progress", "feedback", "known") if key in said}
    return Answer(said["observation"], said.get("reward", 0.0), said.get("done", False), info)
