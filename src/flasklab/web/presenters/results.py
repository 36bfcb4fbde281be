"""What a run produced: values, things it showed, files.

A shown thing may have several renderings (PNG and SVG, table and CSV): the best one for a page is chosen here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.artifacts import ARRAY, PLOTLY, TABLE, VEGA_LITE
from flasklab.runs.json import encode
from flasklab.web.presenters import formats
from flasklab.web.presenters.dotted import dotted
from flasklab.web.presenters.runs import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.run import Run

# The first media type that is there decides how a thing is drawn.
_DRAWN_AS = (
    (PLOTLY, "plotly"),
    *((kind, "vega") for kind in VEGA_LITE),
    (TABLE, "table"),
    ("image/svg+xml", "image"),
    ("image/png", "image"),
    ("image/jpeg", "image"),
    ("image/gif", "image"),
    ("image/webp", "image"),
    (ARRAY, "array"),
    ("text/html", "html"),
    ("text/markdown", "text"),
    ("text/plain", "text"),
    ("application/json", "json"),
)
_SANDBOXED = ("plotly", "vega", "html")
_NARROW_COLUMNS = 6  # a table of so many fits half a page
_SHORT_LIST = 80  # characters of a list that still reads as a value
_HEAVY_SVG = 400_000  # bytes above which a browser draws the PNG sooner


class FileLinks(Protocol):
    """Addresses of a run's files."""

    def file(self, name: str) -> str:
        """Where the file is downloaded."""

    def shown(self, name: str) -> str:
        """Where the file is drawn in a sandbox of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputValue:
    """One single value of the output, or a short list of them."""

    name: str
    text: str
    title: str  # with every digit
    numeric: bool
    nothing: bool  # the text says that there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file, to be downloaded."""

    name: str
    url: str
    size: str
    media_type: str
    label: str  # its ending in capitals: "PNG"

    @property
    def title(self) -> str:
        """What is downloaded."""
        return f"{self.name}, {self.size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A shown thing at one step."""

    step: int | None
    url: str  # of the rendering that is drawn
    files: tuple[FileRow, ...]  # all its renderings
    width: int | None  # of a picture, in pixels, so that its place is kept while it loads
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A thing the run showed, with a frame for every step it was shown at."""

    name: str
    kind: str  # "image", "plotly", "vega", "table", "array", "html", "text", "json" or "file"
    frames: tuple[Frame, ...]
    columns: int  # of a table; 0 where that is not known
    detail: str  # "1,204 rows · 12 columns"
    limits: tuple[float, float] | None  # least and greatest value of an array over all steps: one scale for all

    @property
    def last(self) -> Frame:
        """The latest frame: what is drawn first."""
        return self.frames[-1]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The frames for the slider that goes through them."""
        return [
            {
                "step": frame.step,
                "url": frame.url,
                "files": [{"label": file.label, "title": file.title, "url": file.url} for file in frame.files],
            }
            for frame in self.frames
        ]

    @property
    def wide(self) -> bool:
        """Whether it needs the page's whole width."""
        return self.kind in ("plotly", "html") or (self.kind == "table" and self.columns > _NARROW_COLUMNS)


def output_values(run: Run) -> tuple[OutputValue, ...]:
    """The output's single values and short lists."""
    return tuple(
        OutputValue(
            name=name,
            text=formats.value(item, limit=80),
            title=formats.value(item, exact=True, limit=1000),
            numeric=is_number(item),
            nothing=formats.is_nothing(item),
        )
        for name, item in _outputs(run).items()
        if _is_short(item)
    )


def output_rest(run: Run) -> str:
    """The part of the output that takes more room, as JSON text; "" when there is none."""
    rest = {name: item for name, item in _outputs(run).items() if not _is_short(item)}
    if not rest:
        return ""
    return encode(rest if isinstance(run.output, dict) else run.output).decode()


def _outputs(run: Run) -> dict[str, Any]:
    return {} if run.output is None else dotted(run.output, alone="output")


