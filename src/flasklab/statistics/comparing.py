"""Is one group of runs better than another: the difference, its interval, a test that fits, and how large it is.

Which test is taken depends on how the runs were made and on outliers, never on a p value: choosing after having seen
one makes luck look like a find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from flasklab.statistics.bootstrap import DRAWS, difference_interval, mean_difference_interval
from flasklab.statistics.corrections import holm
from flasklab.statistics.effects import cliffs_delta, hedges_g
from flasklab.statistics.mean_tests import paired_t, welch
from flasklab.statistics.rank_tests import mann_whitney, signed_rank
from flasklab.statistics.samples import Matched, match
from flasklab.statistics.summaries import LEVEL, Interval, Summary, finite_part, quantile, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flasklab.statistics.mean_tests import MeanTest
    from flasklab.statistics.rank_tests import RankTest
    from flasklab.statistics.samples import Sample

LEAST_RUNS = 5  # of each group: below, an interval is so wide and a spread so uncertain that either misleads
_FAR_OUT = 3.0  # interquartile ranges beyond a quartile (Tukey 1977, Exploratory Data Analysis, 2D)
_OUTLIERS_FROM = 8  # values; quartiles of fewer call every tenth ordinary group one with outliers


class Method(StrEnum):
    """A test of a difference."""

    WELCH = "welch"
    MANN_WHITNEY = "mann-whitney"
    PAIRED_T = "paired-t"
    SIGNED_RANK = "signed-rank"

    @property
    def by_ranks(self) -> bool:
        """Whether it looks at the order of values, not at their means."""
        return self in (Method.MANN_WHITNEY, Method.SIGNED_RANK)

    @property
    def by_pairs(self) -> bool:
        """Whether it looks at differences within pairs."""
        return self in (Method.PAIRED_T, Method.SIGNED_RANK)


class Verdict(StrEnum):
    """What a comparison says."""

    FIRST = "first"  # the first group is better
    SECOND = "second"
    EDGE = "edge"  # test and interval, or p value and correction, disagree
    UNCLEAR = "unclear"  # no difference is shown, which does not mean that there is none
    EQUAL = "equal"  # all values are the same
    TOO_FEW = "too few"  # nothing can be said


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two groups of runs compared by one metric; differences are first less second, in the metric's unit."""

    metric: str
    first_name: str
    second_name: str
    first: Summary
    second: Summary
    higher_is_better: bool
    level: float  # of intervals; 1 - level is the chance of a false find that is accepted
    pairs: int | None = None  # runs with the same seed in both groups; None where the groups are taken as independent
    difference: float | None = None  # of the means, within pairs where there are some; None without values
    interval: Interval | None = None  # of the difference, by a bootstrap (BCa); None below two values
    t_interval: Interval | None = None  # of the difference, by Student's t; None below two values
    method: Method | None = None  # None below two values
    why: str = ""  # this method: one sentence
    statistic: float | None = None  # of the test: t, U or the sum of positive ranks
    degrees: float | None = None  # of freedom, of a t test
    p: float | None = None  # two-sided; None below two values
    adjusted_p: float | None = None  # for all comparisons made at once; None where there is only this one
    comparisons: int = 1  # made at once
    hedges_g: float | None = None  # the difference in standard deviations; None where nothing varies
    cliffs_delta: float | None = None  # how much more often the first is the greater one (in its pair), in [-1, 1]
    needed: int = LEAST_RUNS  # runs of each group, or pairs, before anything can be said
    repeated: int = 0  # runs beyond the first one of their seed and group

    @property
    def verdict(self) -> Verdict:
        """What it says, and no more than that."""
        if self.p is None or self.difference is None or self.interval is None or self.n < self.needed:
            return Verdict.TOO_FEW
        if self._all_equal:
            return Verdict.EQUAL
        accepted = 1.0 - self.level
        alone = self.p <= accepted
        among_all = alone and (self.adjusted_p is None or self.adjusted_p <= accepted)
        if self.method is not None and self.method.by_ranks:
            lead = self.cliffs_delta or 0.0
            excluded = True
        else:
            lead = self.difference
            excluded = not self.interval.low <= 0.0 <= self.interval.high
        if among_all and excluded and lead != 0.0:
            return Verdict.FIRST if (lead > 0) == self.higher_is_better else Verdict.SECOND
        return Verdict.EDGE if alone or (excluded and not self._by_ranks) else Verdict.UNCLEAR

    @property
    def n(self) -> int:
        """Values of the smaller group, or pairs: what the comparison rests on."""
        return min(self.first.n, self.second.n) if self.pairs is None else self.pairs

    @property
    def _by_ranks(self) -> bool:
        return self.method is not None and self.method.by_ranks

    @property
    def _all_equal(self) -> bool:
        ends = {self.first.least, self.first.greatest, self.second.least, self.second.greatest}
        return len(ends) == 1


