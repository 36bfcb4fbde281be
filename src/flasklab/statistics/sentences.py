"""A comparison in plain words: what it means, how sure it is, and what it does not say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flasklab.statistics.comparing import Method, Verdict

if TYPE_CHECKING:
    from flasklab.statistics.comparing import Comparison
    from flasklab.statistics.summaries import Interval

_VERY = 0.001  # a p value below which luck is very unlikely


def sentence(comparison: Comparison) -> str:
    """What a comparison means, in one sentence or a few: never more than it shows.

    The interval's ends and the difference have as many digits as the interval's width gives a meaning to.
    """
    told = {
        Verdict.TOO_FEW: _too_few,
        Verdict.EQUAL: _equal,
        Verdict.FIRST: _better,
        Verdict.SECOND: _better,
        Verdict.EDGE: _edge,
        Verdict.UNCLEAR: _unclear,
    }[comparison.verdict](comparison)
    return " ".join([told, *_cautions(comparison)])


def _too_few(one: Comparison) -> str:
    if one.pairs is not None:
        return f"With {one.pairs} pairs nothing can be said: run at least {one.needed} of each."
    counts = f"{one.first.n} and {one.second.n} runs"
    if one.first.n == one.second.n:
        counts = f"{_counted(one.first.n, 'run')} each" if one.first.n else "no runs"
    return f"With {counts} nothing can be said: run at least {one.needed} of each."


def _equal(one: Comparison) -> str:
    value = _exact(one.first.least or 0.0)
    return f"{one.first_name} and {one.second_name} gave the same{_of(one)} in every run, {value} ({_counts(one)})."


def _better(one: Comparison) -> str:
    better, other = one.first_name, one.second_name
    if one.verdict is Verdict.SECOND:
        better, other = other, better
    luck = "very unlikely" if _p(one) < _VERY else "unlikely"
    if _by_ranks(one):
        return (
            f"{better} tends to be better than {other}: {_wins(one)} ({_counts(one)}): "
            f"{luck} to be luck ({_p_text(one)}). {_about_means(one)}"
        )
    digits = _digits(one.interval)
    low, high = _oriented(one)
    return (
        f"{better} is better than {other} by {_written(abs(one.difference or 0.0), digits)}{_of(one)} "
        f"({_level(one)} interval {_written(low, digits)} to {_written(high, digits)}, {_counts(one)}): "
        f"{luck} to be luck ({_p_text(one)})."
    )


def _edge(one: Comparison) -> str:
    start = f"Whether {one.first_name} and {one.second_name} differ is on the edge of what so many runs can tell"
    text = f"{start}: {_measured(one)}."
    alone = one.p is not None and one.p <= 1.0 - one.level
    if alone and one.adjusted_p is not None and one.adjusted_p > 1.0 - one.level:
        return f"{text} Among {one.comparisons} comparisons such a difference can well be luck. Run more of each."
    return f"{text} Run more of each."


def _unclear(one: Comparison) -> str:
    start = f"No difference between {one.first_name} and {one.second_name} is shown"
    return f"{start}: {_measured(one)}. That does not show that they are equal."


def _measured(one: Comparison) -> str:
    """The difference as it was seen, whoever it favours."""
    if _by_ranks(one):
        return f"{_wins(one)} ({_counts(one)}, {_p_text(one)})"
    digits = _digits(one.interval)
    difference = one.difference or 0.0
    interval = one.interval
    ends = f"{_written(interval.low, digits)} to {_written(interval.high, digits)}" if interval else ""
    return (
        f"{one.first_name} less {one.second_name} is {_written(difference, digits)}{_of(one)} "
        f"({_level(one)} interval {ends}, {_counts(one)}, {_p_text(one)})"
    )


def _wins(one: Comparison) -> str:
    """How often a run of the group that is ahead is the better one."""
    delta = one.cliffs_delta or 0.0
    ahead = (delta >= 0) == one.higher_is_better
    name, other = (one.first_name, one.second_name) if ahead else (one.second_name, one.first_name)
    share = _percent((1.0 + abs(delta)) / 2.0)
    if one.pairs is not None:
        return f"{name} wins {share} of the pairs"
    return f"a run of {name} is better than one of {other} {share} of the time"


def _about_means(one: Comparison) -> str:
    difference = abs(one.difference or 0.0)
    varies = one.interval is not None and one.interval.low < one.interval.high
    written = _written(difference, _digits(one.interval)) if varies else _exact(difference)
    return f"The means differ by {written}{_of(one)}{', which outliers move' if varies else ''}."


def _cautions(one: Comparison) -> list[str]:
    """What to know besides."""
    found = []
    for name, summary in ((one.first_name, one.first), (one.second_name, one.second)):
        if summary.left_out:
            without = "gave no finite number and is" if summary.left_out == 1 else "gave no finite number and are"
            found.append(f"{_counted(summary.left_out, 'run')} of {name} {without} left out, which may flatter it.")
    if one.repeated:
        repeat = "repeats" if one.repeated == 1 else "repeat"
        found.append(f"{_counted(one.repeated, 'run')} {repeat} a seed of the same group, which is no new evidence.")
    if one.verdict in (Verdict.FIRST, Verdict.SECOND) and _constant(one):
        found.append("Runs of the same group do not differ at all: does the seed have any effect?")
    return found


def _constant(one: Comparison) -> bool:
    return one.first.least == one.first.greatest and one.second.least == one.second.greatest


def _by_ranks(one: Comparison) -> bool:
    return one.method in (Method.MANN_WHITNEY, Method.SIGNED_RANK)


def _oriented(one: Comparison) -> tuple[float, float]:
    """The interval of how much better the better one is."""
    if one.interval is None:
        return math.nan, math.nan
    if (one.difference or 0.0) >= 0.0:
        return one.interval.low, one.interval.high
    return -one.interval.high, -one.interval.low


def _p(one: Comparison) -> float:
    if one.adjusted_p is not None:
        return one.adjusted_p
    return math.nan if one.p is None else one.p


def _p_text(one: Comparison) -> str:
    text = p_in_words(_p(one))
    return text if one.adjusted_p is None else f"{text} for {one.comparisons} comparisons"


def p_in_words(p: float) -> str:
    """A p value as "p = 0.41", "p = 0.0312", "p = 0.004" or "p < 0.001"."""
    if p < 0.001:
        return "p < 0.001"
    if p < 0.01:
        return f"p = {p:.3f}"
    if p < 0.1:
        return f"p = {p:.4f}".rstrip("0")
    return f"p = {p:.2f}"


def _counts(one: Comparison) -> str:
    if one.pairs is not None:
        return f"{one.pairs} pairs of equal seeds"
    return f"n = {one.first.n} and {one.second.n}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _level(one: Comparison) -> str:
    return f"{round(100 * one.level, 2):g} %"


def _percent(share: float) -> str:
    """A share that is 100 % only where it is all of them."""
    whole = round(100 * share)
    return f"{min(whole, 99) if share < 1.0 else whole} %"


def _of(one: Comparison) -> str:
    return f" {one.metric}" if one.metric else ""


def _digits(interval: Interval | None) -> int:
    """Decimals that show two digits of the interval's half width."""
    half = 0.0 if interval is None else (interval.high - interval.low) / 2.0
    if half <= 0.0 or not math.isfinite(half):
        return 6
    return 1 - math.floor(math.log10(half))


def _written(value: float, decimals: int) -> str:
    """A number rounded to so many decimals, which may be fewer than none; tiny and huge ones in e-notation."""
    if decimals > 6 or abs(value) >= 1e12:
        return f"{value:.3g}"
    rounded = round(value, decimals) + 0.0  # no minus zero
    return f"{rounded:,.{max(decimals, 0)}f}"


def _exact(value: float) -> str:
    return f"{value:.6g}"
