"""A world: an environment with its tasks, and the answers to what Rebound asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import episodes
from .episodes import Answer, Task

PROTOCOL = 1
#: Tasks of one answer.
PAGE = 1000


class World:
    """An environment's tasks and splits. Each session plays an environment of its own."""

    def __init__(
        self,
        environment: Any,
        *,
        tasks: Mapping[str, Any],
        instruction: str = "Do what the environment asks.",
        name: str | None = None,
        purposes: Mapping[str, str] | None = None,
        default_split: str | None = None,
        steps_max: int = 30,
        score_max: float = 1.0,
        repeats: bool = True,
    ) -> None:
        if score_max <= 0:
            raise ValueError(f"score_max is {score_max}; expected more than 0")
        self.environment = environment
        self.tasks = episodes.as_tasks(tasks, instruction)
        self.by_id = {task.id: task for split in self.tasks.values() for task in split}
        self.score_max = score_max
        given = environment if isinstance(environment, type) else type(environment)
        self.description: dict[str, Any] = {
            "protocol": PROTOCOL,
            "name": name or getattr(environment, "name", None) or given.__name__,
            "splits": [
                {"name": split, "purpose": episodes.purpose(split, purposes or {})} for split in self.tasks
            ],
            "steps_max": steps_max,
            "repeats": repeats,
        }
        if default_split is not None:
            self.description["default_split"] = default_split

    def session(self) -> Session:
        """Someone who plays it."""
        make = self.environment if callable(self.environment) else None
        return Session(self, make() if make else self.environment)

    @property
    def can_be_shared(self) -> bool:
        """Whether there can be several sessions at once."""
        return callable(self.environment)


class Session:
    """One environment and the episode that is played in it."""

    def __init__(self, world: World, environment: Any) -> None:
        self.world = world
        self.environment = environment
        self.progress = 0.0
        self.reward = 0.0
        self.has_begun = False
        self.methods: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "describe": lambda _: self.world.description,
            "tasks": self._tasks,
            "reset": self._reset,
            "step": self._step,
        }

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request; an error of the environment is an answer, too."""
        try:
            method = self.methods.get(str(request.get("method")))
            if method is None:
                raise ValueError(f"there is no method {request.get('method')!r}")
            return {"id": request.get("id"), "result": method(request.get("params") or {})}
        except Exception as error:  # Whatever the environment raises is told to who plays it.
            message = f"{type(error).__name__}: {error}"
            return {"id": request.get("id"), "error": {"message": message}}

    def _tasks(self, params: Mapping[str, Any]) -> dict[str, Any]:
        split, begin = params["split"], int(params.get("from", 0))
        tasks = self.world.tasks.get(split)
        if tasks is None:
            raise ValueError(f"there is no split {split!r}; there are {', '.join(self.world.tasks)}")
        page = tasks[begin : begin + PAGE]
        return {"tasks": [_told(task) for task in page], "more": begin + PAGE < len(tasks)}

    def _reset(self, params: Mapping[str, Any]) -> dict[str, Any]:
        task: Task | None = self.world.by_id.get(params["task"])
        if task is None:
            raise ValueError(f"there is no task {params['task']!r}")
        self.progress = self.reward = 0.0
        self.has_begun = True
        return _seen(episodes.reset(self.environment, task))

    def _step(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not self.has_begun:
            raise ValueError("an action came before the first reset")
        answer = episodes.step(self.environment, params["action"])
        reward = answer.reward / self.world.score_max
        self.reward += reward
        told = episodes.number(answer.info.get("progress", self.reward))
        self.progress = max(self.progress, min(max(told, 0.0), 1.0))
        feedback = answer.info.get("feedback")
        return {
            **_seen(answer),
            "reward": reward,
            "progress": self.progress,
            "done": answer.done,
            **({} if feedback is None else {"feedback": str(feedback)}),
            **({"known": bool(answer.info["known"])} if "known" in answer.info else {}),
        }


def _told(task: Task) -> dict[str, Any]:
    told: dict[str, Any] = {"id": task.id, "kind": task.kind, "instruction": task.instruction}
    told |= {"difficulty": task.difficulty} if task.difficulty else {}
    return told | ({"abilities": dict(task.abilities)} if task.abilities else {})


def _seen(answer: Answer) -> dict[str, Any]:
    seen: dict[str, Any] = {"observation": answer.observation}
    actions = [action for action in answer.actions or [] if action.strip() and "\n" not in action]
    if actions:
        seen["actions"] = actions
    elif isinstance(answer.info.get("schema"), Mapping):
        seen["schema"] = answer.info["schema"]
    return seen
