"""ScienceWorld (Wang et al., 2022): thirty kinds of experiments in a house; needs Java."""

from __future__ import annotations

from typing import Any

from ..episodes import Task
from ..world import World
from .command import main

#: AgentBoard's weights of what the tasks need.
ABILITIES = {
    "memory": 2,
    "planning": 2,
    "world modelling": 3,
    "self-reflection": 2,
    "grounding": 3,
    "spatial navigation": 2,
}


class Experiment:
    """A simulator, which plays one experiment after another."""

    def __init__(self, simplification: str) -> None:
        from scienceworld import ScienceWorldEnv

        self.simulator = ScienceWorldEnv(envStepLimit=1 << 30)
        self.simplification = simplification
        self.score = 0.0

    def reset(self, options: dict[str, Any]) -> Any:
        self.simulator.load(options["task"], options["variation"], self.simplification)
        observation, info = self.simulator.reset()
        self.score = 0.0
        return f"{info['taskDesc'].strip()}\n\n{observation}", self._told(info)

    def step(self, action: str) -> Any:
        observation, _, done, info = self.simulator.step(action)
        # A failed experiment has a score below nothing.
        score = max(info["score"], 0) / 100
        reward, self.score = score - self.score, score
        known = not observation.startswith("No known action")
        return observation, reward, done, self._told(info) | {"known": known}

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        return {"actions": sorted(set(info["valid"])), "progress": max(info["score"], 0) / 100}


def world(task: str = "", simplification: str = "easy", variations: int = 10, steps_max: int = 50) -> World:
    """ScienceWorld as a world: TASK is the name of a kind of experiment, such as "boil", or several
    with commas, or empty for all; of each kind and fold at most so many VARIATIONS."""
    from scienceworld import ScienceWorldEnv

    simulator = ScienceWorldEnv()
    names = [name.strip() for name in task.split(",") if name.strip()] or list(simulator.get_task_names())
    splits: dict[str, list[Task]] = {"train": [], "validation": [], "test": []}
    for name in names:
        simulator.load(name, 0, simplification)
        found = (
            simulator.get_variations_train(),
            simulator.get_variations_dev(),
            simulator.get_variations_test(),
        )
        for (split, tasks), numbers in zip(splits.items(), found, strict=True):
            for number in sorted(numbers)[:variations]:
                options = {"task": name, "variation": number}
                tasks.append(Task(f"{split}/{name}/{number}", "", name, options=options, abilities=ABILITIES))
    simulator.close()
    # Objects are told in an order that differs from time to time.
    return World(
        lambda: Experiment(simplification),
        tasks=splits,
        name="scienceworld",
        steps_max=steps_max,
        repeats=False,
    )


if __name__ == "__main__":
    main(world)