def compare(
    first: Sample,
    second: Sample,
    *,
    metric: str = "",
    higher_is_better: bool = True,
    level: float = LEVEL,
    method: Method | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Compare two groups of runs.

    Runs with the same seed are pairs where at least four in five runs of either group have their partner: the test
    then is a paired t test, otherwise Welch's, the one to take by default (Ruxton 2006, Behavioral Ecology 17, 688;
    Delacre, Lakens and Leys 2017, International Review of Social Psychology 30, 92). Where a value (or a difference
    within a pair) lies far outside the others, a mean says little, and where none varies, t says nothing: then it is
    the test by ranks, Wilcoxon's or Mann and Whitney's. The interval is a BCa bootstrap's in each case.

    Args:
        first: a group of runs
        second: another one, with values of the same unit
        metric: what the values are called in sentences
        higher_is_better: whether larger values are better ones
        level: of intervals, within (0, 1)
        method: a test of one's own choice, chosen before the values were seen
        draws: of the bootstrap
        seed: of the bootstrap; the same seed gives the same comparison

    Raises:
        ValueError: `level` is not within (0, 1), or `method` needs pairs and there are none.
    """
    matched = match(first, second)
    if method is not None and method.by_pairs and matched.pairs is None:
        raise ValueError(f"{method} needs runs with the same seeds in both groups")
    if method is not None and not method.by_pairs:
        matched = replace(matched, pairs=None)
    bare = Comparison(
        metric=metric,
        first_name=first.name,
        second_name=second.name,
        first=summarize(first.values, level),
        second=summarize(second.values, level),
        higher_is_better=higher_is_better,
        level=level,
        repeated=matched.repeated,
    )
    if matched.pairs is not None:
        return _paired(bare, matched, method, draws, seed)
    one, other = finite_part(first.values)[0], finite_part(second.values)[0]
    if len(one) < 2 or len(other) < 2:
        known = bare.first.mean is not None and bare.second.mean is not None
        return replace(bare, difference=_difference(bare)) if known else bare
    chosen, why = (method, "It was asked for.") if method else _independent_method(one, other)
    by_mean = welch(one, other, level=level)
    by_ranks = mann_whitney(one, other)
    return replace(
        _tested(bare, chosen, why, by_mean, by_ranks),
        interval=difference_interval(one, other, level=level, draws=draws, seed=seed),
        hedges_g=hedges_g(one, other),
        cliffs_delta=cliffs_delta(one, other),
        needed=_needed(chosen, level),
    )


def compare_all(
    samples: Sequence[Sample],
    *,
    baseline: int | None = None,
    correct: Callable[[Sequence[float]], Sequence[float]] = holm,
    metric: str = "",
    higher_is_better: bool = True,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Compare several groups at once, with p values adjusted for their number.

    Args:
        samples: the groups
        baseline: position of the one that all others are compared with; None compares each with each, which for k
            groups are k (k - 1) / 2 comparisons
        correct: `holm` or `benjamini_hochberg`; comparisons that too few runs allow count for none
        metric: what the values are called in sentences
        higher_is_better: whether larger values are better ones
        level: of intervals, within (0, 1)
        draws: of each bootstrap
        seed: of each bootstrap

    Returns:
        One comparison of each group with the baseline, the group first, or of each two groups, in their order.

    Raises:
        ValueError: `level` is not within (0, 1).
    """
    if baseline is None:
        couples = list(combinations(samples, 2))
    else:
        couples = [(sample, samples[baseline]) for at, sample in enumerate(samples) if at != baseline]
    alone = [
        compare(one, other, metric=metric, higher_is_better=higher_is_better, level=level, draws=draws, seed=seed)
        for one, other in couples
    ]
    told = [math.nan if one.verdict is Verdict.TOO_FEW or one.p is None else one.p for one in alone]
    made = sum(not math.isnan(p) for p in told)
    if made < 2:
        return tuple(alone)
    return tuple(
        one if math.isnan(adjusted) else replace(one, adjusted_p=adjusted, comparisons=made)
        for one, adjusted in zip(alone, correct(told), strict=True)
    )


