"""Interactive charts: plotly figures and altair charts, as the JSON that their own libraries draw."""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext
from typing import Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.runs.artifacts import PLOTLY
from flasklab.runs.json import finite


def plotly_figure(figure: Any) -> Bundle | None:
    """A plotly figure as plotly.js takes it."""
    module = sys.modules.get("plotly.basedatatypes")
    if module is None or not isinstance(figure, module.BaseFigure):
        return None
    content = figure.to_json(validate=False).encode()
    return Bundle(name="chart", renderings=(Rendering(ending=".plotly.json", media_type=PLOTLY, content=content),))


def altair_chart(chart: Any) -> Bundle | None:
    """An altair chart as its Vega-Lite specification, data included."""
    altair = sys.modules.get("altair")
    if altair is None or not is_altair(chart, altair):
        return None
    spec = vegalite_spec(chart, altair)
    content = msgspec.json.encode(finite(spec))
    return Bundle(
        name="chart",
        renderings=(Rendering(ending=".vega.json", media_type=vegalite_type(spec), content=content),),
    )


def is_altair(chart: Any, altair: Any) -> bool:
    """Whether `chart` is one of altair's charts, alone or composed."""
    kind = getattr(altair, "TopLevelMixin", None)
    return isinstance(kind, type) and isinstance(chart, kind)


def vegalite_spec(chart: Any, altair: Any) -> dict[str, Any]:
    """The chart's specification, whatever the number of its rows."""
    disable = getattr(getattr(altair, "data_transformers", None), "disable_max_rows", nullcontext)
    with disable():
        spec: dict[str, Any] = chart.to_dict()
    return spec


def vegalite_type(spec: dict[str, Any]) -> str:
    """The media type that names the version of Vega-Lite the specification is written for."""
    found = re.search(r"vega-lite/v(\d+)", str(spec.get("$schema", "")))
    return f"application/vnd.vegalite.v{found[1] if found else 5}+json"
