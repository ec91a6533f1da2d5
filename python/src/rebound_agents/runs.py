"""What runs left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .program import ReboundError, found


class Run:
    """A run's folder."""

    def __init__(self, folder: str | Path, *, program: str | None = None) -> None:
        self.folder = Path(folder)
        self._program = program

    @property
    def results(self) -> dict[str, Any]:
        """``results.json``: settings, and for each arm its tasks and success by trial."""
        found: dict[str, Any] = json.loads((self.folder / "results.json").read_text())
        return found

    def records(self) -> Iterator[dict[str, Any]]:
        """The trials with their steps, reflections and token log-probabilities, in order, also of a
        run that is under way."""
        command = [found(self._program), "records", "export", str(self.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as exporting:
            assert exporting.stdout is not None and exporting.stderr is not None
            for line in exporting.stdout:
                yield json.loads(line)
            said = exporting.stderr.read().decode(errors="replace").strip()
        if exporting.returncode:
            raise ReboundError(said)

    def rows(self, what: str) -> list[dict[str, Any]]:
        """``trials``, ``steps``, ``reflections`` or ``tokens`` as rows."""
        if what not in TABLES:
            raise ValueError(f"there is no table {what!r}; there are {', '.join(TABLES)}")
        return [row for trial in self.records() for row in TABLES[what](trial)]

    def frame(self, what: str = "trials") -> Any:
        """The same as a pandas ``DataFrame``."""
        import pandas

        return pandas.DataFrame(self.rows(what))

    def arrow(self, what: str = "trials") -> Any:
        """The same as an Arrow ``Table``."""
        import pyarrow

        return pyarrow.Table.from_pylist(self.rows(what))


def _place(trial: Mapping[str, Any]) -> dict[str, Any]:
    branch = trial.get("branch") or {}
    return {
        "strategy": trial["strategy"],
        "task": trial["task"]["id"],
        "trial": trial["trial"],
        "member": branch.get("member"),
    }


def _trials(trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    told = {key: trial[key] for key in ("success", "return", "progress", "ending", "feedback")}
    kind, reflection = trial["task"]["kind"], (trial.get("reflection") or {}).get("text")
    steps = len(trial["steps"])
    yield {**_place(trial), "kind": kind, **told, "steps": steps, "reflection": reflection}


def _steps(trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    keys = ("action", "malformed", "grounded", "observation", "reward", "progress", "done")
    for number, step in enumerate(trial["steps"], 1):
        thought = (step.get("thought") or {}).get("text")
        yield {**_place(trial), "step": number, **{key: step[key] for key in keys}, "thought": thought}


def _reflections(trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    reflection = trial.get("reflection")
    if reflection:
        yield {**_place(trial), "text": reflection["text"], "repeats": reflection["repeats"]}


def _tokens(trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    calls: list[tuple[str, int | None, Any]] = []
    for number, taken in enumerate(trial["steps"], 1):
        calls += [("thought", number, taken["thought"])] if taken.get("thought") else []
        calls += [("action", number, taken["answer"])]
    reflection = trial.get("reflection")
    calls += [("reflection", None, reflection["answer"])] if reflection else []
    for role, step, answer in calls:
        columns = (answer[key] for key in ("ids", "log_probs", "log_probs_full", "origins"))
        for place, (token, log_prob, full, origin) in enumerate(zip(*columns, strict=True)):
            told = {"place": place, "id": token, "log_prob": log_prob, "log_prob_full": full, "origin": origin}
            yield {**_place(trial), "role": role, "step": step, **told}


#: The tables of a run.
TABLES = {"trials": _trials, "steps": _steps, "reflections": _reflections, "tokens": _tokens}
