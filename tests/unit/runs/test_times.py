"""Moments and waits as people write and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flasklab.runs.times import read_moment, words_for_seconds

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def test_a_moment_with_a_zone_is_that_moment() -> None:
    assert read_moment("2026-11-25T14:00:00+02:00", AT) == datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert read_moment(" 2026-11-25T14:00:00Z ", AT) == datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


def test_a_moment_without_a_zone_is_the_labs_own() -> None:
    assert read_moment("2026-11-25T14:00", AT) == datetime(2026, 11, 25, 14, 0).astimezone(UTC)


def test_a_time_of_day_is_the_next_one() -> None:
    here = AT.astimezone()
    soon, past = here + timedelta(minutes=5), here - timedelta(minutes=5)
    assert read_moment(f"{soon:%H:%M}", AT) == soon
    assert read_moment(f"{past:%H:%M}", AT) == past + timedelta(days=1)


@pytest.mark.parametrize("text", ["soon", "25:00", "", "2026-13-01T00:00", "14", "9999-12-31T23:59:59-14:00"])
def test_what_is_no_moment_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match='write "2026-11-25T14:00:00Z" or "14:00"'):
        read_moment(text, AT)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "1 s"), (39.2, "40 s"), (90, "90 s"), (91, "2 min"), (3600, "60 min"), (5401, "2 h")]
)
def test_waits_are_rounded_up(seconds: float, words: str) -> None:
    assert words_for_seconds(seconds) == words
