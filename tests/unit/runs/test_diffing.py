from __future__ import annotations

import difflib
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from flasklab.runs.diffing import _few_edits, diff_lines, matched

LINES = st.lists(st.sampled_from("abcdef"), max_size=30)


def kinds(left: str, right: str) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in diff_lines(left.split(), right.split(), around=1).lines]


@given(LINES, LINES)
def test_what_is_removed_and_added_leads_from_one_text_to_the_other(left: list[str], right: list[str]) -> None:
    found = diff_lines(left, right, around=100)
    if left == right:
        assert found.same
        return
    assert [line.text for line in found.lines if line.kind != "added"] == left
    assert [line.text for line in found.lines if line.kind != "removed"] == right
    assert not found.same
    assert (found.removed, found.added) == tuple(
        sum(line.kind == kind for line in found.lines) for kind in ("removed", "added")
    )


@given(LINES, LINES)
def test_matches_rise_on_both_sides_and_are_equal(left: list[str], right: list[str]) -> None:
    pairs = list(matched(left, right))
    assert all(left[one] == right[other] for one, other in pairs)
    assert pairs == sorted(set(pairs))
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


@given(LINES, LINES, st.integers(0, 3))
def test_skipped_lines_are_counted(left: list[str], right: list[str], around: int) -> None:
    found = diff_lines(left, right, around=around)
    skipped = sum(int(line.text) for line in found.lines if line.kind == "skipped")
    assert len(left) == skipped + sum(line.kind in ("same", "removed") for line in found.lines)


def test_equal_lines_far_from_a_difference_are_left_out() -> None:
    assert kinds("a b c d e f g h", "a b X d e f g h") == [
        ("same", "a"),
        ("same", "b"),
        ("removed", "c"),
        ("added", "X"),
        ("same", "d"),
        ("skipped", "4"),
    ]
    assert kinds("a b", "a b") == [("skipped", "2")]
    assert kinds("", "") == []


def test_lines_are_numbered_on_their_own_side() -> None:
    lines = diff_lines(["a", "b"], ["b", "c"]).lines
    assert [(line.kind, line.left, line.right) for line in lines] == [
        ("removed", 1, None),
        ("same", 2, 1),
        ("added", None, 2),
    ]


def test_two_differences_far_apart_are_found_among_lines_that_repeat_themselves() -> None:
    left = ["load", "step", "step", "save", "done"] * 600
    right = [*left]
    right[900] = "failed"
    right[2000:2001] = []
    found = diff_lines(left, right)
    assert (found.removed, found.added) == (2, 1)
    assert [line.left for line in found.lines if line.kind == "removed"] == [901, 2001]


@given(LINES, LINES)
def test_where_few_lines_differ_as_many_are_matched_as_can_be(left: list[str], right: list[str]) -> None:
    longest = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for one, line in enumerate(left):
        for other, text in enumerate(right):
            here = longest[one][other] + 1 if line == text else max(longest[one][other + 1], longest[one + 1][other])
            longest[one + 1][other + 1] = here
    assert len(_few_edits(left, right) or []) == longest[-1][-1]


def test_a_log_whose_every_other_line_differs_is_matched_as_well_as_difflib_does_and_sooner() -> None:
    drawn = random.Random(1)
    left = [text for at in range(1500) for text in (f"epoch {at}", f"loss {drawn.random()}")]
    right = [text for at in range(1500) for text in (f"epoch {at}", f"loss {drawn.random()}")]
    began = time.perf_counter()
    found = diff_lines(left, right)
    mine = time.perf_counter() - began
    began = time.perf_counter()
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    theirs = time.perf_counter() - began
    assert found.removed == len(left) - sum(block.size for block in blocks)
    assert mine < theirs
