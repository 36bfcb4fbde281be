"""How long a request is willing to wait: `?wait=10` or `Prefer: wait=10` (RFC 7240).

The limit of waiters is kept by `RunRead.wait`: past it, the answer is what is known now.
"""

from __future__ import annotations

import math
import re

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError

LONGEST_SECONDS = 600.0
QUERY_NAME = "wait"


def asked_wait() -> float | None:
    """Seconds that the present request wants to wait, at most `LONGEST_SECONDS`; None when it does not say.

    Raises:
        InvalidParametersError: `?wait=` is no number of seconds.
    """
    text = request.args.get(QUERY_NAME)
    if text is not None:
        return _seconds(text)
    match = re.search(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?', ",".join(request.headers.getlist("Prefer")), re.I)
    return min(float(match[1]), LONGEST_SECONDS) if match else None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise InvalidParametersError((ParameterError(QUERY_NAME, f"is not a number of seconds: {text[:40]!r}"),))
    return min(seconds, LONGEST_SECONDS)
