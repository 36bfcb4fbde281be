"""The server writes what the browser writes: web/test/same.test.ts reads the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flasklab.runs.progress import Progress, left_text, position_text, rate_text
from flasklab.web.presenters import formats
from flasklab.web.presenters.ansi import spans
from flasklab.web.presenters.charts import family
from flasklab.web.presenters.run import waiting_text

CASES: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parents[4] / "web" / "test" / "same.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("value", "text"), CASES["number"])
def test_numbers_have_four_significant_digits(value: float, text: str) -> None:
    assert formats.number(value) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["duration"])
def test_durations_are_words(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["ago"])
def test_ages_are_coarse(seconds: float, text: str) -> None:
    assert formats.ago(seconds, "2026-01-01") == text


@pytest.mark.parametrize(("count", "text"), CASES["size"])
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert formats.size(count) == text


@pytest.mark.parametrize(("position", "why", "text"), CASES["waiting"])
def test_a_queued_run_says_its_place_and_why_it_waits(position: int | None, why: str, text: str) -> None:
    assert waiting_text(position, why) == text


@pytest.mark.parametrize(("rate", "unit", "text"), CASES["rate"])
def test_rates_are_units_a_second_or_the_time_each_takes(rate: float, unit: str, text: str) -> None:
    assert rate_text(rate, unit) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["left"])
def test_what_is_left_is_said_coarsely(seconds: float, text: str) -> None:
    assert left_text(seconds) == text


@pytest.mark.parametrize(("progress", "text"), CASES["position"])
def test_loops_say_where_they_are(progress: dict[str, Any], text: str) -> None:
    assert position_text(Progress.from_json(progress)) == text


@pytest.mark.parametrize(("key", "found"), CASES["family"])
def test_metrics_find_their_chart(key: str, found: list[str]) -> None:
    assert list(family(key)) == found


@pytest.mark.parametrize(("seconds", "text"), CASES["since"])
def test_times_of_lines_count_from_the_start(seconds: float, text: str) -> None:
    assert formats.since(seconds) == text


@pytest.mark.parametrize(("text", "found"), CASES["spans"])
def test_colours_become_spans(text: str, found: list[list[str]]) -> None:
    expected = [[*span, "", ""][:4] for span in found]
    assert [[span.text, span.classes, span.color, span.ground] for span in spans(text)] == expected
