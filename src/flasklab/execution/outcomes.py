"""What calling an experiment's function came to, as its process tells it in its last word."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.execution.calling import call
from flasklab.execution.places import place_of
from flasklab.recording.output import present_output
from flasklab.recording.plain import shortened
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from types import TracebackType

    from flasklab.errors import InvalidParametersError
    from flasklab.experiments.definition import Definition
    from flasklab.recording.recorder import PipeRecorder

_LONGEST_TEXT = 100_000  # characters of an error's message or traceback
_PACKAGE = str(Path(__file__).parent.parent)


class Terminated(BaseException):
    """The supervisor asked the run to end; raised in the experiment so that its `finally` blocks run."""


def called(definition: Definition, arguments: dict[str, Any], recorder: PipeRecorder) -> dict[str, Any]:
    """Call the function; its outcome.

    Raises:
        Terminated: the supervisor asked the run to end while it ran
    """
    try:
        own = os.getpid()
        result = call(definition.function, arguments, recorder)
        if os.getpid() != own:
            result = None  # a fork of the function's: what the run returns is its parent's to show
        return {"state": RunState.SUCCEEDED, "output": present_output(result, recorder), "error": None}
    except Terminated:
        raise
    except SystemExit as stop:
        return _exited(stop)
    except BaseException as error:
        return failed(error, definition)


def refused(error: InvalidParametersError) -> dict[str, Any]:
    """The outcome of a run whose parameters were refused before the function began."""
    message = f"A parameter was refused before the function began. {error}"
    print(message, file=sys.stderr)
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": "InvalidParameters", "message": message, "traceback": ""},
    }


def _exited(stop: SystemExit) -> dict[str, Any]:
    if stop.code is None or stop.code == 0:
        print("The experiment ended itself with sys.exit().", file=sys.stderr)
        return {"state": RunState.SUCCEEDED, "output": None, "error": None}
    message = f"The experiment called sys.exit({stop.code!r})."
    print(message, file=sys.stderr)
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": "SystemExit", "message": message, "traceback": _trace(stop), "where": place_of(stop)},
    }


def failed(error: BaseException, definition: Definition) -> dict[str, Any]:
    """The outcome of a run that an error ended, which is printed to its log as Python would."""
    trace = shortened(_trace(error), _LONGEST_TEXT)
    print(trace, file=sys.stderr, end="")
    try:
        message = shortened(str(error), _LONGEST_TEXT)
    except Terminated:
        raise
    except BaseException:
        message = "(its message could not be made)"
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": type(error).__name__, "message": message, "traceback": trace, "where": place_of(error)},
        "errno": error.errno if isinstance(error, OSError) else None,
        "retry": isinstance(error, definition.retry_on),
    }


def _trace(error: BaseException) -> str:
    """The traceback, from the experiment's own first line on."""
    start: TracebackType | None = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        start = start.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))
    except Terminated:
        raise
    except BaseException:
        return f"{type(error).__name__} (its traceback could not be formatted)\n"
