"""How a run is being ended, how its attempts ended, and what it can be gone on from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flasklab.runs.history import signal_name
from flasklab.runs.state import RunState
from flasklab.web.presenters import formats
from flasklab.web.presenters.frame import STATE_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.runs.checkpoints import CheckpointFile
    from flasklab.runs.history import Attempt, RunEvent
    from flasklab.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an end: the wish, the signals."""

    text: str
    moment: formats.Moment
    after: str  # since the first of them, "+10.0 s"; "" for that one


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One time that a run was taken up."""

    number: int
    state: str  # a state, for its colour and icon
    word: str  # "Failed", "Lost", ...
    begun: formats.Moment | None
    took: str  # "" while it lasts
    how: str  # "exit code 1", "SIGKILL"; "" where nobody saw it
    reason: str
    who: str  # "process 4711 on host, supervisor 4700"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointLine:
    """The last checkpoint."""

    size: str
    moment: formats.Moment


def steps(run: Run, events: Sequence[RunEvent], attempts: Sequence[Attempt], at: datetime) -> tuple[Step, ...]:
    """The steps of the end of the run's latest attempt, first to last."""
    since = attempts[-1].claimed_at if attempts else None
    found: list[Step] = []
    first: datetime | None = None
    for event in events:
        if event.kind == "cancel":
            by = event.data.get("by")
            text = f"Cancel asked for by {by}." if by else "Cancel asked for."
        elif event.kind == "ending" and (since is None or event.at >= since):
            text = str(event.data.get("told") or "")
        else:
            continue
        first = first or event.at
        after = formats.since((event.at - first).total_seconds()) if found else ""
        found.append(Step(text=text, moment=formats.moment(event.at, at), after=after))
    ended_so = run.state in (RunState.SUCCEEDED, RunState.QUEUED)  # the wish, if there was one, came to nothing
    return () if ended_so else tuple(found)


def attempt_rows(run: Run, attempts: Sequence[Attempt], at: datetime) -> tuple[AttemptRow, ...]:
    """The attempts of a run that needed several or did not succeed."""
    ended_well = run.state in (RunState.SUCCEEDED, RunState.RUNNING, RunState.QUEUED)
    if len(attempts) < 2 and (ended_well or not attempts):
        return ()
    return tuple(_row(one, at) for one in attempts)


def checkpoint_line(found: CheckpointFile | None, at: datetime) -> CheckpointLine | None:
    """The last checkpoint in words."""
    if found is None:
        return None
    written = datetime.fromtimestamp(found.at, UTC)
    return CheckpointLine(size=formats.size(found.size), moment=formats.moment(written, at))


def _row(attempt: Attempt, at: datetime) -> AttemptRow:
    state = RunState(attempt.state) if attempt.state else None
    begun, ended = attempt.begun_at, attempt.ended_at
    how = signal_name(attempt.signal) or ("" if attempt.exit_code is None else f"exit code {attempt.exit_code}")
    who = [f"process {attempt.pid}"] if attempt.pid else []
    if attempt.supervisor:
        host, _, pid = attempt.supervisor.rpartition(" ")
        who += [f"supervisor {pid}", f"on {host}"]
    word = STATE_WORDS[state or RunState.RUNNING]
    if state is None and ended is not None:
        word = "Ended"  # by a lab of an older version, which did not note how
    return AttemptRow(
        number=attempt.attempt,
        state=(state or RunState.RUNNING).value,
        word=word,
        begun=formats.moment(begun, at) if begun else None,
        took=formats.duration((ended - begun).total_seconds()) if begun and ended else "",
        how=how,
        reason=attempt.reason or ("" if begun or state is None else "Its code had not begun."),
        who=", ".join(who),
    )
