from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from flasklab.store.tables import CleanText, JsonText, Moment


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - naive bounds
def test_a_moment_keeps_its_microseconds(at: datetime) -> None:
    column = Moment()
    assert column.process_result_value(column.process_bind_param(at, None), None) == at


def test_a_moment_comes_back_in_utc() -> None:
    column = Moment()
    at = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    found = column.process_result_value(column.process_bind_param(at, None), None)
    assert found == at
    assert found is not None
    assert found.tzinfo is UTC
    assert column.process_bind_param(None, None) is None


@given(st.text())
def test_clean_text_can_always_be_stored(text: str) -> None:
    cleaned = CleanText().process_bind_param(text + "\0\ud800", None)
    assert cleaned is not None
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned


def test_usual_text_is_not_touched() -> None:
    assert CleanText().process_bind_param("grüße 😀", None) == "grüße 😀"
    assert CleanText().process_bind_param(None, None) is None


def test_json_keeps_what_is_not_finite_as_text() -> None:
    column = JsonText()
    written = column.process_bind_param({"a": [float("inf"), "\udcff"]}, None)
    assert written == '{"a":["Infinity","?"]}'
    assert column.process_result_value(written, None) == {"a": ["Infinity", "?"]}
    assert column.process_bind_param(None, None) is None
