"""Runs as people read them in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.cli.console import number_text, state_text, table, time_text
from flasklab.runs import amounts
from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from flasklab.runs.run import Run

_MOST_PARAMS = 60  # characters of parameters in a list's line


def value_text(value: Any) -> str:
    """A parameter's or output's JSON value on one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and {"file", "sha256"} <= value.keys():
        return str(value["file"])
    return encode(value).decode()


def runs_table(runs: Sequence[Run]) -> Table:
    """One line per run: what it is, where it stands, what was asked for."""
    made = table("#>", "experiment", "state", "parameters", "progress", "created", "took>", "id")
    for run in runs:
        params = ", ".join(f"{name}={value_text(run.params[name])}" for name in run.given if name in run.params)
        made.add_row(
            str(run.number),
            run.experiment,
            state_text(run.state),
            params if len(params) <= _MOST_PARAMS else params[: _MOST_PARAMS - 1] + "…",
            progress_text(run),
            time_text(run.created_at),
            "" if run.duration_seconds is None else amounts.duration(run.duration_seconds),
            run.id,
        )
    return made


def progress_text(run: Run) -> str:
    """How far a run has come: its place in the queue, its share, its message."""
    if run.queue_position is not None:
        return f"number {run.queue_position} in the queue"
    if run.progress is None or run.state.is_final:
        return ""
    done, total, message = run.progress.done, run.progress.total, run.progress.message
    share = f"{number_text(done)}/{number_text(total)}" if total else number_text(done)
    return f"{share} {message}".strip()


def print_run(out: Console, run: Run) -> None:
    """Everything a person wants to know of one run."""
    out.print(f"#{run.number} {run.experiment}", style="bold", end=" ")
    out.print(state_text(run.state), progress_text(run))
    took = f", took {amounts.duration(run.duration_seconds)}" if run.duration_seconds is not None else ""
    by = f" by {run.created_by}" if run.created_by else ""
    out.print(f"{run.id}, started {time_text(run.created_at)}{by}{took}", style="dim")
    if run.tags or run.note:
        out.print(" ".join(f"[{tag}]" for tag in run.tags), run.note)
    if run.error is not None:
        out.print(f"\n{run.error.type}: {run.error.message}", style="red")
        if run.error.traceback:
            out.print(run.error.traceback.rstrip(), style="dim")
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


def _print_values(out: Console, heading: str, values: Any, bold: Sequence[str] = ()) -> None:
    made = table(heading, "value")
    for name, value in values.items():
        made.add_row(name, value_text(value), style="bold" if name in bold else None)
    if values:
        out.print("", made, sep="\n")
