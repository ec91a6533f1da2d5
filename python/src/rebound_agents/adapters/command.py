"""A function that makes a world, as a program."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable

from ..serving import serve
from ..world import World


def main(world: Callable[..., World]) -> None:
    """Serves the world that this makes; its keyword arguments, which have defaults or are required,
    are the program's options."""
    said = argparse.ArgumentParser(
        description=inspect.getdoc(world), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.add_argument("--address", default="stdio", help="stdio, tcp:HOST:PORT, unix:PATH or http://HOST:PORT")
    for name, parameter in inspect.signature(world).parameters.items():
        is_required = parameter.default is parameter.empty
        kind = str if is_required or parameter.default is None else type(parameter.default)
        shown = None if is_required else f"[{parameter.default}]"
        flag = "--" + name.replace("_", "-")
        said.add_argument(flag, type=kind, default=parameter.default, required=is_required, help=shown)
    options = vars(said.parse_args())
    address = options.pop("address")
    serve(world(**options), address=address)
