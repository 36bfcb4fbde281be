"""What a run produced: values, things it showed, files.

A shown thing may have several renderings (PNG and SVG, table and CSV): the best one for a page is chosen here. Of a
thing shown at many steps a page holds the last one; the others are asked for when somebody moves its slider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.artifacts import ARRAY, HISTOGRAM, PLOTLY, TABLE, VEGA_LITE
from flasklab.runs.dotted import dotted
from flasklab.runs.json import encode
from flasklab.web.presenters import formats
from flasklab.web.presenters.run_columns import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.run import Run

# The first media type that is there decides how a thing is drawn.
_DRAWN_AS = (
    (PLOTLY, "plotly"),
    *((kind, "vega") for kind in VEGA_LITE),
    (TABLE, "table"),
    (HISTOGRAM, "histogram"),
    ("image/svg+xml", "image"),
    ("image/png", "image"),
    ("image/jpeg", "image"),
    ("image/gif", "image"),
    ("image/webp", "image"),
    ("image/avif", "image"),
    ("image/bmp", "image"),
    (ARRAY, "array"),
    ("text/html", "html"),
    ("text/markdown", "markdown"),
    ("text/csv", "table"),
    ("application/json", "json"),
    ("text/plain", "text"),
)
# Of other media types, how they are drawn is told by how they begin.
_FAMILIES = (("audio/", "audio"), ("video/", "video"), ("text/", "text"))
_TEXTUAL = re.compile(r"application/(?:yaml|toml|xml|jsonl|(?:[\w.-]+\+)?json)")
_NARROW_COLUMNS = 6  # a table of so many fits half a page
_SHORT_LIST = 80  # characters of a list that still reads as a value
_HEAVY_SVG = 400_000  # bytes above which a browser draws the PNG sooner
_LARGEST_TREE = 4_000_000  # bytes of JSON that a page folds; beyond, it is shown as text by pieces
_MAX_PARTS = 24  # pictures of a gallery in the page; the others are asked for


class FileLinks(Protocol):
    """Addresses of a run's files."""

    def file(self, name: str) -> str:
        """Where the file is downloaded."""

    def shown(self, name: str) -> str:
        """Where the file is drawn in a sandbox of its own."""

    def rows(self, name: str) -> str:
        """Where the rows of a CSV file are read by pages."""

    def steps(self, heading: str) -> str:
        """Where all steps of a shown thing are listed."""


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
class Part:
    """What is drawn of a shown thing at one step; of a gallery, one of its pictures."""

    url: str  # of the rendering that is drawn
    caption: str  # of a picture in a gallery; "" otherwise
    save: str  # where that rendering is downloaded
    width: int | None  # of a picture, in pixels, so that its place is kept while it loads
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A shown thing at one step."""

    step: int | None
    parts: tuple[Part, ...]  # never empty; several of a gallery
    files: tuple[FileRow, ...]  # all renderings; none of a gallery, whose pictures are downloaded one by one
    rows: str  # where the rows of a table are read by pages; "" where there is no such place

    @property
    def first(self) -> Part:
        """What is drawn, or a gallery's first picture."""
        return self.parts[0]

    @property
    def url(self) -> str:
        """Of what is drawn."""
        return self.first.url

    @property
    def width(self) -> int | None:
        """Of what is drawn."""
        return self.first.width

    @property
    def height(self) -> int | None:
        """Of what is drawn."""
        return self.first.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A thing the run showed."""

    name: str
    kind: str  # "image", "gallery", "plotly", "vega", "table", "array", "histogram", "audio", "json", ..., or "file"
    last: Frame  # the latest step: what is drawn first
    count: int  # steps it was shown at
    steps_url: str  # where they are listed
    columns: int  # of a table; 0 where that is not known
    detail: str  # "1,204 rows · 12 columns"
    limits: tuple[float, float] | None  # least and greatest value over all steps: one scale for all
    top: float | None  # of a histogram: the greatest count over all steps

    @property
    def pictures(self) -> tuple[Part, ...]:
        """A gallery's first pictures."""
        return self.last.parts[:_MAX_PARTS]

    @property
    def wide(self) -> bool:
        """Whether it needs the page's whole width."""
        many = self.kind == "table" and (self.columns > _NARROW_COLUMNS)
        return many or self.kind in ("plotly", "html", "gallery")


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