def _paired(bare: Comparison, matched: Matched, method: Method | None, draws: int, seed: int) -> Comparison:
    pairs = matched.pairs or ()
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    differences = [a - b for a, b in pairs]
    chosen, why = (method, "It was asked for.") if method else _paired_method(differences)
    by_mean = paired_t(differences, level=bare.level)
    by_ranks = signed_rank(differences)
    return replace(
        _tested(bare, chosen, why, by_mean, by_ranks),
        pairs=len(pairs),
        difference=by_mean.difference,
        interval=mean_difference_interval(differences, level=bare.level, draws=draws, seed=seed),
        hedges_g=hedges_g(one, other, degrees=len(pairs) - 1),
        cliffs_delta=cliffs_delta(differences, [0.0]),
        needed=_needed(chosen, bare.level),
    )


def _tested(bare: Comparison, chosen: Method, why: str, by_mean: MeanTest, by_ranks: RankTest) -> Comparison:
    return replace(
        bare,
        difference=by_mean.difference,
        t_interval=by_mean.interval,
        method=chosen,
        why=why,
        statistic=by_ranks.statistic if chosen.by_ranks else by_mean.t,
        degrees=None if chosen.by_ranks else by_mean.degrees,
        p=by_ranks.p if chosen.by_ranks else by_mean.p,
    )


def _independent_method(one: Sequence[float], other: Sequence[float]) -> tuple[Method, str]:
    if min(one) == max(one) and min(other) == max(other):
        return Method.MANN_WHITNEY, "By ranks, as the values of neither group vary."
    if _has_outlier(one) or _has_outlier(other):
        return Method.MANN_WHITNEY, "By ranks, as a value lies far outside the others and would decide a mean."
    return Method.WELCH, "By means, as no value lies far outside the others; the groups' spreads may differ."


def _paired_method(differences: Sequence[float]) -> tuple[Method, str]:
    if min(differences) == max(differences):
        return Method.SIGNED_RANK, "By ranks within pairs of runs of the same seed, as all pairs differ by the same."
    if _has_outlier(differences):
        return Method.SIGNED_RANK, "By ranks within pairs of runs of the same seed, as one pair differs far more."
    return Method.PAIRED_T, "Within pairs, as both groups have runs of the same seeds."


def _has_outlier(values: Sequence[float]) -> bool:
    if len(values) < _OUTLIERS_FROM:
        return False
    ordered = sorted(values)
    low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
    reach = _FAR_OUT * (high - low)
    return ordered[0] < low - reach or ordered[-1] > high + reach


def _needed(method: Method, level: float) -> int:
    """Runs of each group, or pairs, from which on the test can find anything at this level."""
    count = LEAST_RUNS
    while method.by_ranks and _least_p(method, count) > 1.0 - level:
        count += 1
    return count


def _least_p(method: Method, count: int) -> float:
    return 2.0 / (2.0**count if method.by_pairs else math.comb(2 * count, count))


def _difference(bare: Comparison) -> float:
    return (bare.first.mean or 0.0) - (bare.second.mean or 0.0)
