"""The headers that every answer of the lab carries, whatever it is.

What a run produced brings a policy of its own (see `flasklab.web.shown`): only what is missing is added here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Response

ALREADY_RUN = "Flasklab-Already-Run"  # of an answer with a run that was made before, instead of a new one

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
# Nothing runs, loads or is framed by others: for pictures and text that a run produced.
INERT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)

_ALWAYS = (
    ("Content-Security-Policy", PAGE_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "private, no-cache"),
)


def secure(response: Response) -> Response:
    """Add what every answer carries, where it is not set already."""
    for name, value in _ALWAYS:
        response.headers.setdefault(name, value)
    # One address answers as page, picture or JSON: no cache may mix them up.
    response.vary.update(("Accept", "Cookie"))
    return response
