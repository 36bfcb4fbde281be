"""From what was seen of an attempt's end to the state and the sentence that tell it truthfully."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from flasklab.runs.run import RunError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from flasklab.runs.json import Json

UNPREPARED = 75  # exit status of a process that could not begin, though another one may (EX_TEMPFAIL of sysexits.h)
_EXPLAINED = {
    signal.SIGSEGV: "it touched memory that is not its own (segmentation fault), often a fault in a compiled library",
    signal.SIGBUS: "it touched memory that could not be read (bus error)",
    signal.SIGABRT: "it aborted itself, often a failed check in a compiled library",
    signal.SIGFPE: "a compiled part divided by zero",
    signal.SIGILL: "it met an instruction that this processor does not have",
    signal.SIGKILL: "something outside the lab killed it; often the system was out of memory",
    signal.SIGTERM: "something outside the lab asked it to end",
    signal.SIGINT: "it was interrupted from outside the lab",
}

_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM)


class Intent(Enum):
    """Why the supervisor ended an attempt, if it did."""

    NONE = "none"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that is known of an attempt's end."""

    exit_code: int | None = None  # None when a signal ended it, or nobody saw the end
    signal: int | None = None
    outcome: dict[str, Any] | None = None  # the child's own last word
    intent: Intent = Intent.NONE
    canceled_by: str = ""
    limit: str = ""  # the limit that was passed, for people: "30 minutes", "2.0 GiB"
    begun: bool = True  # whether the experiment's code had begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How an attempt ended."""

    state: RunState
    output: Json = None
    error: RunError | None = None


def judge(seen: Seen) -> Verdict:
    """The state that an attempt ended in.

    What the function itself said before its process ended counts most: a run that had succeeded when the cancel
    reached it has succeeded.
    """
    if seen.outcome is not None and seen.outcome["state"] == RunState.SUCCEEDED:
        return Verdict(state=RunState.SUCCEEDED, output=seen.outcome.get("output"))
    if seen.intent is Intent.CANCEL:
        by = f" by {seen.canceled_by}" if seen.canceled_by else ""
        return Verdict(state=RunState.CANCELED, error=RunError(type="Canceled", message=f"Canceled{by}."))
    if seen.intent is Intent.TIMEOUT:
        message = f"It ran longer than its limit of {seen.limit} and was ended."
        return Verdict(state=RunState.TIMED_OUT, error=RunError(type="Timeout", message=message))
    if seen.intent is Intent.MEMORY:
        message = f"It used more memory than its limit of {seen.limit} and was ended."
        return Verdict(state=RunState.FAILED, error=RunError(type="OutOfMemory", message=message))
    if seen.intent is Intent.SHUTDOWN:
        return lost("The lab was stopped while the run was under way.")
    if seen.outcome is not None:
        return Verdict(state=RunState.FAILED, error=RunError(**seen.outcome["error"]))
    if seen.exit_code == UNPREPARED and not seen.begun:
        return lost("Its process could not begin; the run's log says why.")
    if seen.signal in _FROM_OUTSIDE and not seen.begun:
        return lost("Its process was killed from outside before the experiment's code began.")
    return Verdict(state=RunState.FAILED, error=_exit_error(seen))


def lost(why: str) -> Verdict:
    """The verdict on an attempt whose end nobody can tell, with the reason."""
    return Verdict(state=RunState.LOST, error=RunError(type="Lost", message=why))


def _exit_error(seen: Seen) -> RunError:
    when = "" if seen.begun else " before the experiment's code began"
    if seen.signal is not None:
        name = signal.Signals(seen.signal).name if seen.signal in set(signal.Signals) else f"signal {seen.signal}"
        why = _EXPLAINED.get(signal.Signals(seen.signal), "") if seen.signal in set(signal.Signals) else ""
        because = f": {why}" if why else ""
        return RunError(type="Signal", message=f"The process was ended by {name}{when}{because}.")
    code = "an unknown status" if seen.exit_code is None else f"status {seen.exit_code}"
    return RunError(
        type="Exit",
        message=f"The process exited with {code}{when}, before the function had returned (os._exit, or a library).",
    )
