"""Presets: parameters of an experiment under a name, shared by the lab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import InvalidParametersError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.json import Json

LONGEST_NAME = 100  # characters
MOST_PRESETS = 100  # of one experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Parameters under a name."""

    id: str  # stands in URLs
    experiment: str
    name: str  # unique among the experiment's
    params: Mapping[str, Json]  # validated when they were saved, defaults filled in
    saved_by: str  # who saved it last
    saved_at: datetime


def checked_name(name: str) -> str:
    """The name as it is stored: trimmed.

    Raises:
        InvalidParametersError: it cannot be used.
    """
    found = " ".join(name.split())
    if not found:
        raise _refused("must be given")
    if len(found) > LONGEST_NAME:
        raise _refused(f"has {len(found):,} characters; at most {LONGEST_NAME} are taken")
    if not found.isprintable():
        raise _refused("has characters that cannot be seen")
    return found


def _refused(why: str) -> InvalidParametersError:
    return InvalidParametersError((ParameterError("name", why),))
