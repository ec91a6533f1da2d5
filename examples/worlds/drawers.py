import random

from rebound_agents import serve

DRAWERS = ["red", "green", "blue", "yellow"]


class Drawers:
    def reset(self, seed):
        self.key, self.left = random.Random(seed).choice(DRAWERS), 2
        return "There are four drawers. You may open two.", self.info()

    def step(self, action):
        drawer = action.split()[1]
        if drawer == self.key:
            return "The key is in it.", 1.0, True, {}
        self.left -= 1
        return f"The {drawer} drawer is empty.", 0.0, self.left == 0, self.info()

    def info(self):
        return {"actions": [f"open {drawer} drawer" for drawer in DRAWERS]}


serve(Drawers, instruction="Find the key.", tasks={"train": 40, "validation": 20, "test": 20})