def steps(artifacts: Sequence[Artifact], heading: str, links: FileLinks) -> list[dict[str, Any]]:
    """Every step of the thing shown as `heading`, for its slider: what is drawn and what can be downloaded."""
    by_step: dict[int | None, list[Artifact]] = {}
    for artifact in sorted(artifacts, key=lambda found: (found.order, found.name)):
        if artifact.shown == heading:
            by_step.setdefault(artifact.step, []).append(artifact)
    frames = [_frame(step, members, links) for step, members in _by_step(by_step)]
    return [
        {
            "step": frame.step,
            "rows": frame.rows,
            "parts": [
                {
                    "url": part.url,
                    "caption": part.caption,
                    "save": part.save,
                    "width": part.width,
                    "height": part.height,
                }
                for part in frame.parts
            ],
            "files": [{"label": file.label, "title": file.title, "url": file.url} for file in frame.files],
        }
        for frame in frames
    ]


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
    step, members = steps[-1]
    kind, _ = _drawn(members)
    last = _frame(step, members, links)
    everything = [member for _, several in steps for member in several]
    tops = _numbers(everything, "top")
    return Figure(
        name=name,
        kind="gallery" if any("part" in member.meta for member in everything) else kind,
        last=last,
        count=len(steps),
        steps_url=links.steps(name) if len(steps) > 1 or len(last.parts) > _MAX_PARTS else "",
        columns=_meta(members, "columns") or 0,
        detail=_detail(members, last),
        limits=_limits(everything),
        top=max(tops) if tops else None,
    )


def _frame(step: int | None, members: list[Artifact], links: FileLinks) -> Frame:
    """What is drawn at one step. A gallery's pictures are told apart by their number."""
    several: dict[Any, list[Artifact]] = {}
    for member in members:
        several.setdefault(member.meta.get("part"), []).append(member)
    table = next((member for member in members if member.media_type == "text/csv"), None)
    return Frame(
        step=step,
        parts=tuple(_part(one, links) for one in several.values()),
        files=() if len(several) > 1 else tuple(file_row(member, links) for member in members),
        rows="" if table is None else links.rows(table.name),
    )


def _part(members: list[Artifact], links: FileLinks) -> Part:
    _, best = _drawn(members)
    width, height = _meta([best, *members], "width"), _meta([best, *members], "height")
    caption = best.meta.get("caption")
    return Part(
        url=f"{links.shown(best.name)}?v={best.sha256[:8]}",
        caption=caption if isinstance(caption, str) else "",
        save=links.file(best.name),
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
        return "text" if kind == "json" and found.size > _LARGEST_TREE else kind, found
    for media_type, found in by_type.items():
        for beginning, kind in _FAMILIES:
            if media_type.startswith(beginning):
                return kind, found
        if _TEXTUAL.fullmatch(media_type):
            return "text", found
    return "file", members[0]


def _meta(members: list[Artifact], key: str) -> int | None:
    return next((found for member in members if isinstance(found := member.meta.get(key), int)), None)


def _limits(members: list[Artifact]) -> tuple[float, float] | None:
    least, greatest = _numbers(members, "min"), _numbers(members, "max")
    return (min(least), max(greatest)) if least and greatest else None


def _numbers(members: list[Artifact], key: str) -> list[float]:
    return [float(found) for member in members if isinstance(found := member.meta.get(key), (int, float))]


def _detail(members: list[Artifact], frame: Frame) -> str:
    if len(frame.parts) > 1:
        return formats.count(len(frame.parts), "image")
    meta: dict[str, Any] = {}
    for member in members:
        meta |= member.meta
    if isinstance(shape := meta.get("shape"), list):
        text = " x ".join(str(part) for part in shape)
        return f"{text} {meta['dtype']}" if "dtype" in meta else text
    parts = [
        formats.count(meta[key], noun)
        for key, noun in (("rows", "row"), ("columns", "column"), ("values", "value"))
        if isinstance(meta.get(key), int)
    ]
    if isinstance(seconds := meta.get("seconds"), (int, float)):
        parts.append(formats.duration(seconds))
    return " · ".join(parts)
