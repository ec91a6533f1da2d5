"""Where the program `rebound` is, and what it says when it fails."""

from __future__ import annotations

import os
import shutil


class ReboundError(RuntimeError):
    """The program failed; the text is its own message."""


def found(program: str | None = None) -> str:
    """The program's path: as told, from ``REBOUND``, or in ``PATH``."""
    name = program or os.environ.get("REBOUND") or "rebound"
    path = shutil.which(name)
    if path is None:
        raise ReboundError(f"there is no program {name!r}; install Rebound, or set REBOUND to its path")
    return path
