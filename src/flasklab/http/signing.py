"""Signed addresses of what runs produced: a sandboxed frame has no cookies, so the address itself must be the
key.

The time in it is rounded, so that a page loaded twice within minutes finds its pictures in the browser's
cache.
"""

from __future__ import annotations

import time

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from flasklab.http.problems import Refusal

LIFETIME_SECONDS = 3600
_ROUNDED_SECONDS = 600


class _RoundedSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(time.time()) // _ROUNDED_SECONDS * _ROUNDED_SECONDS


def _serializer() -> URLSafeTimedSerializer:
    key = current_app.secret_key
    if not key:
        raise RuntimeError("the app has no SECRET_KEY; `Lab(app)` makes one, so something has removed it")
    return URLSafeTimedSerializer(key, salt="flasklab-shown", signer=_RoundedSigner)


def sign_run(run_id: str) -> str:
    """The key to what the run produced, good for an hour."""
    return str(_serializer().dumps(run_id))


def signed_run(signed: str) -> str:
    """The id of the run that `signed` is the key to.

    Raises:
        Refusal: 404, the key is not ours or too old.
    """
    try:
        return str(_serializer().loads(signed, max_age=LIFETIME_SECONDS + _ROUNDED_SECONDS))
    except BadData:
        raise Refusal(404, "This address has expired. Reload the run's page for a fresh one.") from None
