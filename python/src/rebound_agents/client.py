"""Runs of the program."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from .program import ReboundError, found
from .runs import Run


class Client:
    """Runs the program.

    >>> run = Client().run(environment="exec:python3 doors.py", strategy="reflexion", tasks=10)
    >>> run.frame("reflections")
    """

    def __init__(self, program: str | None = None) -> None:
        self.program = found(program)

    def run(self, **options: Any) -> Run:
        """Plays tasks with one strategy to the end; the options are those of ``rebound run``, with
        ``_`` for ``-``."""
        return self.command("run", **options)

    def compare(self, **options: Any) -> Run:
        """The same with several strategies: ``rebound compare``."""
        return self.command("compare", **options)

    def collect(self, **options: Any) -> Run:
        """Collects reflections with what they earned: ``rebound collect``."""
        return self.command("collect", **options)

    def command(self, command: str, **options: Any) -> Run:
        """Any of the program's commands that writes a run, which is played until it ends."""
        following = self.start(command, **options)
        for _ in following:
            pass
        return following.run

    def start(self, command: str, **options: Any) -> Following:
        """Starts a command, to be followed trial by trial."""
        if "out" not in options:
            raise ValueError("out is missing: the folder of the run")
        run = Run(options["out"], program=self.program)
        words = [self.program, command, *flags(options), "--quiet"]
        playing = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return Following(run, playing)


class Following:
    """A run that is under way: iterating gives each trial when it has ended."""

    #: Seconds between looks.
    PAUSE = 0.5

    def __init__(self, run: Run, playing: subprocess.Popen[bytes]) -> None:
        self.run = run
        self.playing = playing

    def stop(self) -> None:
        """Asks it to stop behind the step that is under way, as Ctrl-C does; it can be resumed."""
        self.playing.send_signal(signal.SIGINT)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        said: list[bytes] = []
        errors = self.playing.stderr
        assert errors is not None
        reading = threading.Thread(target=lambda: said.append(errors.read()), daemon=True)
        reading.start()
        seen: set[str] = set()
        ended = False
        while not ended:
            ended = self._waited()
            for trial in self._trials(ended):
                name = json.dumps([trial["strategy"], trial["task"]["id"], trial["trial"], trial.get("branch")])
                if name not in seen:
                    seen.add(name)
                    yield trial
        reading.join()
        errors.close()
        if self.playing.returncode:
            raise ReboundError(b"".join(said).decode(errors="replace").strip())

    def _waited(self) -> bool:
        try:
            self.playing.wait(self.PAUSE)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _trials(self, ended: bool) -> list[dict[str, Any]]:
        try:
            return list(self.run.records())
        except ReboundError:
            # Before its first record there is none; what is wrong then is said when it has ended.
            return []


def flags(options: Mapping[str, Any]) -> list[str]:
    """Options as the program's flags: ``True`` is a flag alone, a list has commas."""
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif isinstance(value, (list, tuple)):
            words += [flag, ",".join(str(item) for item in value)]
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words
