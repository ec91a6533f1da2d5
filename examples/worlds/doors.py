"""A world of two doors, one of which leads out: a program that Rebound plays by

    rebound run --environment "exec:python3 examples/worlds/doors.py" --split train
"""

import json
import sys

SPLITS = {"train": 40, "validation": 20, "test": 20}
DESCRIPTION = {
    "protocol": 1,
    "name": "doors",
    "splits": [{"name": name, "purpose": name} for name in SPLITS],
    "steps_max": 4,
}
OPENING = {"observation": "You see a left door and a right door.", "actions": ["open left", "open right"]}
right = "left"


def answer(method, params):
    global right
    if method == "describe":
        return DESCRIPTION
    if method == "tasks":
        split = params["split"]
        return {"tasks": [{"id": f"{split}/{n}", "instruction": "Get out."} for n in range(SPLITS[split])]}
    if method == "reset":
        right = "left" if hash_of(params["task"]) % 2 else "right"
        return OPENING
    if params["action"] == f"open {right}":
        return {"observation": "You are outside.", "reward": 1, "done": True}
    return {"observation": "A wall.", "done": True, "feedback": "The other door leads out."}


def hash_of(text):
    return sum(map(ord, text))


for line in sys.stdin:
    request = json.loads(line)
    if request["method"] == "close":
        break
    result = answer(request["method"], request.get("params", {}))
    print(json.dumps({"id": request["id"], "result": result}), flush=True)
