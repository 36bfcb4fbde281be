"""From what was seen of an attempt's end to the state and the sentence that tell it truthfully.

Each sentence says what happened and, where something can be done about it, what.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from flasklab.runs.history import signal_name
from flasklab.runs.run import RunError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from flasklab.runs.json import Json

UNPREPARED = 75  # exit status of a process that could not begin, though another one may (EX_TEMPFAIL of sysexits.h)
KILL_GRACE_SECONDS = 5.0  # between TERM and KILL

_EXPLAINED: dict[int, str] = {
    signal.SIGSEGV: "it touched memory that is not its own (segmentation fault), often a fault in a compiled library; "
    "the log's end shows where",
    signal.SIGBUS: "it touched memory that could not be read (bus error), often a mapped file that was cut or a full "
    "/dev/shm",
    signal.SIGABRT: "it aborted itself, often a failed check in a compiled library; the log's end may say which",
    signal.SIGFPE: "a compiled part divided by zero",
    signal.SIGILL: "it met an instruction that this processor does not have; a library was built for another one",
    signal.SIGKILL: "something outside the lab killed it: somebody, a batch system, or a container that was out of "
    "memory",
    signal.SIGTERM: "something outside the lab asked it to end",
    signal.SIGINT: "it was interrupted from outside the lab",
    signal.SIGXFSZ: "a file grew larger than a run may write here; see max_file= in @experiment and FLASKLAB_MAX_FILE",
    signal.SIGXCPU: "it used more processor time than the system allows it",
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
    killed: bool = False  # the lab had to send KILL
    limit: str = ""  # the limit that was passed, for people: "30 minutes", "2 GiB"
    used: str = ""  # what it used of it, where that is known
    out_of_memory: str = ""  # what the system says of memory that it lacked: a sentence
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
    reached it has succeeded, unless its code had learnt of the cancel and returned early for it; then it keeps its
    output.
    """
    succeeded = seen.outcome is not None and seen.outcome["state"] == RunState.SUCCEEDED
    output = seen.outcome.get("output") if seen.outcome is not None and succeeded else None
    if succeeded and not (seen.outcome or {}).get("asked"):
        return Verdict(state=RunState.SUCCEEDED, output=output)
    if seen.intent is Intent.CANCEL:
        return Verdict(state=RunState.CANCELED, output=output, error=_canceled(seen))
    if seen.intent is Intent.TIMEOUT:
        limit = f"It ran longer than its limit of {seen.limit}"
        message = f"{limit}: {_how(seen)}. If it needs longer, raise timeout= in @experiment."
        return Verdict(state=RunState.TIMED_OUT, output=output, error=RunError(type="Timeout", message=message))
    if seen.intent is Intent.MEMORY:
        held = f"It held {seen.used} of memory, more than" if seen.used else "It used more memory than"
        message = f"{held} its limit of {seen.limit}, and was ended. Let it use less, or raise memory= in @experiment."
        return Verdict(state=RunState.FAILED, error=RunError(type="OutOfMemory", message=message))
    if seen.intent is Intent.SHUTDOWN:
        return lost("The lab was stopped while the run was under way.")
    if succeeded:
        message = "Something outside the lab asked it to end (SIGTERM), and its function returned early for that."
        return Verdict(state=RunState.FAILED, output=output, error=RunError(type="Signal", message=message))
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


def why_ended(verdict: Verdict) -> str:
    """Why it ended, in a line: an exception with its class and place, anything else by its sentence."""
    error = verdict.error
    if error is None or not error.traceback:
        return error.message if error is not None else ""
    told = f"{error.type}: {error.message}" if error.message else error.type
    return f"{told} ({error.where})" if error.where else told


def given_up(verdict: Verdict, retries: int) -> Verdict:
    """The verdict on a run that is not tried again; of a lost one, with what would have let it go on.

    Args:
        verdict: on its last attempt
        retries: how often its code was allowed to begin again
    """
    if verdict.state is not RunState.LOST or verdict.error is None:
        return verdict
    if retries:
        hint = f"It had begun as often as retries={retries} in @experiment allows."
    else:
        hint = "It is not begun again by itself: retries=1 in @experiment would allow that."
    return replace(verdict, error=replace(verdict.error, message=f"{verdict.error.message} {hint}"))


def spoken_seconds(seconds: float) -> str:
    """Seconds as "2 hours", "30 minutes", "1.5 seconds"."""
    for size, unit in ((3600.0, "hour"), (60.0, "minute")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds:g} second{'s' if seconds != 1 else ''}"


def _canceled(seen: Seen) -> RunError:
    by = f" by {seen.canceled_by}" if seen.canceled_by else ""
    return RunError(type="Canceled", message=f"Canceled{by}: {_how(seen)}.")


def _how(seen: Seen) -> str:
    """How an attempt ended that was asked to."""
    if seen.outcome is not None and seen.outcome.get("asked"):
        if seen.outcome["state"] == RunState.SUCCEEDED:
            return "it stopped by itself"
        return f"it stopped by itself, with {seen.outcome['error']['type']}"
    if not seen.begun:
        return "its code had not begun"
    if seen.killed:
        return f"it had to be killed, as it had not ended {spoken_seconds(KILL_GRACE_SECONDS)} after SIGTERM"
    return "it was ended by SIGTERM"


def _exit_error(seen: Seen) -> RunError:
    when = "" if seen.begun else " before the experiment's code began"
    if seen.signal == signal.SIGKILL and seen.out_of_memory:
        return RunError(type="OutOfMemory", message=seen.out_of_memory)
    if seen.signal is not None:
        name, why = signal_name(seen.signal), _EXPLAINED.get(seen.signal, "")
        because = f": {why}" if why else ""
        return RunError(type="Signal", message=f"The process was ended by {name}{when}{because}.")
    code = "an unknown status" if seen.exit_code is None else f"status {seen.exit_code}"
    return RunError(
        type="Exit",
        message=f"The process exited with {code}{when}, before the function had returned (os._exit, or a library).",
    )
