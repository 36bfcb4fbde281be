"""The one list of adapters, in the order they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.recording.media.arrays import array
from flasklab.recording.media.charts import altair_chart, plotly_figure
from flasklab.recording.media.displays import rich_display
from flasklab.recording.media.figures import matplotlib_figure
from flasklab.recording.media.histograms import histogram
from flasklab.recording.media.images import encoded_bytes, pil_image
from flasklab.recording.media.paths import file_at
from flasklab.recording.media.sounds import audio
from flasklab.recording.media.tables import pandas_table, polars_table
from flasklab.recording.media.texts import json_value, markdown, represented, text

if TYPE_CHECKING:
    from flasklab.recording.media.bundle import Adapter

# Objects that a page shows as pictures, tables or files, whatever they lie in.
VISUAL: tuple[Adapter, ...] = (
    histogram,
    audio,
    markdown,
    pandas_table,
    polars_table,
    matplotlib_figure,
    plotly_figure,
    altair_chart,
    pil_image,
    array,
    encoded_bytes,
    file_at,
    rich_display,
)
# Plain values come after, and the repr of anything last.
ADAPTERS: tuple[Adapter, ...] = (*VISUAL, text, json_value, represented)
