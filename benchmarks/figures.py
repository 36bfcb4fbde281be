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
    at_most: float | None = None  # how many times `against` the value may be
    at_least: float | None = None  # how many times `against` the value must be

    @property
    def ratio(self) -> float:
        """How many times the limit or the rival's value the value is."""
        return self.value / self.against

    @property
    def missed(self) -> bool:
        """Whether a limit is passed, or a mark beside a rival not reached."""
        return (
            (self.is_limit and self.value > self.against)
            or (self.at_most is not None and self.ratio > self.at_most)
            or (self.at_least is not None and self.ratio < self.at_least)
        )

    def __str__(self) -> str:
        """The table's line."""
        rival = f"{self.name} {_short(self.against)} {self.unit}"
        marks = ((self.at_most, "at most"), (self.at_least, "at least"))
        mark = "".join(f"  {word} {bound:.2f}x" for bound, word in marks if bound is not None)
        missed = "  MISSED" if self.missed else ""
        return f"{self.what:<58} {_short(self.value):>7} {self.unit:<3}{rival:>34} {self.ratio:>6.2f}x{mark}{missed}"


def _short(value: float) -> str:
    """Three digits that count, or more of a larger whole number."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
