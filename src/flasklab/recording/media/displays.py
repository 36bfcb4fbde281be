"""Jupyter's display protocol: objects that say themselves how they look.

Source: https://ipython.readthedocs.io/en/stable/config/integrating.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.sizes import picture_size
from flasklab.recording.plain import as_json, printable
from flasklab.runs.artifacts import PLOTLY

# Best to look at first; the first of each that an object offers is kept.
_ENDINGS = {
    PLOTLY: ".plotly.json",
    "application/vnd.vegalite.v6+json": ".vega.json",
    "application/vnd.vegalite.v5+json": ".vega.json",
    "text/html": ".html",
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/latex": ".tex",
    "application/json": ".json",
    "text/plain": ".txt",
}
_METHODS = {
    "_repr_html_": "text/html",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
}
_BINARY = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"}
_CANARY = "_ipython_canary_method_should_not_exist_"


def rich_display(obj: Any) -> Bundle | None:
    """What an object offers through `_repr_mimebundle_`, `_repr_html_`, `_repr_png_` and so on."""
    if isinstance(obj, type) or getattr(obj, _CANARY, None) is not None:
        return None  # a class has unbound methods; some objects answer to every name
    offered = _offered(obj)
    renderings: list[Rendering] = []
    for media_type, ending in _ENDINGS.items():
        content = _content(media_type, offered.get(media_type))
        plain_besides = media_type == "text/plain" and bool(renderings)
        if content is not None and not plain_besides:
            meta = picture_size(media_type, content)
            renderings.append(Rendering(ending=ending, media_type=media_type, content=content, meta=meta))
    if not renderings or renderings[0].ending == ".txt":
        return None  # plain text is no rich display: others know better what to make of the object
    return Bundle(name=type(obj).__name__, renderings=tuple(renderings))


def _offered(obj: Any) -> dict[str, Any]:
    """Media type to content; single methods fill in what the bundle lacks."""
    found: dict[str, Any] = {}
    bundle = _called(obj, "_repr_mimebundle_")
    if isinstance(bundle, tuple) and bundle:
        bundle = bundle[0]  # the second part is metadata
    if isinstance(bundle, dict):
        found.update(bundle)
    for method, media_type in _METHODS.items():
        if found.get(media_type) is None:
            answer = _called(obj, method)
            # _repr_png_ and others may answer with metadata besides.
            found[media_type] = answer[0] if isinstance(answer, tuple) and answer else answer
    return found


def _called(obj: Any, method: str) -> Any:
    try:
        function = getattr(obj, method, None)
        return function() if callable(function) else None
    except Exception:  # an object that cannot draw itself is shown another way
        return None


def _content(media_type: str, value: Any) -> bytes | None:
    if value is None:
        return None
    if media_type.endswith("json"):
        return msgspec.json.encode(as_json(value))
    if media_type not in _BINARY:
        return printable(value).encode() if isinstance(value, str) else None
    if isinstance(value, str):
        try:
            return base64.b64decode(value)
        except (binascii.Error, ValueError):
            return None
    return bytes(value) if isinstance(value, (bytes, bytearray)) else None
