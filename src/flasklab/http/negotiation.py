"""What kind of answer a request wants: a page, a picture, or JSON.

JSON is what everyone gets who does not ask for HTML: curl, requests and fetch send `*/*` or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Request

_PAGES = ("text/html", "application/xhtml+xml")
_JSON = ("application/json", "application/problem+json")
_PICTURES = {"image/png": ".png", "image/svg+xml": ".svg"}


def _quality(asking: Request, names: tuple[str, ...]) -> float:
    """The highest quality given to one of `names`; ranges like `*/*` ask for nothing in particular."""
    return max((quality for name, quality in asking.accept_mimetypes if name.lower() in names), default=0.0)


def wants_html(asking: Request | None = None) -> bool:
    """Whether the answer should be a page: HTML is asked for by name, and no less than JSON is."""
    asking = asking or request
    html = _quality(asking, _PAGES)
    return html > 0 and html >= _quality(asking, _JSON)


def wanted_picture(asking: Request | None = None) -> str | None:
    """ ".png" or ".svg" when the answer should be a picture, else None."""
    asking = asking or request
    if _quality(asking, _PAGES) or _quality(asking, _JSON):
        return None
    best = max(_PICTURES, key=lambda name: _quality(asking, (name,)))
    return _PICTURES[best] if _quality(asking, (best,)) else None
