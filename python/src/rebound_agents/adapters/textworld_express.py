"""TextWorldExpress (Jansen and Côté, 2022): eight text games with seeds; needs Java."""

from __future__ import annotations

import itertools
from typing import Any

from ..episodes import Task
from ..world import World
from .command import main


class Game:
    """A simulator, which plays one game after another."""

    def __init__(self) -> None:
        from textworld_express import TextWorldExpressEnv

        self.simulator = TextWorldExpressEnv(envStepLimit=1 << 30)

    def reset(self, options: dict[str, Any]) -> Any:
        observation, info = self.simulator.reset(
            seed=options["seed"],
            gameFold=options["fold"],
            gameName=options["game"],
            gameParams=options["params"],
        )
        return f"{info['taskDescription']}\n\n{observation}", told(info)

    def step(self, action: str) -> Any:
        observation, reward, done, info = self.simulator.step(action)
        # A failed game counts below nothing.
        return observation, reward, done, told(info) | {"known": not observation.startswith("Unknown action")}


def told(info: dict[str, Any]) -> dict[str, Any]:
    return {"actions": info["validActions"], "progress": max(info["score"], 0.0)}


def world(game: str = "coin", params: str = "", tasks: int = 200, steps_max: int = 50) -> World:
    """TextWorldExpress as a world: GAME is one of coin, mapreader, sorting, arithmetic, simonsays,
    cookingworld, twc and peckingorder; PARAMS are the game's own, such as
    "numLocations=5,includeDoors=0"; of each fold so many TASKS."""
    from textworld_express import TextWorldExpressEnv

    simulator = TextWorldExpressEnv()
    simulator.load(game, params)
    seeds = {
        "train": simulator.getValidSeedsTrain,
        "validation": simulator.getValidSeedsDev,
        "test": simulator.getValidSeedsTest,
    }
    folds = {"train": "train", "validation": "dev", "test": "test"}
    splits = {
        split: [
            Task(
                f"{split}/{seed}",
                "",
                game,
                options={"game": game, "params": params, "fold": folds[split], "seed": seed},
            )
            for seed in itertools.islice(sorted(of()), tasks)
        ]
        for split, of in seeds.items()
    }
    simulator.close()
    return World(Game, tasks=splits, name=f"textworld-express/{game}", steps_max=steps_max)


if __name__ == "__main__":
    main(world)
