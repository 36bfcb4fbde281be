"""Text, Markdown and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.plain import as_json, described, members, printable

_MAX_REPR = 100_000  # characters of an object nobody knows how to show


@dataclass(frozen=True, slots=True)
class Markdown:
    """Markdown for `run.show`, set as text with headings, lists and tables on the run's page."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text


def text_bundle(text: str, name: str = "text") -> Bundle:
    """`text` as a plain text file."""
    content = printable(text).encode()
    return Bundle(name=name, renderings=(Rendering(ending=".txt", media_type="text/plain", content=content),))


def text(obj: Any) -> Bundle | None:
    """A str as it is, a number or another scalar as Python prints it."""
    if isinstance(obj, str):
        return text_bundle(obj)
    return text_bundle(str(obj), "value") if isinstance(obj, (int, float, complex)) else None


def markdown(obj: Any) -> Bundle | None:
    """A `Markdown` as its source."""
    if not isinstance(obj, Markdown):
        return None
    content = printable(str(obj.text)).encode()
    return Bundle(name="text", renderings=(Rendering(ending=".md", media_type="text/markdown", content=content),))


def json_value(obj: Any) -> Bundle | None:
    """Dicts, lists, dataclasses and models as JSON; what JSON cannot hold in them as its repr."""
    if members(obj) is None:
        return None
    content = msgspec.json.format(msgspec.json.encode(as_json(obj)), indent=2)
    return Bundle(name="data", renderings=(Rendering(ending=".json", media_type="application/json", content=content),))


def represented(obj: Any) -> Bundle:
    """Anything by its repr."""
    return text_bundle(described(obj, _MAX_REPR), type(obj).__name__)
