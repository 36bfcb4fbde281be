"""Numbers and choices in the present request's query."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence


def asked_whole(name: str, least: int, most: int) -> int | None:
    """A whole number, None where it is not given.

    Raises:
        InvalidParametersError: it is none, or not from `least` to `most`.
    """
    text = request.args.get(name)
    if not text:
        return None
    try:
        number = int(text) if len(text) < 20 else most + 1
    except ValueError:
        number = most + 1
    if not least <= number <= most:
        raise refused(name, f"must be a whole number from {least} to {most}")
    return number


def asked_real(name: str) -> float | None:
    """A finite number, None where it is not given.

    Raises:
        InvalidParametersError: it is none.
    """
    text = request.args.get(name)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise refused(name, "must be a number")
    return number


def asked_choice(name: str, choices: Sequence[str]) -> str:
    """One of some words, the first where it is not given.

    Raises:
        InvalidParametersError: it is another word.
    """
    text = request.args.get(name) or choices[0]
    if text not in choices:
        raise refused(name, f"must be one of {', '.join(choices)}")
    return text


def refused(name: str, why: str) -> InvalidParametersError:
    """The error about one argument."""
    return InvalidParametersError((ParameterError(name, why),))
