"""How a run was made: who, when, how long, with which parameters and which code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.experiments.canonical import spoken_duration
from flasklab.experiments.shape import item_of, kind_of, plain
from flasklab.runs.dotted import dotted
from flasklab.web.presenters import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from flasklab.experiments.description import Description
    from flasklab.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One parameter and its value."""

    name: str  # dotted, of a nested one
    text: str
    nothing: bool  # the text says that there is none
    unit: str
    help: str
    changed: bool  # differs from the default
    default: str  # "" where it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the record."""

    name: str
    text: str
    moment: formats.Moment | None = None  # for a time
    code: bool = False  # set in the fixed-width face


def parameter_rows(run: Run, description: Description | None) -> tuple[ParameterRow, ...]:
    """The run's parameters in the order of the signature."""
    schema = description.parameters if description else {}
    defaults = dotted(description.defaults) if description else {}
    known = (name for name in schema.get("properties", {}) if name in run.params)
    values = dotted({name: run.params[name] for name in dict.fromkeys([*known, *run.params])})
    return tuple(
        ParameterRow(
            name=name,
            text=formats.value(_spoken(value, _property(schema, name), schema), exact=True, limit=500),
            nothing=formats.is_nothing(value),
            unit=_unit(_property(schema, name)),
            help=_help(_property(schema, name)),
            changed=name.partition(".")[0] in run.given and name in defaults and defaults[name] != value,
            default=formats.value(_spoken(defaults[name], _property(schema, name), schema), exact=True, limit=80)
            if name in defaults
            else "",
        )
        for name, value in values.items()
    )


def facts(run: Run, environment: Mapping[str, Any] | None, now: datetime) -> tuple[Fact, ...]:
    """Who, when and how long, seed, code and interpreter."""
    return tuple(fact for fact in (*_times(run, now), *_code(run, environment or {})) if fact.text)


def packages(environment: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Installed distributions and their versions, by name."""
    found = (environment or {}).get("packages") or {}
    return tuple(sorted(((str(name), str(version)) for name, version in found.items()), key=lambda p: p[0].lower()))


def sources(environment: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """The lab's source files and the beginnings of their hashes."""
    found = (environment or {}).get("files") or {}
    return tuple(sorted((str(path), str(digest)[:12]) for path, digest in found.items()))


def _property(root: dict[str, Any], name: str) -> Any:
    """The schema of a parameter by its dotted name; None where there is none."""
    node: Any = root
    for part in name.split("."):
        known = node.get("properties", {}).get(part)
        if known is None:
            return None
        node = plain(known, root)
    return node


def _spoken(value: Any, schema: Any, root: dict[str, Any]) -> Any:
    """The value with durations as people write them, as in the form."""
    if schema is None:
        return value
    if isinstance(value, list) and schema.get("type") == "array":
        return [_spoken(item, plain(item_of(schema, at), root), root) for at, item in enumerate(value)]
    return spoken_duration(value) if isinstance(value, str) and kind_of(schema, root) == "duration" else value


def _unit(schema: Any) -> str:
    extra = schema.get("x-flasklab") if isinstance(schema, dict) else None
    return str(extra.get("unit") or "") if isinstance(extra, dict) else ""


def _help(schema: Any) -> str:
    return str(schema.get("description") or "") if isinstance(schema, dict) else ""


def _times(run: Run, now: datetime) -> Iterable[Fact]:
    yield Fact(name="Started by", text=run.created_by)
    for name, at in (("Queued", run.created_at), ("Started", run.started_at), ("Finished", run.finished_at)):
        if at is not None:
            yield Fact(name=name, text=f"{at:%Y-%m-%d %H:%M:%S}", moment=formats.moment(at, now))
    if run.started_at is not None and run.attempt <= 1:  # a later attempt waited for the ends of others
        yield Fact(name="Waited", text=formats.duration((run.started_at - run.created_at).total_seconds()))
    if run.duration_seconds is not None:
        yield Fact(name="Took", text=formats.duration(run.duration_seconds))
    if run.attempt > 1:
        yield Fact(name="Attempts", text=str(run.attempt))
    if run.cancel_requested_at is not None:
        by = f" by {run.cancel_requested_by}" if run.cancel_requested_by else ""
        yield Fact(
            name="Cancel asked",
            text=f"{run.cancel_requested_at:%H:%M:%S}{by}",
            moment=formats.moment(run.cancel_requested_at, now),
        )


def _code(run: Run, environment: Mapping[str, Any]) -> Iterable[Fact]:
    yield Fact(name="Seed", text="" if run.seed is None else str(run.seed), code=True)
    yield Fact(name="Code", text=str(environment.get("code") or ""), code=True)
    git = environment.get("git") or {}
    if git.get("commit"):
        dirty = " + changes" if git.get("dirty") else ""
        yield Fact(name="Git commit", text=f"{str(git['commit'])[:12]}{dirty}", code=True)
        yield Fact(name="Git branch", text=str(git.get("branch") or ""), code=True)
    python = " ".join(str(environment[key]) for key in ("implementation", "python") if environment.get(key))
    yield Fact(name="Python", text=python)
    yield Fact(name="Platform", text=str(environment.get("platform") or ""))
    if run.dropped:
        yield Fact(name="Not kept", text=formats.count(run.dropped, "thing"))
