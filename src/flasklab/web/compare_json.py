"""A comparison as JSON: what its page shows, view by view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from flasklab.http.run_json import artifact_json, links_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flasklab.runs.comparing import RankedRow, ValueRow
    from flasklab.runs.diffing import LineDiff
    from flasklab.runs.run import Run
    from flasklab.services.run_compare import Comparison
    from flasklab.services.run_diff import LogDiff, NamedTableDiff, SourceDiff


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The runs, and their values in the same order."""
    return {
        "runs": [_run(run) for run in found.runs],
        "baseline": found.baseline.id if found.baseline else None,
        "params": _rows(found.parameters),
        "output": _ranked(found.outputs),
        "metrics": _ranked(found.metrics),
        "environment": _rows(found.environment),
        "packages": _rows(row for row in found.packages if row.differs),
    }


def curves_json(found: Comparison) -> dict[str, Any]:
    """Where the points of each metric are read, by metric and run."""
    keys = dict.fromkeys(row.row.name for row in found.metrics)
    return {
        "curves": {
            key: {
                run.id: url_for("flasklab_api.metrics", run_id=run.id, key=key)
                for run in found.runs
                if key in run.metrics
            }
            for key in keys
        }
    }


def figures_json(runs: Sequence[Run]) -> dict[str, Any]:
    """What was shown, by name and run."""
    shown: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for run in runs:
        for artifact in run.artifacts:
            if artifact.shown is not None:
                of_run = shown.setdefault(artifact.shown, {}).setdefault(run.id, [])
                of_run.append({**artifact_json(run.id, artifact), "step": artifact.step})
    return {"figures": shown}


def log_json(pair: tuple[Run, Run], found: LogDiff) -> dict[str, Any]:
    """The difference of two logs."""
    compared = {"compared": list(found.compared), "lines_there": list(found.lines)}
    return _pair(pair) | {"log": _lines(found.diff) | compared}


def sources_json(pair: tuple[Run, Run], found: Iterable[SourceDiff]) -> dict[str, Any]:
    """The difference of two runs' sources."""
    files = [{"path": one.path, "change": one.kind, **({} if one.diff is None else _lines(one.diff))} for one in found]
    return _pair(pair) | {"files": files}


def tables_json(pair: tuple[Run, Run], found: Iterable[NamedTableDiff]) -> dict[str, Any]:
    """The difference of two runs' tables."""
    return _pair(pair) | {"tables": [_table(one) for one in found]}


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "number": run.number,
        "experiment": run.experiment,
        "state": run.state.value,
        "links": links_json(run.id),
    }


def _pair(pair: tuple[Run, Run]) -> dict[str, Any]:
    return {"left": pair[0].id, "right": pair[1].id}


def _rows(rows: Iterable[ValueRow]) -> list[dict[str, Any]]:
    return [{"name": row.name, "differs": row.differs, "values": list(row.values)} for row in rows]


def _ranked(rows: Iterable[RankedRow]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.row.name,
            **({"of": one.of} if one.of else {}),
            "differs": one.row.differs,
            "values": list(one.row.values),
            "better": "lower" if one.lower else "higher",
            "best": list(one.best),
            "deltas": list(one.deltas),
        }
        for one in rows
    ]


def _lines(diff: LineDiff) -> dict[str, Any]:
    lines = [] if diff.same else [line._asdict() for line in diff.lines]
    return {"removed": diff.removed, "added": diff.added, "diff": lines}


def _table(found: NamedTableDiff) -> dict[str, Any]:
    values: dict[str, Any] = {"name": found.name, "change": found.kind, "rows_there": list(found.rows)}
    diff = found.diff
    if diff is None:
        return values
    return values | {
        "compared": list(found.compared),
        "columns": list(diff.columns),
        "removed_columns": list(diff.removed_columns),
        "added_columns": list(diff.added_columns),
        "key": diff.key or None,
        "removed": diff.removed,
        "added": diff.added,
        "changed": diff.changed,
        "equal": diff.equal,
        "rows": [
            {"change": row.kind, "left": row.left, "right": row.right, "cells": [list(cell) for cell in row.cells]}
            for row in diff.rows
        ],
    }
