"""The decorator that makes a function an experiment, and what it notes about it.

Decorating costs microseconds: the signature is read only when the experiment is described or run, so that a
module of experiments stays as quick to import in a notebook as one of plain functions.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from flasklab.config import duration_seconds, is_pool_name, size_bytes
from flasklab.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    ErrorClasses = type[Exception] | tuple[type[Exception], ...]

    Function = TypeVar("Function", bound=Callable[..., Any])

ATTRIBUTE = "__flasklab__"
ISOLATIONS = ("fresh", "warm")
CANCEL_GRACE_SECONDS = 10.0
_LONGEST_GRACE_SECONDS = 3600.0
_RETRY_WAIT_SECONDS = 10.0
_MOST = 2**31 - 1  # what a column of whole numbers holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """An experiment as its author wrote it."""

    function: Callable[..., Any]  # the very function that was decorated
    name: str  # what the lab calls it
    tags: tuple[str, ...] = ()
    timeout_seconds: float | None = None  # None is no limit
    memory_bytes: int | None = None  # None is no limit
    retries: int = 0  # how often its code may begin again in a run
    retry_on: tuple[type[Exception], ...] = ()  # after which exceptions; after a loss always
    retry_wait: float = _RETRY_WAIT_SECONDS  # seconds before the first of them; the later waits grow
    priority: int = 0  # queued runs of a higher one are claimed first
    concurrency: int | None = None  # runs of it at once; None is no limit
    resources: Mapping[str, int] = field(
        default_factory=dict, hash=False
    )  # units of the lab's pools that each run takes
    isolation: str = "fresh"  # one of ISOLATIONS
    cancel_grace: float = CANCEL_GRACE_SECONDS  # to end by itself, for code that looks at `run.canceling`
    max_file_bytes: int | None = None  # of the largest file it may write; None leaves it to the lab's setting
    shadows: tuple[str, int] | None = None  # file and line of an earlier experiment whose place it took

    @property
    def module(self) -> str:
        """The module the function was defined in."""
        return self.function.__module__

    @property
    def file(self) -> str:
        """Absolute path of the source, or what Python calls it ("<stdin>")."""
        return _place(self.function)[0]

    @property
    def line(self) -> int:
        """Where the definition begins: its first decorator, or its `def`."""
        return _place(self.function)[1]


@overload
def experiment(function: Function, /) -> Function: ...


@overload
def experiment(
    *,
    name: str | None = None,
    tags: Iterable[str] = (),
    timeout: str | float | None = None,
    memory: str | int | None = None,
    retries: int = 0,
    retry_on: ErrorClasses = (),
    retry_wait: str | float = _RETRY_WAIT_SECONDS,
    priority: int = 0,
    concurrency: int | None = None,
    resources: Mapping[str, int] | None = None,
    isolation: str = "fresh",
    cancel_grace: str | float | None = None,
    max_file: str | int | None = None,
) -> Callable[[Function], Function]: ...


def experiment(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    tags: Iterable[str] = (),
    timeout: str | float | None = None,
    memory: str | int | None = None,
    retries: int = 0,
    retry_on: ErrorClasses = (),
    retry_wait: str | float = _RETRY_WAIT_SECONDS,
    priority: int = 0,
    concurrency: int | None = None,
    resources: Mapping[str, int] | None = None,
    isolation: str = "fresh",
    cancel_grace: str | float | None = None,
    max_file: str | int | None = None,
) -> Function | Callable[[Function], Function]:
    """Make a function an experiment; it stays the same plain function.

    Args:
        function: the function, when the decorator is written without arguments
        name: what the lab calls it; the function's name by default
        tags: words that every run of it carries
        timeout: how long a run may take: seconds, or text like "30m" or "1h 30m"
        memory: how much memory a run may take: bytes, or text like "2 GiB"
        retries: how often a run's code may begin again: after the lab lost the run (it was stopped, or died, under
            it), and after the exceptions in `retry_on`
        retry_on: an exception class or several; with `MemoryError`, also after a run used too much memory
        retry_wait: how long before the first retry: seconds, or text like "1m"; doubles with each, to an hour at most
        priority: queued runs of a higher one begin first; a start may give another
        concurrency: how many runs of it may be under way at once
        resources: how many units each run takes of which of the lab's pools (`FLASKLAB_RESOURCES`), like {"gpu": 1}
        isolation: "fresh" gives every run its own process; "warm" lets one process serve run after run
        cancel_grace: how long code that looks at `run.canceling` may take to end by itself: seconds, or text like "30s"
        max_file: the largest file a run may write: bytes, or text like "10 GiB"

    Raises:
        DefinitionError: an argument cannot be used; the message names file, line and mend.
    """
    caller = sys._getframe(1)  # noqa: SLF001 - the cheap way to the line that a mistake stands on
    options = _Options(caller)
    found: dict[str, Any] = {
        "tags": options.tags(tags),
        "timeout_seconds": options.amount("timeout", timeout, duration_seconds, '"30m" or 1800'),
        "memory_bytes": options.size("memory", memory, '"2 GiB"'),
        "retries": options.whole("retries", retries, least=0),
        "retry_on": options.retry_on(retry_on, retries),
        "retry_wait": options.retry_wait(retry_wait),
        "priority": options.whole("priority", priority, least=-_MOST),
        "concurrency": None if concurrency is None else options.whole("concurrency", concurrency, least=1),
        "resources": options.resources(resources),
        "isolation": options.isolation(isolation),
        "cancel_grace": options.grace(cancel_grace),
        "max_file_bytes": options.size("max_file", max_file, '"10 GiB"'),
    }

    def decorate(function: Function) -> Function:
        options.check_function(function)
        definition = Definition(
            function=function,
            name=options.name(function.__name__ if name is None else name),
            shadows=_shadowed(function),
            **found,
        )
        try:
            setattr(function, ATTRIBUTE, definition)
        except AttributeError:
            raise options.error(f"{function!r} cannot carry an experiment; wrap it in a def") from None
        return function

    return decorate if function is None else decorate(function)


def definition_of(value: object) -> Definition | None:
    """What `experiment` noted on `value`, or None for anything else.

    A wrapper that another decorator put around an experiment (with `functools.wraps`) is what runs.
    """
    try:
        found = inspect.getattr_static(value, ATTRIBUTE, None)
    except Exception:  # noqa: BLE001, RUF100 - whatever lies in a module's namespace, it is only looked at
        return None
    if not isinstance(found, Definition):
        return None
    if found.function is value or not callable(value):
        return found
    return replace(found, function=value)


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return getattr(sys.modules.get(function.__module__), "__file__", None) or "<unknown>", 1
    return code.co_filename, code.co_firstlineno


def _shadowed(function: Callable[..., Any]) -> tuple[str, int] | None:
    """Where an experiment stands that this one replaces in its module, as a second `def` of one name does."""
    if "<locals>" in getattr(function, "__qualname__", "<locals>"):
        return None
    earlier = getattr(function, "__globals__", {}).get(function.__name__)
    found = definition_of(earlier)
    if found is None or found.module != function.__module__ or _place(found.function) == _place(function):
        return None
    return _place(found.function)


class _Options:
    """Reads the decorator's arguments; its errors name the line they stand on."""

    def __init__(self, caller: FrameType) -> None:
        # Not the frame itself: it would keep everything alive that the caller's locals hold.
        self._file, self._line = caller.f_code.co_filename, caller.f_lineno

    def error(self, message: str) -> DefinitionError:
        return DefinitionError(f"@experiment: {message}.", file=self._file, line=self._line)

    def check_function(self, function: object) -> None:
        if inspect.isclass(function):
            raise self.error(f"{function.__name__} is a class; decorate a function that makes and uses it")
        if isinstance(function, (staticmethod, classmethod)):
            raise self.error("a method cannot be an experiment; decorate a function of a module")
        if not callable(function) or not hasattr(function, "__name__"):
            raise self.error(f"it decorates a function, not {function!r}; its arguments need their names")

    def name(self, name: object) -> str:
        if not isinstance(name, str) or not re.fullmatch(r"[^\W\d][\w-]{0,99}", name):
            raise self.error(
                f"{name!r} cannot be an experiment's name, as it stands in addresses; "
                'give one of letters, digits, "_" and "-": @experiment(name="...")'
            )
        return name

    def tags(self, tags: object) -> tuple[str, ...]:
        words = () if isinstance(tags, str) or not hasattr(tags, "__iter__") else tuple(tags)
        if (tags and not words) or not all(isinstance(word, str) and word.strip() for word in words):
            raise self.error(f"tags={tags!r} is no list of words; write tags=['vision', 'daily']")
        return tuple(dict.fromkeys(word.strip() for word in words))

    def amount(self, key: str, value: object, read: Callable[[Any], float], like: str) -> float | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self.error(f"{key}={value!r} is neither a number nor text; write {key}={like}")
        try:
            number = float(read(value))
        except (ValueError, OverflowError) as error:
            raise self.error(f"{key}={value!r} cannot be used: {error}; write {key}={like}") from None
        if not (math.isfinite(number) and number > 0):
            raise self.error(f"{key}={value!r} must be more than nothing; leave it out for no limit")
        return number

    def size(self, key: str, value: object, like: str) -> int | None:
        amount = self.amount(key, value, size_bytes, f"{like} or a number of bytes")
        return None if amount is None else int(amount)

    def grace(self, value: object) -> float:
        seconds = self.amount("cancel_grace", value, duration_seconds, '"30s" or 30') or CANCEL_GRACE_SECONDS
        if seconds > _LONGEST_GRACE_SECONDS:
            raise self.error(f"cancel_grace={value!r} is longer than an hour; whoever cancels a run waits for its end")
        return seconds

    def whole(self, key: str, value: object, *, least: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
            of = "" if least < 0 else f" from {least} on"
            raise self.error(f"{key}={value!r} is no whole number{of}; write {key}=1")
        return value

    def retry_on(self, value: object, retries: object) -> tuple[type[Exception], ...]:
        classes = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        for one in classes:
            if not (isinstance(one, type) and issubclass(one, Exception)):
                raise self.error(f"retry_on={value!r} is no exception class; write retry_on=(ConnectionError,)")
        if classes and retries == 0:
            raise self.error("retry_on is given, but nothing is tried again without retries; write retries=1 beside it")
        return classes

    def retry_wait(self, value: object) -> float:
        if value == 0 and not isinstance(value, bool):
            return 0.0
        seconds = self.amount("retry_wait", value, duration_seconds, '"10s" or 10')
        return _RETRY_WAIT_SECONDS if seconds is None else seconds

    def resources(self, value: object) -> dict[str, int]:
        if value is None:
            return {}
        if not isinstance(value, Mapping) or not all(is_pool_name(name) for name in value):
            raise self.error(f"resources={value!r} does not name pools and units; write resources={{'gpu': 1}}")
        return {name: self.whole(f"resources[{name!r}]", units, least=1) for name, units in value.items()}

    def isolation(self, value: object) -> str:
        if value not in ISOLATIONS:
            raise self.error(f'isolation={value!r} is unknown; write "fresh" or "warm"')
        return str(value)
