"""What every run has besides its parameters, metrics and output, and how it may be compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FieldKind(Enum):
    """What a field holds; the words end "compare it with ..."."""

    NUMBER = "a number"
    TEXT = "a text"
    STATE = "a state"
    MOMENT = "a date, or a time before now such as -7d"
    SPAN = "a span of time such as 90s or 1h30m"
    FLAG = "true or false"
    TAGS = "a tag"


@dataclass(frozen=True, slots=True)
class Field:
    """One field."""

    name: str  # as it is typed
    kind: FieldKind
    help: str  # what it is, in a few words


_ALL = (
    Field("number", FieldKind.NUMBER, "the run's number"),
    Field("id", FieldKind.TEXT, "the run's id"),
    Field("experiment", FieldKind.TEXT, "the experiment's name"),
    Field("state", FieldKind.STATE, "queued, running, succeeded, failed, canceled, timed_out, lost"),
    Field("created", FieldKind.MOMENT, "when it was started by somebody"),
    Field("started", FieldKind.MOMENT, "when its code began"),
    Field("finished", FieldKind.MOMENT, "when it ended"),
    Field("took", FieldKind.SPAN, "from its beginning to its end"),
    Field("by", FieldKind.TEXT, "who started it"),
    Field("tags", FieldKind.TAGS, "its tags"),
    Field("note", FieldKind.TEXT, "its note"),
    Field("error", FieldKind.TEXT, "the message of what went wrong"),
    Field("error.type", FieldKind.TEXT, "the class of what went wrong"),
    Field("seed", FieldKind.NUMBER, "what its random generators began with"),
    Field("attempt", FieldKind.NUMBER, "how often it was begun"),
    Field("pinned", FieldKind.FLAG, "whether it is kept for ever"),
)
FIELDS = {field.name: field for field in _ALL}
"""By the name as it is typed, nested ones with a dot."""

_ALIASES = {"created_at": "created", "started_at": "started", "finished_at": "finished", "created_by": "by"}


def find_field(path: tuple[str, ...]) -> Field | None:
    """The field of this name, if there is one; the names of the JSON of a run mean the same."""
    name = ".".join(path)
    return FIELDS.get(_ALIASES.get(name, name))
