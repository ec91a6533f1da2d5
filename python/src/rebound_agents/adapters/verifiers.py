"""Environments of verifiers (Prime Intellect), versions 0.1: what their models would be asked, an
agent of Rebound's is asked.

A rollout runs as verifiers runs it, in a thread of its own, with a client that hands each prompt over
and waits for the action. Tools are offered by a JSON schema: ``{"tool": NAME, "arguments": {…}}``, or
``{"answer": TEXT}`` to say something.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

from ..episodes import Task
from ..world import World
from .command import main

#: Seconds to wait for an environment's next prompt.
PATIENCE = 600.0


class Rollouts:
    """An environment, of which one rollout is under way."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.rollout: Rollout | None = None

    def reset(self, options: dict[str, Any]) -> Any:
        if self.rollout is not None:
            self.rollout.cancel()
        self.rollout = Rollout(self.environment, options)
        kind, said = self.rollout.next()
        if kind == "ended":
            raise RuntimeError(f"the rollout ended before its first prompt: {said.get('error')}")
        return said

    def step(self, action: str) -> Any:
        assert self.rollout is not None
        self.rollout.actions.put(action)
        kind, said = self.rollout.next()
        if kind == "prompt":
            text, info = said
            return text, 0.0, False, info
        if said.get("error") is not None:
            raise RuntimeError(f"the rollout failed: {said['error']!r}")
        told = {name: value for name, value in (said.get("metrics") or {}).items()}
        final = text_of(said.get("final_env_response") or [])
        return final or "That was all.", said["reward"] or 0.0, True, {"feedback": f"Scored: {told}"}


class Rollout:
    """A rollout in a thread, which talks through two queues."""

    def __init__(self, environment: Any, row: dict[str, Any]) -> None:
        self.environment = environment
        self.row = row
        self.prompts: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.actions: queue.Queue[str | None] = queue.Queue()
        self.seen = 0
        threading.Thread(target=self._run, daemon=True).start()

    def next(self) -> tuple[str, Any]:
        """What comes next: a prompt as text with its info, or the end with its state."""
        kind, said = self.prompts.get(timeout=PATIENCE)
        if kind == "failed":
            raise said
        return kind, said

    def cancel(self) -> None:
        self.actions.put(None)

    def _run(self) -> None:
        try:
            asyncio.run(self._play())
        except Exception as error:
            self.prompts.put(("failed", error))

    async def _play(self) -> None:
        state = await self.environment.rollout(self.row, client_of(self), "rebound", {})
        await self.environment.rubric.score_rollout(state)
        await self.environment.rubric.cleanup(state)
        self.prompts.put(("ended", state))

    async def answer(self, prompt: Sequence[Any], tools: Sequence[Any]) -> Any:
        """Hands over what is new in the prompt, and waits for what is done."""
        new = [message for message in prompt[self.seen :] if message.role != "assistant"]
        self.seen = len(prompt)
        info = {"schema": schema_of(tools)} if tools else {}
        self.prompts.put(("prompt", (text_of(new), info)))
        action = await asyncio.to_thread(self.actions.get)
        if action is None:
            raise asyncio.CancelledError
        return response_of(action, has_tools=bool(tools))


def client_of(rollout: Rollout) -> Any:
    """A client of verifiers' that asks whoever plays the rollout."""
    from verifiers.clients import Client

    class Asking(Client):  # type: ignore[misc]
        async def get_response(
            self, prompt: Any, model: str, sampling_args: Any, tools: Any = None, **_: Any
        ) -> Any:
            return await rollout.answer(prompt, tools or [])

        def setup_client(self, config: Any) -> Any: ...
        async def close(self) -> None: ...
        async def to_native_tool(self, tool: Any) -> Any: ...
        async def to_native_prompt(self, messages: Any) -> Any: ...
        async def get_native_response(
            self, prompt: Any, model: str, sampling_args: Any, tools: Any = None
        ) -> Any: ...
        async def raise_from_native_response(self, response: Any) -> None: ...
        async def from_native_response(self, response: Any) -> Any: ...

    return Asking(None)


def response_of(action: str, *, has_tools: bool) -> Any:
    """An action as a model's response."""
    from verifiers.types import Response, ResponseMessage, ToolCall

    calls, content = None, action
    if has_tools:
        try:
            said = json.loads(action)
        except ValueError:
            said = {}
        if isinstance(said, dict) and "tool" in said:
            arguments = json.dumps(said.get("arguments", {}))
            calls = [ToolCall(id=f"call-{time.monotonic_ns()}", name=str(said["tool"]), arguments=arguments)]
            content = ""
        elif isinstance(said, dict) and "answer" in said:
            content = str(said["answer"])
    message = ResponseMessage(
        content=content, tool_calls=calls, finish_reason="tool_calls" if calls else "stop", is_truncated=False
    )
    return Response(id="rebound", created=int(time.time()), model="rebound", message=message)


def schema_of(tools: Sequence[Any]) -> dict[str, Any]:
    """The JSON schema of a tool's call, or of an answer."""

    def of(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    calls = [of({"tool": {"const": tool.name}, "arguments": tool.parameters}) for tool in tools]
    return {"anyOf": [*calls, of({"answer": {"type": "string"}})]}


def text_of(messages: Sequence[Any]) -> str:
    """Messages as text, which are objects or as an environment wrote them."""
    contents = [message["content"] if isinstance(message, dict) else message.content for message in messages]
    return "\n\n".join(found for content in contents if (found := content_of(content)))


def content_of(content: Any) -> str:
    if isinstance(content, str):
        return content.strip()
    parts = [part if isinstance(part, dict) else part.model_dump() for part in content or []]
    return "\n".join(part["text"] for part in parts if part.get("type") == "text").strip()


def world(
    id: str, arguments: str = "{}", tasks: int = 200, steps_max: int = 20, score_max: float = 1.0
) -> World:
    """An environment of verifiers as a world: ID names an installed one; ARGUMENTS, a JSON object, go
    to its load_environment. Its dataset is the split train, its evaluation's the split test, of each so
    many TASKS. A task is solved by a reward of SCORE_MAX."""
    import verifiers

    environment = verifiers.load_environment(id, **json.loads(arguments))
    splits: dict[str, list[Task]] = {}
    for split, rows in {"train": environment.get_dataset, "test": environment.get_eval_dataset}.items():
        try:
            found = rows(n=tasks)
        except ValueError:
            continue
        splits[split] = [
            Task(f"{split}/{number}", "", id, options=dict(row)) for number, row in enumerate(found)
        ]
    return World(
        lambda: Rollouts(environment),
        tasks=splits,
        name=f"verifiers/{id}",
        steps_max=steps_max,
        score_max=score_max,
    )


if __name__ == "__main__":
    main(world)
