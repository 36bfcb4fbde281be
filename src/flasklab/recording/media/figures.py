"""matplotlib figures, as PNG and SVG."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.sizes import picture_size
from flasklab.recording.plain import members

if TYPE_CHECKING:
    from collections.abc import Iterator

_DPI = 144  # two pixels for each of CSS, so that figures are sharp on fine screens
_MAX_SVG = 2 * 2**20  # bytes; a larger drawing is slower to look at than its PNG
_MAX_POINTS = 20_000  # of one artist; more are drawn as pixels within the SVG
_MAX_ARTISTS = 20_000  # of a figure; more make no SVG at all
_MAX_SUBFIGURES = 5  # figures within figures that an artist may lie deep


def matplotlib_figure(obj: Any) -> Bundle | None:
    """A figure, or what belongs to one (axes, artists, pyplot itself, a display object), as PNG and SVG.

    A figure that pyplot made is closed afterwards, so that a loop of them does not fill memory.
    """
    figure = find_figure(obj)
    if figure is None:
        return None
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, bbox_inches="tight")
    png = buffer.getvalue()
    svg = _svg(figure)
    _close(figure)
    return Bundle(
        name="figure",
        renderings=tuple(
            Rendering(ending=ending, media_type=kind, content=content, meta=picture_size(kind, content))
            for ending, kind, content in ((".png", "image/png", png), (".svg", "image/svg+xml", svg))
            if content is not None
        ),
    )


def find_figure(obj: Any) -> Any:
    """The matplotlib figure that `obj` is or belongs to, or None."""
    module = sys.modules.get("matplotlib.figure")
    artists = sys.modules.get("matplotlib.artist")
    if module is None or artists is None:
        return None
    pyplot = sys.modules.get("matplotlib.pyplot")
    if obj is pyplot and pyplot is not None:
        return pyplot.gcf() if pyplot.get_fignums() else None
    if getattr(obj, "dtype", None) is not None and getattr(obj.dtype, "kind", "") == "O":
        obj = next(iter(obj.flat), None) if hasattr(obj, "flat") else obj  # the axes of plt.subplots(2, 2)
    elif isinstance(obj, (list, tuple)):
        obj = obj[0] if obj and isinstance(obj[0], artists.Artist) else None  # the lines of plt.plot
    if isinstance(obj, module.Figure):
        return obj
    if isinstance(obj, type) or members(obj) is not None:
        return None  # a dataclass with a figure in it is more than that figure
    # Axes and artists know theirs; so do seaborn's grids ("figure") and scikit-learn's displays ("figure_").
    for attribute in ("figure", "figure_"):
        found = getattr(obj, attribute, None)
        for _ in range(_MAX_SUBFIGURES):
            if isinstance(found, module.Figure):
                return found
            found = getattr(found, "figure", None)
    return None


def _svg(figure: Any) -> bytes | None:
    """The figure as SVG with text as text; None when it cannot be drawn or is too large to be worth it."""
    artists = figure.findobj()
    if len(artists) > _MAX_ARTISTS:
        return None
    buffer = io.BytesIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "flasklab"}
    try:
        with sys.modules["matplotlib"].rc_context(settings), _as_pixels(artists):
            figure.savefig(buffer, format="svg", dpi=_DPI, bbox_inches="tight", metadata={"Date": None})
    except Exception:  # the PNG is enough
        return None
    return buffer.getvalue() if buffer.tell() <= _MAX_SVG else None


@contextmanager
def _as_pixels(artists: list[Any]) -> Iterator[None]:
    """Draw artists of very many points as pixels within the block."""
    heavy = [artist for artist in artists if _points(artist) > _MAX_POINTS and not artist.get_rasterized()]
    for artist in heavy:
        artist.set_rasterized(True)
    try:
        yield
    finally:
        for artist in heavy:
            artist.set_rasterized(False)


def _points(artist: Any) -> int:
    """Roughly how many points a line, a collection, a mesh or an image draws."""
    return max(_size(artist, method) for method in ("get_xdata", "get_offsets", "get_array", "get_paths"))


def _size(artist: Any, method: str) -> int:
    try:
        drawn = getattr(artist, method)()
        return int(getattr(drawn, "size", None) or len(drawn))
    except Exception:  # artists differ in what they have
        return 0


def _close(figure: Any) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with suppress(Exception):  # a window's toolkit may object
            pyplot.close(figure)  # does nothing for a figure that pyplot does not know
