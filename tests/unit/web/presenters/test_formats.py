from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flasklab.web.presenters import formats

AT = datetime(2026, 11, 23, 8, 52, 7, tzinfo=UTC)


def test_a_moment_is_said_three_ways() -> None:
    moment = formats.moment(AT, AT + timedelta(minutes=5))
    assert (moment.iso, moment.exact, moment.ago) == (
        "2026-11-23T08:52:07Z",
        "2026-11-23 08:52:07 UTC",
        "5 min ago",
    )


@pytest.mark.parametrize(("value", "text"), [(math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "-∞")])
def test_what_is_not_finite_has_a_word(value: float, text: str) -> None:
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (None, "none"),
        (True, "true"),
        ("NaN", "NaN"),
        ("-Infinity", "-∞"),
        ([1, 2.5, "a"], "1, 2.5, a"),
        ([], "empty"),
        ({}, "empty"),
        ("", "empty"),
        ({"a": [1]}, '{"a":[1]}'),
        ({"file": "a.csv", "sha256": "0" * 64, "size": 3}, "a.csv"),
    ],
)
def test_json_values_stand_on_one_line(item: Any, text: str) -> None:
    assert formats.value(item) == text


def test_long_texts_are_cut() -> None:
    assert formats.value("x" * 300, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "text"), [(21.0, "21"), (0.1, "0.1"), (1e-6, "1e-6"), (2.5e20, "2.5e20"), (7, "7"), (math.inf, "inf")]
)
def test_a_chosen_number_keeps_its_digits(value: float, text: str) -> None:
    assert formats.parameter(value) == text


def test_a_crowded_line_shortens_numbers_but_groups_nothing() -> None:
    assert [formats.brief(item) for item in (0.0034140160192, 12345, 1e-5, "svm")] == [
        "0.003414",
        "12345",
        "1e-5",
        "svm",
    ]


def test_memory_is_counted_in_powers_of_two() -> None:
    assert [formats.memory(count) for count in (2 * 2**30, 512 * 2**20, 1000)] == ["2 GiB", "512 MiB", "1.0 kB"]


def test_nouns_follow_their_number() -> None:
    assert [formats.count(amount, "run") for amount in (0, 1, 1204)] == ["0 runs", "1 run", "1,204 runs"]
