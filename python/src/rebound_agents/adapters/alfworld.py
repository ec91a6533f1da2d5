"""The original ALFWorld (Shridhar et al., 2021), by its own package."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ..episodes import Difficulty, Task
from ..world import World
from .command import main

PURPOSES = {"train": "train", "valid_seen": "validation", "valid_unseen": "test"}
#: AgentBoard's weights of what the tasks need.
ABILITIES = {
    "memory": 1,
    "planning": 1,
    "world modelling": 3,
    "self-reflection": 3,
    "grounding": 2,
    "spatial navigation": 2,
}
EASY = ("pick_and_place_simple", "look_at_obj_in_light")


class Game:
    """The game that was reset last."""

    def __init__(self) -> None:
        self.playing: Any = None

    def reset(self, options: dict[str, Any]) -> Any:
        import textworld
        from alfworld.agents.environment.alfred_tw_env import AlfredDemangler

        if self.playing is None:
            asked = textworld.EnvInfos(admissible_commands=True, won=True)
            self.playing = textworld.start(options["file"], asked, wrappers=[AlfredDemangler()])
        else:
            # A simulator of its own would bring a copy of the planner's library.
            self.playing.load(options["file"])
        state = self.playing.reset()
        return state["feedback"], {"actions": state["admissible_commands"]}

    def step(self, action: str) -> Any:
        state, _, done = self.playing.step(action)
        info = {"actions": state["admissible_commands"]}
        return state["feedback"], float(bool(state["won"])), done, info


def world(data: str = "", steps_max: int = 30) -> World:
    """ALFWorld as a world: DATA is the folder that holds json_2.1.1, by default that of
    ALFWORLD_DATA; its tasks are called as Rebound's own ALFWorld calls them."""
    folder = Path(data or os.environ.get("ALFWORLD_DATA") or "~/.cache/alfworld").expanduser()
    found = {
        split: [_task(path, split) for path in sorted((folder / "json_2.1.1" / split).glob("*/*/game.tw-pddl"))]
        for split in PURPOSES
    }
    splits = {split: tasks for split, tasks in found.items() if tasks}
    if not splits:
        raise SystemExit(f"there are no games in {folder / 'json_2.1.1'}; name the folder by --data")
    purposes = {split: PURPOSES[split] for split in splits}
    return World(Game, tasks=splits, name="alfworld", purposes=purposes, steps_max=steps_max)


def _task(path: Path, split: str) -> Task:
    trial, task = path.parent, path.parent.parent
    kind = re.split("-", task.name, maxsplit=1)[0]
    difficulty: Difficulty = "easy" if kind in EASY else "hard"
    return Task(
        f"{split}/{task.name}/{trial.name}",
        "",
        kind,
        options={"file": str(path)},
        difficulty=difficulty,
        abilities=ABILITIES,
    )


if __name__ == "__main__":
    main(world)
