"""Equal values have one spelling; what has none is left for validation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from flasklab.experiments.canonical import FORMATS, canonical, read_duration, spoken_duration, stand_in, write_duration

NUMBER = {"type": "number"}
DECIMAL = {"type": ["number", "string"], "format": "decimal"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("30m", 1800),
        ("1h 30m", 5400),
        ("PT1H30M", 5400),
        ("pt0.5s", 0.5),
        ("P1W", 7 * 86400),
        ("P1Y2M", 425 * 86400),
        ("-PT1M", -60),
        ("1:30:00", 5400),
        ("2 days, 0:00:01", 2 * 86400 + 1),
    ],
)
def test_a_duration_is_read_however_it_is_written(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "P", "PT", "1x", "1:99", "P99999999999D"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert read_duration(text) is None


@given(st.timedeltas())
def test_a_written_duration_is_read_again_by_us_and_by_pydantic(duration: timedelta) -> None:
    text = write_duration(duration)

    assert read_duration(text) == duration
    if abs(duration) < timedelta(days=999999999):
        assert TypeAdapter(timedelta).validate_python(text) == duration


@pytest.mark.parametrize(
    ("text", "spoken"),
    [("PT1H30M", "1h 30m"), ("P1DT2H", "1d 2h"), ("PT90S", "1m 30s"), ("PT0.5S", "0.5s"), ("PT0S", "0s"), ("x", "x")],
)
def test_a_duration_is_spoken_as_people_write_it(text: str, spoken: str) -> None:
    assert spoken_duration(text) == spoken


@given(st.timedeltas())
def test_a_spoken_duration_is_read_again(duration: timedelta) -> None:
    assert read_duration(spoken_duration(write_duration(duration))) == duration


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (21, NUMBER, 21.0),
        (21.0, {"type": "integer"}, 21),
        (True, NUMBER, True),
        (10**400, NUMBER, 10**400),
        ("20260131", {"type": "string", "format": "date"}, "2026-01-31"),
        ("2026-01-31 10:00", {"type": "string", "format": "date-time"}, "2026-01-31T10:00:00"),
        ("2026-01-31T10:00+00:00", {"type": "string", "format": "date-time"}, "2026-01-31T10:00:00Z"),
        ("08:30", {"type": "string", "format": "time"}, "08:30:00"),
        ("90", {"type": "string", "format": "duration"}, "PT1M30S"),
        ("no date", {"type": "string", "format": "date"}, "no date"),
        ("90", {"type": "string"}, "90"),
        (" 1.50", DECIMAL, "1.50"),
        (1.5, DECIMAL, "1.5"),
        (3, DECIMAL, "3"),
        ("much", DECIMAL, "much"),
        (True, DECIMAL, True),
        (3, {"anyOf": [NUMBER, {"type": "null"}]}, 3.0),
        (None, {"anyOf": [NUMBER, {"type": "null"}]}, None),
        ([1, 2], {"type": "array", "items": NUMBER}, [1.0, 2.0]),
        ([1, 1], {"type": "array", "prefixItems": [NUMBER, {"type": "integer"}]}, [1.0, 1]),
        ({"lr": 1, "n": 1}, {"$ref": "#/$defs/O"}, {"lr": 1.0, "n": 1}),
        ({"a": 1}, {"type": "object", "additionalProperties": NUMBER}, {"a": 1.0}),
        (3, {"anyOf": [NUMBER, {"type": "string"}]}, 3),
    ],
)
def test_a_value_has_one_spelling(value: Any, schema: dict[str, Any], expected: Any) -> None:
    root = {"$defs": {"O": {"type": "object", "properties": {"lr": NUMBER}}}}

    found = canonical(value, schema, root)

    assert found == expected
    assert repr(found) == repr(expected)  # 1 == 1.0 == True would hide what this is about


def test_numbers_that_json_cannot_hold_pass_only_where_no_limit_stands() -> None:
    assert stand_in("NaN", NUMBER, {}) == 0.0
    assert stand_in("NaN", {"type": "number", "minimum": 0}, {}) == "NaN"
    assert stand_in("NaN", {"type": "string"}, {}) == "NaN"
    assert stand_in(["-Infinity"], {"type": "array", "items": NUMBER}, {}) == [0.0]


def test_formats_take_times_without_a_zone_as_browsers_send_them() -> None:
    assert FORMATS["date-time"]("2026-01-31T10:00")
    assert FORMATS["time"]("10:00")
    assert not FORMATS["date"]("31.1.2026")
    assert not FORMATS["duration"]("a while")
