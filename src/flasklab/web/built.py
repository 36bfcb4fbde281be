"""The built front end as files: named by their content, so a browser may keep them for ever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, request, send_file
from werkzeug.security import safe_join

from flasklab.http.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "static" / "dist"
# Not from the system's table: a wrong entry there would break the page under nosniff.
_TYPES = {
    ".css": "text/css",
    ".html": "text/plain",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def asset(name: str) -> Response:
    """GET /assets/<path>: one built file, in the smallest encoding that the browser takes."""
    joined = safe_join(str(FOLDER), name)
    path = Path(joined) if joined is not None else None
    media_type = _TYPES.get(path.suffix) if path is not None else None
    if path is None or media_type is None or not path.is_file():
        raise Refusal(404, "There is no such file. The page that asks for it may be of an older version: reload it.")
    for encoding, packed in _packed(path):
        answer = send_file(packed, mimetype=media_type)
        answer.headers["Content-Encoding"] = encoding
        break
    else:
        answer = send_file(path, mimetype=media_type)
    answer.headers["Cache-Control"] = _FOR_EVER
    if name.startswith("vega/"):  # the frames that load it have an opaque origin
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.vary.add("Accept-Encoding")
    return answer


def _packed(path: Path) -> Iterator[tuple[str, Path]]:
    """Encodings that both sides have, smallest first."""
    for encoding, ending in (("br", ".br"), ("gzip", ".gz")):
        packed = path.with_name(path.name + ending)
        if request.accept_encodings[encoding] > 0 and packed.is_file():
            yield encoding, packed
