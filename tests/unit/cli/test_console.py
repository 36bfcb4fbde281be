from __future__ import annotations

import math

import pytest

from flasklab.cli.console import number_text, without_password


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
    ("url", "shown"),
    [
        ("sqlite:////lab/lab.db", "sqlite:////lab/lab.db"),
        ("postgresql://ada:s3cret@host:5432/lab", "postgresql://ada:***@host:5432/lab"),
        ("postgresql://ada@host/lab", "postgresql://ada@host/lab"),
    ],
)
def test_a_database_s_password_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