def _is_short(item: Any) -> bool:
    if not isinstance(item, list):
        return True
    flat = not any(isinstance(part, (dict, list)) for part in item)
    return flat and len(formats.value(item, limit=_SHORT_LIST + 1)) <= _SHORT_LIST


def figures(artifacts: Sequence[Artifact], links: FileLinks) -> tuple[Figure, ...]:
    """What the run showed, in its order; one figure per name."""
    by_name: dict[str, dict[int | None, list[Artifact]]] = {}
    for artifact in sorted(artifacts, key=lambda found: (found.order, found.name)):
        if artifact.shown is not None:
            by_name.setdefault(artifact.shown, {}).setdefault(artifact.step, []).append(artifact)
    return tuple(_figure(name, _by_step(steps), links) for name, steps in by_name.items())


def files(artifacts: Iterable[Artifact], links: FileLinks) -> tuple[FileRow, ...]:
    """All files by name, numbers in names counted as numbers."""
    return tuple(file_row(artifact, links) for artifact in sorted(artifacts, key=_natural))


def _natural(artifact: Artifact) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", artifact.name.lower())
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def file_row(artifact: Artifact, links: FileLinks) -> FileRow:
    """One file."""
    ending = artifact.name.rpartition(".")[2] if "." in artifact.name else "file"
    return FileRow(
        name=artifact.name,
        url=links.file(artifact.name),
        size=formats.size(artifact.size),
        media_type=artifact.media_type,
        label=ending.upper(),
    )


def _by_step(steps: dict[int | None, list[Artifact]]) -> list[tuple[int | None, list[Artifact]]]:
    """Steps in their order; what was shown without one comes first."""
    return sorted(steps.items(), key=lambda item: (item[0] is not None, item[0] or 0))


def _figure(name: str, steps: list[tuple[int | None, list[Artifact]]], links: FileLinks) -> Figure:
    kind, _ = _drawn(steps[-1][1])
    return Figure(
        name=name,
        kind=kind,
        frames=tuple(_frame(step, members, links) for step, members in steps),
        columns=_meta(steps[-1][1], "columns") or 0,
        detail=_detail(steps[-1][1]),
        limits=_limits([member for _, members in steps for member in members]),
    )


def _frame(step: int | None, members: list[Artifact], links: FileLinks) -> Frame:
    kind, best = _drawn(members)
    url = links.shown(best.name) if kind in _SANDBOXED else links.file(best.name)
    width, height = _meta([best, *members], "width"), _meta([best, *members], "height")
    return Frame(
        step=step,
        url=url,
        files=tuple(file_row(member, links) for member in members),
        width=width if height else None,
        height=height if width else None,
    )


def _drawn(members: list[Artifact]) -> tuple[str, Artifact]:
    """How these renderings of one thing are drawn, and from which of them."""
    by_type = {member.media_type.partition(";")[0]: member for member in members}
    for media_type, kind in _DRAWN_AS:
        found = by_type.get(media_type)
        if found is None:
            continue
        if media_type == "image/svg+xml" and found.size > _HEAVY_SVG and "image/png" in by_type:
            continue
        return kind, found
    return "file", members[0]


def _meta(members: list[Artifact], key: str) -> int | None:
    return next((found for member in members if isinstance(found := member.meta.get(key), int)), None)


def _limits(members: list[Artifact]) -> tuple[float, float] | None:
    least, greatest = (
        [float(found) for member in members if isinstance(found := member.meta.get(key), (int, float))]
        for key in ("min", "max")
    )
    return (min(least), max(greatest)) if least and greatest else None


def _detail(members: list[Artifact]) -> str:
    meta: dict[str, Any] = {}
    for member in members:
        meta |= member.meta
    if isinstance(shape := meta.get("shape"), list):
        text = " x ".join(str(part) for part in shape)
        return f"{text} {meta['dtype']}" if "dtype" in meta else text
    parts = [
        formats.count(meta[key], noun)
        for key, noun in (("rows", "row"), ("columns", "column"))
        if isinstance(meta.get(key), int)
    ]
    return " · ".join(parts)
