"""What a person says about a source that does not say it itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is known beside the source."""

    experiment: str | None = None  # of runs whose source names none
    params: tuple[str, ...] = ()  # columns of a table that are parameters
    metrics: tuple[str, ...] = ()  # that are metrics
    outputs: tuple[str, ...] = ()  # that are outputs
