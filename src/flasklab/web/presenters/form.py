"""The form of an experiment: fields in groups, what was wrong, and copies as code.

A field is a WTForms field with a `spec`; `fields.py` says how it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from flasklab.experiments import parameters
from flasklab.runs.times import now as present_time
from flasklab.web.presenters import formats
from flasklab.web.presenters.already import AlreadyLine, present_already
from flasklab.web.presenters.fields import FieldView, field_view
from flasklab.web.presenters.frame import LabNow, Queue, RunLine, present_queue, run_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from flasklab.errors import ParameterError
    from flasklab.experiments.description import Description
    from flasklab.runs.presets import Preset
    from flasklab.runs.run import Run
    from flasklab.web.presenters.fields import Field


class Copies(Protocol):
    """A start with the form's present values, as code."""

    @property
    def curl(self) -> str:
        """For a terminal."""

    @property
    def python(self) -> str:
        """For a notebook or script."""

    @property
    def command(self) -> str:
        """For the `flasklab` command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """Fields under one heading."""

    legend: str  # "" for the experiment's own parameters
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One line of the summary above the form."""

    label: str
    message: str
    target: str | None  # the id of the control to jump to; None for a parameter without one


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetLine:
    """A preset to choose."""

    id: str
    name: str
    by: str  # who saved it
    when: formats.Moment
    current: bool  # it fills the form


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """All that an experiment's form shows."""

    name: str
    title: str
    summary: str
    doc: tuple[str, ...]  # the docstring's further paragraphs
    tags: tuple[str, ...]
    where: str  # "classify.py:12", the source
    groups: tuple[FieldGroup, ...]
    problems: tuple[FieldProblem, ...]
    source: RunLine | None  # the run whose parameters fill it
    facts: tuple[tuple[str, str], ...]  # limits that hold for a run: ("Time limit", "30m 00s")
    copies: Copies
    queue: Queue | None
    already: AlreadyLine | None  # the run that these values have made by the code as it is now
    presets: tuple[PresetLine, ...]  # that may fill it
    preset_typed: str  # the name that its values could not be saved under; ""
    wait: str  # why a run that is started now would wait; "" where it begins at once
    has_files: bool
    missing: tuple[str, ...]  # why no run can begin here, in sentences; empty where it can
    priority: str  # as typed
    usual_priority: int  # where nothing is typed
    not_before: str  # as typed
    zone: str  # of times without one: "UTC"

    @property
    def count(self) -> int:
        """How many fields there are."""
        return sum(len(group.fields) for group in self.groups)


def present_form(
    description: Description,
    form: Iterable[Field],
    *,
    source: Run | None,
    problems: Sequence[ParameterError],
    queue: LabNow | None,
    copies: Copies,
    already: Run | None = None,
    presets: Sequence[Preset] = (),
    preset: str = "",
    wait: str = "",
    missing: Sequence[str] = (),
    typed: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> FormPage:
    """The form of one experiment.

    Args:
        description: the experiment
        form: its Flask-WTF form; fields without a `spec` (the CSRF token) are left out
        source: the run whose parameters were asked for
        problems: what was refused when it was sent
        queue: the lab at this moment
        copies: the start as code
        already: the run that these values have made by the code as it is now
        presets: the experiment's
        preset: id or name of the one that was chosen
        wait: why a run that is started now would wait; "" where it begins at once
        missing: why no run of it can begin here
        typed: what was written for the options of the start
        at: the time that ages count from; now, when not given
    """
    at = at or present_time()
    fields = [field for field in form if getattr(field, "spec", None) is not None]
    defaults = parameters.to_text(description.parameters, description.defaults)
    groups = [
        FieldGroup(legend=legend, fields=tuple(field_view(field, defaults) for field in members))
        for legend, members in groupby(fields, key=lambda field: field.spec.group)
    ]
    return FormPage(
        name=description.name,
        title=description.title,
        summary=description.summary,
        doc=_paragraphs(description),
        tags=description.tags,
        where=f"{description.file.rpartition('/')[2]}:{description.line}",
        groups=tuple(groups),
        problems=tuple(_problem(problem, fields) for problem in problems),
        source=run_line(source, at) if source else None,
        facts=tuple(_facts(description)),
        copies=copies,
        already=present_already(already, at),
        presets=tuple(_preset(one, preset, at) for one in presets),
        preset_typed=(typed or {}).get("preset", ""),
        queue=present_queue(queue),
        wait=wait,
        missing=tuple(missing),
        priority=(typed or {}).get("priority", ""),
        usual_priority=description.priority,
        not_before=(typed or {}).get("not_before", ""),
        zone=at.astimezone().tzname() or "",
        has_files=any(field.spec.kind in ("file", "table", "array") for field in fields),
    )


def _preset(preset: Preset, chosen: str, at: datetime) -> PresetLine:
    when = formats.moment(preset.saved_at, at)
    current = chosen in (preset.id, preset.name)
    return PresetLine(id=preset.id, name=preset.name, by=preset.saved_by, when=when, current=current)


def _paragraphs(description: Description) -> tuple[str, ...]:
    rest = description.doc.strip().removeprefix(description.summary).strip()
    return tuple(part.strip() for part in rest.split("\n\n") if part.strip())


def _problem(problem: ParameterError, fields: Sequence[Field]) -> FieldProblem:
    """The line of a problem; "layers.0" belongs to the field "layers"."""
    owners = [f for f in fields if problem.param == f.spec.name or problem.param.startswith(f.spec.name + ".")]
    owner = max(owners, key=lambda found: len(found.spec.name), default=None)
    return FieldProblem(
        label=owner.spec.label if owner and owner.spec.name == problem.param else problem.param,
        message=problem.message,
        target=owner.id if owner else None,
    )


def _facts(description: Description) -> Iterable[tuple[str, str]]:
    if description.timeout_seconds:
        yield "Time limit", formats.duration(description.timeout_seconds)
    if description.memory_bytes:
        yield "Memory limit", formats.memory(description.memory_bytes)
    if description.max_file_bytes:
        yield "Largest file", formats.memory(description.max_file_bytes)
    if description.retries:
        yield "Tried again", _retries(description)
    if description.concurrency is not None:
        yield "At once", formats.count(description.concurrency, "run")
    if description.resources:
        yield "Takes", ", ".join(f"{units} {pool}" for pool, units in description.resources.items())
    if description.priority:
        yield "Priority", str(description.priority)


def _retries(description: Description) -> str:
    times = "once" if description.retries == 1 else formats.count(description.retries, "time")
    causes = ["a loss", *description.retry_on]
    after = f"{', '.join(causes[:-1])} or {causes[-1]}" if len(causes) > 1 else causes[0]
    return f"{times}, after {after}"
