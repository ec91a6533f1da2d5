"""What environments of different styles say, in one form."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PURPOSES = ("train", "validation", "test")
#: Keys of an ``info`` under which environments list what can be done.
ACTION_KEYS = ("actions", "admissible_actions", "admissible_commands", "validActions", "valid")


Difficulty = Literal["easy", "hard"]


@dataclass(frozen=True)
class Task:
    """A task: ``seed`` and ``options`` are what the environment's ``reset`` is given; ``difficulty``
    ("easy" or "hard") and ``abilities`` (names with weights of 1 to 3) are for the analysis of runs."""

    id: str
    instruction: str
    kind: str = ""
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    difficulty: Difficulty | None = None
    abilities: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What an environment said: after ``reset``, ``reward`` is 0 and ``done`` false."""

    observation: str
    reward: float = 0.0
    done: bool = False
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def actions(self) -> list[str] | None:
        """What can be done now, or None where it is not listed."""
        found = next((self.info[key] for key in ACTION_KEYS if self.info.get(key) is not None), None)
        return None if found is None else [str(action) for action in found]


def as_tasks(tasks: Mapping[str, int | Iterable[Any]], instruction: str) -> dict[str, list[Task]]:
    """The tasks of each split. A number stands for as many seeds, of which no two splits share one;
    a list has tasks, mappings with their fields, or seeds."""
    found: dict[str, list[Task]] = {}
    used = 0
    for split, given in tasks.items():
        items: Iterable[Any] = range(used, used + given) if isinstance(given, int) else given
        found[split] = [_task(item, f"{split}/{n}", instruction) for n, item in enumerate(items)]
        used += given if isinstance(given, int) else 0
    return found


def _task(item: Any, id: str, instruction: str) -> Task:
    if isinstance(item, Task):
        return item
    if isinstance(item, Mapping):
        return Task(**{"id": id, "instruction": instruction, **item})
    if isinstance(item, int):
        return Task(id=id, instruction=instruction, seed=item)
    raise TypeError(f"task {id} is {item!r}; expected a Task, a mapping, or a seed")


def purpose(split: str, purposes: Mapping[str, str]) -> str:
    """What a split is for: as told, or as its name begins; otherwise a test, of which nothing is
    learned."""
    told = purposes.get(split) or next((word for word in PURPOSES if split.startswith(word)), "test")
    if told not in PURPOSES:
        raise ValueError(f"the split {split!r} is for {told!r}; expected one of {', '.join(PURPOSES)}")
    return told


def reset(environment: Any, task: Task) -> Answer:
    """Begins a task: gives ``reset`` those of ``seed``, ``options`` and ``task`` that it takes."""
    offered = {"seed": task.seed, "options": dict(task.options), "task": task}
    said = environment.reset(**_taken(environment.reset, offered))
    if isinstance(said, tuple) and len(said) == 2 and isinstance(said[1], Mapping):
        return Answer(text(said[0]), info=said[1])
    return Answer(text(said))


def _taken(function: Any, offered: dict[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return {key: offered[key] for key in ("seed", "options")}
    names = {parameter.name for parameter in parameters}
    return {key: value for key, value in offered.items() if key in names}


def step(environment: Any, action: str) -> Answer:
    """Takes an action; understands Gymnasium's five values, Gym's four, and two or three."""
    said = environment.step(action)
    if isinstance(said, Answer):
        return said
    if not isinstance(said, Sequence) or isinstance(said, str):
        return Answer(text(said))
    values = list(said)
    info = values.pop() if values and isinstance(values[-1], Mapping) else {}
    if not 1 <= len(values) <= 4:
        raise TypeError(f"step gave {len(said)} values; expected observation, reward, done and info")
    observation, reward, *ends = values if len(values) > 1 else (values[0], 0.0)
    return Answer(text(observation), number(reward), any(bool(end) for end in ends), info)


def text(observation: Any) -> str:
    """An observation as text; of a mapping its entry ``text`` or ``observation``."""
    if isinstance(observation, Mapping):
        observation = next(
            (observation[key] for key in ("text", "observation", "obs") if key in observation), observation
        )
    return observation if isinstance(observation, str) else str(observation)


def number(reward: Any) -> float:
    """A reward as a number, which has to be finite."""
    value = float(reward)
    if not math.isfinite(value):
        raise ValueError(f"the reward is {value}; expected a finite number")
    return value
