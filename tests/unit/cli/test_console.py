from __future__ import annotations

import math

import pytest

from flasklab.cli.console import duration_text, number_text, size_text, without_password


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (20.0, "20"),
        (1 / 3, "0.333333"),
        (1e-9, "1e-09"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_written_short(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0312, "0.031 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (61, "1 min 01 s"),
        (7265, "2 h 01 min"),
    ],
)
def test_durations_are_written_as_people_say_them(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 2**40, "5.0 TiB")])
def test_sizes_are_written_with_binary_units(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////lab/lab.db", "sqlite:////lab/lab.db"),
        ("postgresql://ada:s3cret@host:5432/lab", "postgresql://ada:***@host:5432/lab"),
        ("postgresql://ada@host/lab", "postgresql://ada@host/lab"),
    ],
)
def test_a_database_s_password_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
