"""Runs as people read them in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.cli.console import number_text, state_text, table, time_text
from flasklab.runs import amounts
from flasklab.runs.json import encode
from flasklab.runs.progress import left_text, pace_text, position_text
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from flasklab.runs.history import Attempt
    from flasklab.runs.run import Run, RunError

_HEADINGS = ("#>", "experiment", "state", "parameters", "progress", "created", "took>", "id")
# Left out of a list, in this order, where its parameters would have fewer characters.
_LEFT_OUT = {"progress": 20, "took>": 20, "created": 10}
_MOST_PARAMS = 60  # characters of parameters in a list's line
_GAP = 3  # characters between two columns


def value_text(value: Any) -> str:
    """A parameter's or output's JSON value on one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and {"file", "sha256"} <= value.keys():
        return str(value["file"])
    return encode(value).decode()


def runs_table(runs: Sequence[Run], width: int) -> Table:
    """One line per run: what it is, where it stands, what was asked for.

    Args:
        runs: one at least
        width: characters that a line has; where they are few, columns are left out and parameters cut
    """
    columns = dict(zip(_HEADINGS, zip(*map(_cells, runs), strict=True), strict=True))
    for heading, least in _LEFT_OUT.items():
        if _room(columns, width) < least:
            del columns[heading]
    made = table(*columns)
    for column in made.columns:
        column.no_wrap = True
        if column.header == "parameters":
            column.overflow, column.max_width = "ellipsis", max(1, min(_room(columns, width), _MOST_PARAMS))
    for row in zip(*columns.values(), strict=True):
        made.add_row(*row)
    return made


def _cells(run: Run) -> tuple[Text | str, ...]:
    params = ", ".join(f"{name}={value_text(run.params[name])}" for name in run.given if name in run.params)
    params = " ".join(params.split())  # a text may have lines
    took = "" if run.duration_seconds is None else amounts.duration(run.duration_seconds)
    told = (progress_text(run), time_text(run.created_at), took, run.id)
    return (str(run.number), run.experiment, state_text(run.state), params, *told)


def _room(columns: Mapping[str, Sequence[Text | str]], width: int) -> int:
    """Characters left for the parameters beside the other columns."""
    from rich.cells import cell_len

    others = [[heading.rstrip(">"), *cells] for heading, cells in columns.items() if heading != "parameters"]
    return width - sum(max(cell_len(str(cell)) for cell in cells) + _GAP for cells in others)


def progress_text(run: Run) -> str:
    """How far a run has come: its place in the queue, or where its loops are."""
    if run.queue_position is not None:
        return f"number {run.queue_position} in the queue"
    if run.state is RunState.QUEUED and run.not_before is not None:
        return f"not before {time_text(run.not_before)}"
    if run.progress is None or run.state.is_final:
        return ""
    return position_text(run.progress)


def pace_and_left(run: Run) -> str:
    """How fast a running run goes and what is left of it: "12.4 it/s · about 2m 10s left"; "" while nobody can tell."""
    if run.progress is None or run.state is not RunState.RUNNING:
        return ""
    at = now()
    left = run.progress.left(at)
    parts = (pace_text(run.progress, at), "" if left is None else f"{left_text(left)} left")
    return " · ".join(part for part in parts if part)


def error_text(error: RunError) -> str:
    """Why a run did not succeed, and where its code raised."""
    where = f" ({error.where})" if error.where else ""
    return f"{error.sentence}{where}"


def print_run(out: Console, run: Run, attempts: Sequence[Attempt] = (), waiting: str = "") -> None:
    """Everything a person wants to know of one run; its attempts where there were several.

    Args:
        out: where to print
        run: which
        attempts: of the run
        waiting: why a queued one waits
    """
    out.print(f"#{run.number} {run.experiment}", style="bold", end=" ")
    told = (progress_text(run), pace_and_left(run))
    out.print(state_text(run.state), " · ".join(one for one in told if one))
    moment = f"queued {time_text(run.created_at)}"
    if run.started_at is not None:
        moment = f"started {time_text(run.started_at)}"
    took = f", took {amounts.duration(run.duration_seconds)}" if run.duration_seconds is not None else ""
    by = f" by {run.created_by}" if run.created_by else ""
    out.print(f"{run.id}, {moment}{by}{took}", style="dim")
    if waiting:
        out.print(waiting)
    if run.tags or run.note:
        out.print(" ".join(f"[{tag}]" for tag in run.tags), run.note)
    if run.error is not None:
        out.print(f"\n{error_text(run.error)}", style="red")
        if run.error.traceback:
            out.print(run.error.traceback.rstrip(), style="dim")
    if len(attempts) > 1:
        _print_attempts(out, attempts)
    _print_values(out, "parameter", run.params, bold=run.given)
    output = run.output if isinstance(run.output, dict) else {"output": run.output}
    if run.output is not None:
        _print_values(out, "output", output)
    if run.metrics:
        made = table("metric", "last>", "min>", "max>", "points>")
        for key, found in run.metrics.items():
            made.add_row(key, number_text(found.last), number_text(found.min), number_text(found.max), str(found.count))
        out.print("", made, sep="\n")
    if run.artifacts:
        made = table("file", "type", "size>")
        for artifact in run.artifacts:
            made.add_row(artifact.name, artifact.media_type, amounts.size(artifact.size))
        out.print("", made, sep="\n")


def _print_attempts(out: Console, attempts: Sequence[Attempt]) -> None:
    made = table("attempt>", "ended as", "took>", "why")
    for one in attempts:
        took = ""
        if one.begun_at is not None and one.ended_at is not None:
            took = amounts.duration((one.ended_at - one.begun_at).total_seconds())
        made.add_row(str(one.attempt), (one.state or "").replace("_", " "), took, one.reason)
    out.print("", made, sep="\n")


def _print_values(out: Console, heading: str, values: Any, bold: Sequence[str] = ()) -> None:
    made = table(heading, "value")
    for name, value in values.items():
        made.add_row(name, value_text(value), style="bold" if name in bold else None)
    if values:
        out.print("", made, sep="\n")
