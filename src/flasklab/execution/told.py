"""The events of a run's process, read strictly: its code may write anything into the pipe.

What is of another shape is refused here, so that nothing beyond has to expect it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

_Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # what a column holds
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Event(msgspec.Struct, tag_field="type", kw_only=True):
    """What all events share."""


class Begin(_Event, tag="begin"):
    """The experiment's own code begins."""


class Seed(_Event, tag="seed"):
    """What its generators were seeded with."""

    seed: int


class Loop(msgspec.Struct, kw_only=True):
    """A loop within the one that counts."""

    done: float
    total: float | None = None
    message: str = ""
    unit: str = "it"
    rate: float | None = None


class ProgressMade(_Event, tag="progress"):
    """How far it is."""

    done: float
    total: float | None = None
    message: str = ""
    unit: str = "it"
    rate: float | None = None
    left_seconds: float | None = None
    inner: Annotated[tuple[Loop, ...], msgspec.Meta(max_length=100)] = ()
    at: Annotated[float, msgspec.Meta(ge=0, le=2**36)] | None = None


class Tagged(_Event, tag="tag"):
    """More tags."""

    tags: tuple[str, ...]


class Noted(_Event, tag="note"):
    """A line more of the note."""

    text: str


class Staged(_Event, tag="artifact"):
    """A complete file awaits adoption."""

    path: str
    name: str
    media_type: str
    size: _Count
    sha256: str
    shown: str | None = None
    step: _Whole | None = None
    order: _Whole = 0
    meta: dict[str, Any] = {}


class Dropped(_Event, tag="dropped"):
    """Things that could not be kept."""

    count: _Count


class Failure(msgspec.Struct, kw_only=True):
    """What went wrong."""

    type: str
    message: str
    traceback: str = ""
    where: str = ""


class Cooperates(_Event, tag="cooperates"):
    """Its code looks whether it is asked to end."""

    grace_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)]


class Checkpointed(_Event, tag="checkpoint"):
    """A state is on the disk."""

    name: Annotated[str, msgspec.Meta(max_length=100)]
    size: _Count


class Restored(_Event, tag="restored"):
    """It continues from a state."""

    name: Annotated[str, msgspec.Meta(max_length=100)]
    of: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Outcome(_Event, tag="outcome"):
    """The last word."""

    state: Literal["succeeded", "failed"]
    output: Any = None
    error: Failure | None = None
    asked: bool = False  # its code had learnt that it was asked to end
    retry: bool = False  # whether the experiment allows its code to begin again after this failure
    clean: bool = False  # whether nothing of the run is left in its process, which has no more to say

    def __post_init__(self) -> None:
        """A failure says what failed."""
        if self.state == "failed" and self.error is None:
            raise ValueError("a failure without an error")


Told: TypeAlias = (
    Begin | Seed | ProgressMade | Tagged | Noted | Staged | Dropped | Cooperates | Checkpointed | Restored | Outcome
)


def read_event(event: dict[str, Any]) -> Told:
    """The event that a frame holds.

    Raises:
        msgspec.ValidationError: it is none.
    """
    found: Told = msgspec.convert(event, Told)
    return found
