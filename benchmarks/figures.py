"""One line of a benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured value beside what it is held against."""

    what: str
    value: float
    unit: str
    against: float  # the limit, or the rival's value measured in the same run
    name: str  # "limit" or the rival
    is_limit: bool = False

    @property
    def missed(self) -> bool:
        """Whether a limit is passed."""
        return self.is_limit and self.value > self.against

    def __str__(self) -> str:
        """The table's line."""
        rival = f"{self.name} {self.against:,.3g} {self.unit}"
        mark = "  MISSED" if self.missed else ""
        return f"{self.what:<58} {self.value:>7,.3g} {self.unit:<3}{rival:>34} {self.value / self.against:>6.2f}x{mark}"
