"""Files that a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.json import Json


# Media types of what a run's page draws itself.
TABLE = "application/vnd.flasklab.table+json"
ARRAY = "application/vnd.flasklab.array+json"
HISTOGRAM = "application/vnd.flasklab.histogram+json"
PLOTLY = "application/vnd.plotly.v1+json"
# By the version of Vega-Lite that a chart is written for; one of 6 draws the older ones too.
VEGA_LITE = tuple(f"application/vnd.vegalite.v{version}+json" for version in (6, 5, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A complete file in the content store."""

    sha256: str  # 64 lower-case hex digits; its address
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A complete file of a run.

    A shown object may have several renderings (a figure as PNG and SVG): they share `shown` and `step`.
    """

    name: str  # relative path with forward slashes, unique within the run
    media_type: str
    size: int  # bytes
    sha256: str
    shown: str | None = None  # the name given to `run.show`; None for a saved file
    step: int | None = None  # the step it was shown at
    order: int = 0  # position among what was shown
    seq: int = 0  # the event that brought it
    meta: Mapping[str, Json] = field(default_factory=dict)  # width, height, rows, columns, ...
