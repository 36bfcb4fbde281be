"""What every adapter makes: the renderings of one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from flasklab.recording.staging import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One form of an object, to be written to one file."""

    ending: str  # ".png", ".table.json"
    media_type: str
    content: Content
    meta: dict[str, Any] = field(default_factory=dict)  # width, height, rows, columns, ...
    optional: bool = False  # left out without a word where its writer cannot write this object


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An object in all the forms it is kept in, the one to look at first."""

    name: str  # its heading when the author gives none
    renderings: tuple[Rendering, ...]


# Returns None for an object that is not of its family. May raise: the next adapter is asked then.
Adapter: TypeAlias = Callable[[Any], Bundle | None]
