"""What a check found, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    name: str  # what was looked at
    state: Literal["ok", "note", "wrong"]
    message: str  # what was found, in a sentence
    mend: str = ""  # what to do about it; "" where nothing is to be done


def runs_in_words(count: int) -> str:
    """ "1 run", "5 runs"."""
    return "1 run" if count == 1 else f"{count} runs"
