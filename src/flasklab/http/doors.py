"""Who may come in: the Host that a request names, its size, and where an unsafe request comes from.

A lab on one's own machine has no login, so any web page open beside it could try to start runs: by a form
(refused by `Sec-Fetch-Site` and `Origin`), or by a name of its own that leads to 127.0.0.1 (refused by
`Host`). Programs like curl send neither header and no cookie: they pass.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import IO, TYPE_CHECKING

from flask import current_app, g, request, session
from werkzeug.formparser import FormDataParser
from werkzeug.sansio.utils import host_is_trusted

from flasklab.http.lab import current_lab
from flasklab.http.problems import Refusal

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage, MultiDict

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Bytes of text fields or JSON; files are streamed and have the limit FLASKLAB_MAX_UPLOAD.
LARGEST_TEXT = 8 * 1024**2
MOST_PARTS = 100
MOST_FIELDS = 1000  # of a form without files; each costs a hundred times its bytes once it is read
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(?::\d{1,5})?", re.ASCII | re.IGNORECASE)


def check_host() -> None:
    """Refuse a request that is addressed to a name which is not this lab's.

    Raises:
        Refusal: 400, naming the setting.
    """
    host = request.host
    trusted = [*current_lab().settings.trusted_hosts, *(current_app.config.get("TRUSTED_HOSTS") or ())]
    if _is_loopback(host) or (trusted and host_is_trusted(host, trusted)):
        return
    raise Refusal(
        400,
        f"This lab does not answer to the host {host or 'of this request'!r}. If the name is yours, add it "
        "to the setting FLASKLAB_TRUSTED_HOSTS.",
        title="Unknown host",
    )


def _is_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def limit_body() -> None:
    """Set this request's limits before anything reads its body.

    Raises:
        Refusal: 413 when its length is known to be too much.
    """
    files = request.mimetype == "multipart/form-data"
    limit = current_lab().settings.max_upload
    if not files:
        limit = min(limit, LARGEST_TEXT)
    request.max_content_length = limit
    request.max_form_memory_size = LARGEST_TEXT
    request.max_form_parts = MOST_PARTS
    request.form_data_parser_class = _WholeFormParser
    if (request.content_length or 0) > limit:
        raise too_large(limit, files=files)
    if files or request.method in SAFE_METHODS:
        return
    # Read and counted before anything parses it; what reads the body next finds it kept.
    body = request.get_data(cache=True)
    if len(body) >= limit > (request.content_length or 0):
        raise too_large(limit, files=False)  # sent in chunks: Werkzeug stops reading without a word
    if request.mimetype == "application/x-www-form-urlencoded" and body.count(b"&") >= MOST_FIELDS:
        raise Refusal(413, f"A form has at most {MOST_FIELDS} fields. Send more as JSON.")


class _WholeFormParser(FormDataParser):
    """Refuses a form that cannot be read whole; Werkzeug's own takes it for an empty one."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """As Werkzeug's, but a body cut short or without its boundary is an error."""
        self.silent = False
        try:
            return super().parse(stream, mimetype, content_length, options)
        except ValueError as error:
            raise Refusal(400, f"The form cannot be read: {str(error)[:200]}.", title="Not a form") from None


def too_large(limit: int, *, files: bool) -> Refusal:
    """The refusal of a body over `limit` bytes."""
    setting = "; the setting FLASKLAB_MAX_UPLOAD sets the limit" if files else " outside of uploaded files"
    return Refusal(413, f"This lab takes at most {limit:,} bytes in one request{setting}.")


def check_origin() -> None:
    """Refuse an unsafe request that another site's page has sent.

    Raises:
        Refusal: 403.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin in current_lab().settings.cors_origins and origin not in ("*", "null"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("same-origin", "none"):
        return
    if site in ("same-site", "cross-site"):
        raise _foreign(f"Sec-Fetch-Site: {site}")
    if origin is not None:
        if origin != request.host_url.rstrip("/"):
            raise _foreign(f"Origin: {origin[:100]}")
        return
    if _has_session() and not has_token():
        raise Refusal(
            403,
            "This request carries a browser's cookie but nothing that says where it comes from. Send it "
            "without cookies, or with the form's csrf_token.",
            title="Unknown origin",
        )


def _foreign(header: str) -> Refusal:
    return Refusal(
        403,
        f"This request was sent by another site's page ({header}). If that page is yours, add its origin "
        "to the setting FLASKLAB_CORS_ORIGINS.",
        title="Foreign origin",
    )


def _has_session() -> bool:
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def is_browser() -> bool:
    """Whether the request shows signs of a browser: then its forms must carry a token."""
    return "Sec-Fetch-Site" in request.headers or "Origin" in request.headers or _has_session()


def is_form() -> bool:
    """Whether the request's body is what an HTML form sends."""
    return request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")


def has_token() -> bool:
    """Whether the request carries the token of this browser's session, as a field or a header."""
    # Imported when needed: only browsers' unsafe requests do.
    from flask_wtf.csrf import validate_csrf  # type: ignore[import-untyped]  # ships no types
    from wtforms import ValidationError  # type: ignore[import-untyped]  # ships no types

    config = current_app.config
    if not config.get("WTF_CSRF_ENABLED", True) or g.get("csrf_valid", False):
        return True
    field = config.get("WTF_CSRF_FIELD_NAME", "csrf_token")
    token = request.form.get(field) if is_form() else None
    token = token or request.headers.get("X-CSRFToken") or request.headers.get("X-CSRF-Token")
    if field not in session:
        return False
    try:
        # A form may stay open overnight: the token lives as long as the session.
        validate_csrf(token, time_limit=None)
    except ValidationError:
        return False
    return True


def check_token() -> None:
    """Refuse a browser's form that lacks its token.

    Raises:
        Refusal: 400.
    """
    from flasklab.http.negotiation import wants_html

    if wants_html() and is_browser() and not has_token():
        raise Refusal(
            400,
            "This form's token is missing or of another session. Go back, reload the page and try again.",
            title="Form out of date",
        )
