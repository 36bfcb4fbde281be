"""Two texts line by line: what both have, what only one has, told with a few lines around it.

Lines that stand once in either text are what people recognise it by, so those are matched first and the rest between
them (Bram Cohen's patience diff); that also keeps logs, in which every other line is another one, from taking quadratic
time. Between them few differences are found exactly (Myers 1986, https://doi.org/10.1007/BF01840446), and many are left
to difflib.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

T = TypeVar("T", bound="Hashable")

_AROUND = 3  # equal lines shown on either side of a difference
_DEEPEST = 30  # levels of anchors within anchors
_FEW = 300  # removed and added lines that are found exactly; the cost grows with their square


class DiffLine(NamedTuple):
    """One line of a difference."""

    kind: str  # "same", "removed" (only on the left), "added" (only on the right), or "skipped": equal ones left out
    left: int | None  # its number there, from 1
    right: int | None
    text: str  # the line; of skipped ones how many they are


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDiff:
    """What tells two texts apart."""

    lines: tuple[DiffLine, ...] = ()
    removed: int = 0  # lines that only the left one has
    added: int = 0  # lines that only the right one has

    @property
    def same(self) -> bool:
        """Whether there is no difference."""
        return not self.removed and not self.added


def diff_lines(left: Sequence[str], right: Sequence[str], around: int = _AROUND) -> LineDiff:
    """The difference of two texts, given as lines without their ends."""
    lines: list[DiffLine] = []
    equal: list[tuple[int, int]] = []
    removed = added = at = there = 0
    for one, other in (*matched(left, right), (len(left), len(right))):
        if one > at or other > there:
            lines += _equal(left, equal, around, first=not lines, last=False)
            equal = []
            lines += (DiffLine("removed", number + 1, None, left[number]) for number in range(at, one))
            lines += (DiffLine("added", None, number + 1, right[number]) for number in range(there, other))
            removed, added = removed + one - at, added + other - there
        equal.append((one, other))
        at, there = one + 1, other + 1
    lines += _equal(left, equal[:-1], around, first=not lines, last=True)
    return LineDiff(lines=tuple(lines), removed=removed, added=added)


def matched(left: Sequence[T], right: Sequence[T]) -> Iterator[tuple[int, int]]:
    """Places of what both have in the same order, rising on either side."""
    yield from _between(left, right, 0, len(left), 0, len(right), 0)


def _between(
    left: Sequence[T], right: Sequence[T], low: int, high: int, start: int, end: int, depth: int
) -> Iterator[tuple[int, int]]:
    while low < high and start < end and left[low] == right[start]:
        yield low, start
        low, start = low + 1, start + 1
    tail = 0
    while low < high - tail and start < end - tail and left[high - tail - 1] == right[end - tail - 1]:
        tail += 1
    high, end = high - tail, end - tail
    if low < high and start < end:
        anchors = _anchors(left, right, low, high, start, end) if depth < _DEEPEST else []
        if anchors:
            for one, other in anchors:
                yield from _between(left, right, low, one, start, other, depth + 1)
                yield one, other
                low, start = one + 1, other + 1
            yield from _between(left, right, low, high, start, end, depth + 1)
        elif (few := _few_edits(left[low:high], right[start:end])) is not None:
            yield from ((low + one, start + other) for one, other in few)
        else:
            for block in SequenceMatcher(None, left[low:high], right[start:end]).get_matching_blocks():
                yield from ((low + block.a + at, start + block.b + at) for at in range(block.size))
    yield from ((high + at, end + at) for at in range(tail))


def _anchors(left: Sequence[T], right: Sequence[T], low: int, high: int, start: int, end: int) -> list[tuple[int, int]]:
    """What stands once on either side, in the longest order that both have."""
    here, there = Counter(left[low:high]), Counter(right[start:end])
    places = {item: at for at, item in enumerate(right[start:end], start) if there[item] == 1 and here[item] == 1}
    pairs = [(at, places[item]) for at, item in enumerate(left[low:high], low) if item in places]
    ends: list[int] = []  # of the best order of each length, its last place on the right
    last: list[int] = []  # and its pair
    before: list[int] = []  # of each pair, the one that precedes it in the best order which it ends
    for pair, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        if length == len(ends):
            ends.append(place)
            last.append(pair)
        else:
            ends[length], last[length] = place, pair
        before.append(last[length - 1] if length else -1)
    found = []
    pair = last[-1] if last else -1
    while pair >= 0:
        found.append(pairs[pair])
        pair = before[pair]
    return found[::-1]


def _few_edits(left: Sequence[T], right: Sequence[T]) -> list[tuple[int, int]] | None:
    """The most matches that there can be, if few lines are without one; else None.

    On diagonal `k`, which is `k` further on the left than on the right, `furthest[k]` is how far one gets on the left.
    """
    furthest = {1: 0}
    history = []
    for edits in range(_FEW + 1):
        history.append(dict(furthest))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            one = furthest[k + 1] if down else furthest[k - 1] + 1
            while one < len(left) and one - k < len(right) and left[one] == right[one - k]:
                one += 1
            furthest[k] = one
            if one >= len(left) and one - k >= len(right):
                return _walked_back(history, len(left), len(right))
    return None


def _walked_back(history: Sequence[dict[int, int]], one: int, other: int) -> list[tuple[int, int]]:
    """The matches on the way to the end, first to last."""
    found = []
    for edits in range(len(history) - 1, -1, -1):
        furthest, k = history[edits], one - other
        down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
        before = k + 1 if down else k - 1
        start = furthest[before] if edits else 0
        while one > start + (not down):
            one, other = one - 1, other - 1
            found.append((one, other))
        if edits:
            one, other = start, start - before
    return found[::-1]


def _equal(
    left: Sequence[str], equal: Sequence[tuple[int, int]], around: int, *, first: bool, last: bool
) -> Iterator[DiffLine]:
    """Equal lines between two differences: a few at either end, and how many were left out."""
    before, after = 0 if first else around, 0 if last else around
    # A line takes as much room as the words that it was left out.
    shown = [*equal[:before], *equal[len(equal) - after :]] if len(equal) > before + after + 1 else [*equal]
    skipped = len(equal) - len(shown)
    for at, (one, other) in enumerate(shown):
        if skipped and at == before:
            yield DiffLine("skipped", None, None, str(skipped))
        yield DiffLine("same", one + 1, other + 1, left[one])
    if skipped and len(shown) <= before:
        yield DiffLine("skipped", None, None, str(skipped))
