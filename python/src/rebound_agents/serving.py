"""Lines of JSON: standard input and output, a socket, or HTTP."""

from __future__ import annotations

import http.server
import json
import os
import socketserver
import sys
import threading
from collections.abc import Mapping
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO

from .world import Session, World

#: Bytes of a line that is read.
LINE_MAX = 8 << 20
#: Sessions of HTTP that are kept; the one that was asked least recently makes room.
SESSIONS_MAX = 64


def serve(environment: Any, *, address: str = "stdio", **world: Any) -> None:
    """Makes an environment a world that Rebound plays, until nobody asks any more.

    ``environment`` is a class or function that makes environments, or one of them. Its ``reset`` takes
    what it likes of ``seed``, ``options`` and ``task`` and gives an observation, or it and an ``info``;
    its ``step`` takes an action's text and gives observation, reward, done and info (Gym), or with
    terminated and truncated (Gymnasium). Of an ``info`` are read: ``actions`` (or
    ``admissible_commands``), ``schema`` (a JSON schema of actions), ``progress`` (0 to 1),
    ``feedback`` in words and ``known`` (whether the action was one that the environment knows). A task
    is solved when its rewards sum to ``score_max``.

    ``tasks`` maps each split to a number of seeds or a list of tasks; a split is for what its name
    begins with (train, validation, test), or as ``purposes`` says. The other arguments are those of
    :class:`World`.

    ``address`` is ``stdio``, ``tcp:HOST:PORT``, ``unix:PATH`` or ``http://HOST:PORT``. Several at once
    can play at a socket where ``environment`` makes environments.
    """
    made = environment if isinstance(environment, World) else World(environment, **world)
    scheme, _, place = address.partition(":")
    if address == "stdio":
        _serve_stdio(made)
    elif scheme == "tcp":
        host, _, port = place.rpartition(":")
        _serve_socket(made, socketserver.ThreadingTCPServer, (host.strip("[]"), int(port)))
    elif scheme == "unix":
        Path(place).unlink(missing_ok=True)
        _serve_socket(made, socketserver.ThreadingUnixStreamServer, place)
    elif scheme == "http":
        host, _, port = place.strip("/").rpartition(":")
        _serve_http(made, (host.strip("[]"), int(port)))
    else:
        raise ValueError(f"cannot serve at {address!r}; expected stdio, tcp:, unix: or http:")


def converse(session: Session, source: BufferedIOBase | BinaryIO, target: BufferedIOBase | BinaryIO) -> None:
    """Answers line after line until ``close`` or the end."""
    while line := source.readline(LINE_MAX):
        request = _request(line)
        if request.get("method") == "close":
            return
        target.write(json.dumps(session.answer(request)).encode() + b"\n")
        target.flush()


def _request(line: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(line)
    except ValueError:
        return {}
    return request if isinstance(request, Mapping) else {}


def _serve_stdio(world: World) -> None:
    # What an environment prints must not stand between the answers.
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        converse(world.session(), sys.stdin.buffer, answers)
    except BrokenPipeError:
        pass


def _serve_socket(world: World, server: Any, address: Any) -> None:
    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = server is socketserver.ThreadingTCPServer

        def handle(self) -> None:
            try:
                converse(world.session(), self.rfile, self.wfile)
            except (BrokenPipeError, ConnectionResetError):
                pass

    server.allow_reuse_address = True
    server.daemon_threads = True
    with server(address, Handler) as serving:
        serving.serve_forever()


def _serve_http(world: World, address: tuple[str, int]) -> None:
    sessions: dict[str, Session] = {}
    lock = threading.Lock()

    def session(name: str, ends: bool) -> Session:
        with lock:
            found = sessions.pop(name, None) or world.session()
            if not ends:
                sessions[name] = found
                if len(sessions) > SESSIONS_MAX:
                    sessions.pop(next(iter(sessions)))
            return found

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), LINE_MAX)
            request = _request(self.rfile.read(length))
            ends = request.get("method") == "close"
            found = session(self.headers.get("rebound-session", ""), ends)
            told = {"id": request.get("id"), "result": {}} if ends else found.answer(request)
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(address, Handler) as serving:
        serving.serve_forever()
