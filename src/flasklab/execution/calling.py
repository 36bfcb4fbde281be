"""Calling an experiment's function, whatever kind it is: plain, async, generator or async generator."""

from __future__ import annotations

import asyncio
import inspect
from numbers import Number
from typing import TYPE_CHECKING, Any

from flasklab.recording.proxy import run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Mapping


def call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call `function` to its end and return its result; whatever it yields is logged or shown as it comes."""
    result = function(**arguments)
    if inspect.isgenerator(result):
        return _exhaust(result)
    if inspect.isasyncgen(result):
        return asyncio.run(_exhaust_async(result))
    if inspect.iscoroutine(result):
        return asyncio.run(_awaited(result))
    return result


def tell(value: Any) -> None:
    """Log what was yielded if it is a dict of numbers, print it if it is text, show it otherwise."""
    if value is None:
        return
    if isinstance(value, dict) and value and all(_is_scalar(item) for item in value.values()):
        step = value.get("step")
        if isinstance(step, int) and len(value) > 1:
            run.log({key: item for key, item in value.items() if key != "step"}, step=step)
        else:
            run.log(value)
    elif isinstance(value, str):
        print(value)  # noqa: T201 - the run's log is what it prints
    else:
        run.show(value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Number) or (hasattr(value, "item") and getattr(value, "shape", None) == ())


def _exhaust(generator: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            value = next(generator)
        except StopIteration as end:
            return end.value
        tell(value)


async def _exhaust_async(generator: AsyncGenerator[Any, None]) -> None:
    async for value in generator:
        tell(value)


async def _awaited(coroutine: Any) -> Any:
    return await coroutine
