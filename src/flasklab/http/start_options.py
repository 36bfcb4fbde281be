"""How a start is to be queued: `?priority=5&not_before=2026-11-25T14:00:00Z`, or the form's own fields for that.

Names in the query steer the request, so a parameter of such a name is sent in the body; the form's fields have names
that no parameter can have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.runs.times import now, read_moment

if TYPE_CHECKING:
    from datetime import datetime

PRIORITY, NOT_BEFORE = "priority", "not_before"
QUERY_NAMES = frozenset({PRIORITY, NOT_BEFORE})
FIELD_PREFIX = ":"
_HIGHEST_PRIORITY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """What a start asks for beside parameters; None where it does not say."""

    priority: int | None = None
    not_before: datetime | None = None


def asked_options() -> StartOptions:
    """What the present request asks for.

    Raises:
        InvalidParametersError: some of it cannot be read.
    """
    texts = typed_options()
    errors = []
    priority = not_before = None
    if texts[PRIORITY]:
        if re.fullmatch(r"[+-]?\d{1,7}", texts[PRIORITY], re.ASCII) and abs(int(texts[PRIORITY])) <= _HIGHEST_PRIORITY:
            priority = int(texts[PRIORITY])
        else:
            most = f"{_HIGHEST_PRIORITY:,}"
            errors.append(ParameterError(PRIORITY, f"must be a whole number from -{most} to {most}"))
    if texts[NOT_BEFORE]:
        try:
            not_before = read_moment(texts[NOT_BEFORE], now())
        except ValueError as error:
            errors.append(ParameterError(NOT_BEFORE, str(error)))
    if errors:
        raise InvalidParametersError(tuple(errors))
    return StartOptions(priority=priority, not_before=not_before)


def typed_options() -> dict[str, str]:
    """What was written for each option, as text; "" where nothing was."""
    return {
        name: (request.form.get(FIELD_PREFIX + name) or request.args.get(name) or "").strip()
        for name in (PRIORITY, NOT_BEFORE)
    }
