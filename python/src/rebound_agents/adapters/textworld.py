"""TextWorld (Côté et al., 2018): games that are generated from seeds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ..episodes import Task
from ..world import World
from .command import main


class Game:
    """The game that was reset last, which is made where it is not yet."""

    def __init__(self, rooms: int, objects: int, quest: int) -> None:
        self.size = (rooms, objects, quest)
        self.folder = tempfile.TemporaryDirectory(prefix="textworld-")
        self.playing: Any = None
        self.score = 0

    def reset(self, seed: int) -> Any:
        import textworld

        if self.playing is not None:
            self.playing.close()
        asked = textworld.EnvInfos(
            admissible_commands=True,
            score=True,
            max_score=True,
            won=True,
            lost=True,
            objective=True,
            description=True,
        )
        self.playing = textworld.start(str(self._made(seed)), asked)
        state = self.playing.reset()
        self.score = 0
        return f"{state.objective}\n\n{state.description.strip()}", self._told(state)

    def step(self, action: str) -> Any:
        state, _, done = self.playing.step(action)
        score = state.score or 0
        gained, self.score = score - self.score, score
        # A game of several quests is won by all of them.
        return said(state.feedback), gained / state.max_score, done, self._told(state)

    def _told(self, state: Any) -> dict[str, Any]:
        return {"actions": state.admissible_commands, "progress": (state.score or 0) / state.max_score}

    def _made(self, seed: int) -> Path:
        import textworld

        path = Path(self.folder.name) / f"{seed}.z8"
        if not path.exists():
            options = textworld.GameOptions()
            options.seeds, options.path = seed, str(path)
            options.nb_rooms, options.nb_objects, options.quest_length = self.size
            textworld.make(options)
        return path


def said(feedback: str) -> str:
    """What the game said, without its prompt and its status line."""
    return feedback.rsplit("\n>", 1)[0].strip()


def world(rooms: int = 4, objects: int = 6, quest: int = 3, tasks: int = 200, steps_max: int = 30) -> World:
    """TextWorld as a world: games of so many ROOMS and OBJECTS whose QUEST takes so many actions; of
    each split so many TASKS."""
    seeds = {
        split: [
            Task(f"{split}/{number}", "", f"quest of {quest}", seed=begin + number) for number in range(tasks)
        ]
        for split, begin in {"train": 1_000_000, "validation": 2_000_000, "test": 3_000_000}.items()
    }
    return World(lambda: Game(rooms, objects, quest), tasks=seeds, name="textworld", steps_max=steps_max)


if __name__ == "__main__":
    main(world)
