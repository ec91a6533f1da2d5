"""Rebound's own worlds, played from Python."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .episodes import Answer, Task
from .program import ReboundError, found


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
        if command is None:
            command = [found(program), "environment", "serve", name]
            command += ["--data", str(data)] if data is not None else []
            command += ["--threads", str(threads)] if threads is not None else []
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._asked = itertools.count(1)
        try:
            self.description: Mapping[str, Any] = self._ask("describe")
        except ReboundError:
            self.close()
            raise

    @property
    def splits(self) -> dict[str, str]:
        """The purpose of each split: train, validation or test."""
        return {split["name"]: split["purpose"] for split in self.description["splits"]}

    def tasks(self, split: str | None = None) -> Iterator[Task]:
        """The tasks of a split, in the world's order."""
        begin, more = 0, True
        while more:
            page = self._ask("tasks", split=split or self.description["default_split"], **{"from": begin})
            for task in page["tasks"]:
                yield Task(**task)
            begin += len(page["tasks"])
            more = page["more"]

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
        for stream in (self._program.stdin, self._program.stdout, self._program.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._program.wait(timeout=10)

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
            said = self._program.stderr.read().decode(errors="replace") if self._program.stderr else ""
            raise ReboundError(said.strip() or "the program has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise ReboundError(answer["error"]["message"])
        return answer["result"]


def _id(task: Task | str) -> str:
    return task if isinstance(task, str) else task.id


def _answer(said: Mapping[str, Any]) -> Answer:
    info = {key: said[key] for key in ("actions", "schema", "progress", "feedback", "known") if key in said}
    return Answer(said["observation"], said.get("reward", 0.0), said.get("done", False), info)
