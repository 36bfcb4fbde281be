"""Calling an experiment's function, whatever kind it is: plain, async, generator or async generator."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

from flasklab.recording.output import present_yield

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from flasklab.recording.recorder import Recorder


def call(function: Callable[..., Any], arguments: Mapping[str, Any], recorder: Recorder) -> Any:
    """Call `function` to its end and return its result; whatever it yields is told as it comes.

    Args:
        function: the experiment's function
        arguments: by name
        recorder: of the run
    """
    result = function(**arguments)
    if isinstance(result, Generator):
        return _exhaust(result, recorder)
    if isinstance(result, AsyncGenerator):
        return asyncio.run(_exhaust_async(result, recorder))
    if inspect.iscoroutine(result):
        return asyncio.run(_awaited(result))
    return result


def tell(value: Any, position: int, recorder: Recorder) -> None:
    """Print yielded text into the log; log the numbers of anything else, and show the rest.

    Args:
        value: what was yielded
        position: 0 for the first; the step, unless a dict brings a whole number as "step"
        recorder: of the run
    """
    if isinstance(value, str):
        print(value)
        return
    if isinstance(value, dict) and type(value.get("step")) is int and len(value) > 1:
        position = value["step"]
        value = {key: item for key, item in value.items() if key != "step"}
    present_yield(value, position, recorder)


def _exhaust(generator: Generator[Any, None, Any], recorder: Recorder) -> Any:
    position = 0
    while True:
        try:
            value = next(generator)
        except StopIteration as end:
            return end.value
        tell(value, position, recorder)
        position += 1


async def _exhaust_async(generator: AsyncGenerator[Any, None], recorder: Recorder) -> None:
    position = 0
    async for value in generator:
        tell(value, position, recorder)
        position += 1


async def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await coroutine
