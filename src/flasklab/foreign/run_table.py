"""A CSV with a run in each row, as this lab writes it or as a person has kept it.

Columns named `params.x`, `metrics.x` and `output.x` are that, and so is what the caller says; `experiment`, `state`,
`note` and the like are the run's own. Any other column is a parameter.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from flasklab.errors import ImportFailedError
from flasklab.foreign.mlflow import experiment_name, typed
from flasklab.runs.arriving import Arriving, Passed, Piece, id_of
from flasklab.runs.history import Attempt
from flasklab.runs.json import finite
from flasklab.runs.run import Run, RunError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flasklab.foreign.options import Options

_GROUPS: Final = ("params", "metrics", "output")
_OWN: Final = frozenset(
    {
        *("id", "number", "experiment", "state", "created_at", "started_at", "finished_at", "duration_seconds"),
        *("created_by", "tags", "note", "seed", "error"),
    }
)
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{12}")
_APOSTROPHE = re.compile(r"'(?='*[=+\-@\t\r\n])")  # before what a spreadsheet would calculate
_LONGEST = 1 << 24  # characters of a cell


def runs_of_table(path: Path, options: Options) -> Iterator[Arriving | Passed]:
    """The runs of a CSV, from its last row to its first: the newest is written first.

    Raises:
        ImportFailedError: it cannot be read.
    """
    before = csv.field_size_limit(_LONGEST)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ImportFailedError(f"{path} cannot be read as CSV in UTF-8: {error}.") from error
    finally:
        csv.field_size_limit(before)
    if rows and None in rows[0].values():
        raise ImportFailedError(f"{path} has rows with fewer cells than columns.")
    seen: Counter[str] = Counter()
    numbered = list(enumerate(rows, start=2))
    fresh = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    for line, row in numbered if not _is_ours(rows) else reversed(numbered):
        content = repr(sorted((name or "", text) for name, text in row.items()))
        seen[content] += 1
        try:
            yield _run(path, row, options, id_of("csv", content, str(seen[content])), fresh)
        except ValueError as error:
            yield Passed(name=f"line {line}", why=f"{error}")


def _is_ours(rows: list[dict[str, str]]) -> bool:
    return bool(rows) and {"id", "number", "state"} <= rows[0].keys()


def _run(path: Path, row: Mapping[str, str], options: Options, made_id: str, fresh: datetime) -> Arriving | Passed:
    own = {name: _plain(row.get(name) or "") for name in _OWN}
    state = RunState(own["state"] or RunState.SUCCEEDED.value)
    begun = _moment(own["started_at"] or own["created_at"]) or fresh
    ended = _moment(own["finished_at"]) or begun
    groups = _grouped(row, options)
    run = Run(
        id=own["id"] if _ID.fullmatch(own["id"]) else made_id,
        number=int(own["number"]) if own["number"].isdecimal() else 0,
        experiment=experiment_name(own["experiment"] or options.experiment or path.stem),
        state=state,
        params=finite(groups["params"]),
        given=tuple(groups["params"]),
        output=finite(groups["output"]) or None,
        error=RunError(type="", message=own["error"]) if own["error"] else None,
        tags=_words(own["tags"]),
        note=own["note"],
        attempt=1,
        begun=1,
        created_at=_moment(own["created_at"]) or begun,
        started_at=begun if own["started_at"] or not own["created_at"] else None,
        finished_at=ended,
        created_by=own["created_by"],
        seed=int(own["seed"]) if re.fullmatch(r"-?\d{1,100}", own["seed"]) else None,
        seq=1,
    )
    return Arriving(
        run=run,
        origin={"kind": "csv", "from": path.name},
        attempts=(Attempt(attempt=1, claimed_at=begun, begun_at=begun, ended_at=ended, state=state.value),),
        points=partial(_points, groups["metrics"], ended.timestamp()),
    )


def _grouped(row: Mapping[str, str], options: Options) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {name: {} for name in _GROUPS}
    said = {
        **dict.fromkeys(options.params, "params"),
        **dict.fromkeys(options.metrics, "metrics"),
        **dict.fromkeys(options.outputs, "output"),
    }
    for name, text in row.items():
        head, dot, rest = name.partition(".")
        group = said.get(name) or (head if dot and head in _GROUPS else "")
        if not text or (not group and name in _OWN):
            continue
        key = rest if name not in said and group else name
        if group == "metrics" and _is_spread(name, row):
            continue
        groups[group or "params"][key] = _cell(text, number=group == "metrics", name=name)
    return groups


def _is_spread(name: str, row: Mapping[str, str]) -> bool:
    """Whether a column is the least or greatest value of a metric that has a column of its own."""
    head, _, end = name.rpartition(".")
    return end in ("min", "max") and head in row


def _cell(text: str, *, number: bool, name: str) -> Any:
    if number:
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{name} is a metric, and {text[:40]!r} is no number") from None
    if text[0] in "[{":
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    plain = _plain(text)
    return plain if plain != text else typed(text)


def _plain(text: str) -> str:
    return _APOSTROPHE.sub("", text, count=1) if _APOSTROPHE.match(text) else text


def _words(text: str) -> tuple[str, ...]:
    if text.startswith("["):
        try:
            return tuple(msgspec.json.decode(text, type=list[str]))
        except msgspec.MsgspecError:
            pass
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no moment; write 2026-11-25T14:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _points(metrics: Mapping[str, float], at: float) -> Iterator[Piece]:
    for key, value in metrics.items():
        if not math.isnan(at):
            yield Piece(key=key, steps=[0], values=[value], times=[at])
