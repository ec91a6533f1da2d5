"""Worlds for Rebound's agents, written in Python; and Rebound's worlds and runs, from Python."""

from .client import Client
from .environment import Environment
from .episodes import Answer, Task, as_tasks
from .program import ReboundError
from .runs import Run
from .serving import serve
from .world import World

__all__ = ["Answer", "Client", "Environment", "ReboundError", "Run", "Task", "World", "as_tasks", "serve"]
