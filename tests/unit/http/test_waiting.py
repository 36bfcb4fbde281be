from __future__ import annotations

import pytest
from flask import Flask

from flasklab.errors import InvalidParametersError
from flasklab.http.waiting import LONGEST_SECONDS, asked_wait


@pytest.mark.parametrize(
    ("query", "prefer", "seconds"),
    [
        ("", None, None),
        ("?wait=10", None, 10.0),
        ("?wait=0.5", None, 0.5),
        ("?wait=0", None, 0.0),
        ("?wait=99999", None, LONGEST_SECONDS),
        ("?wait=inf", None, LONGEST_SECONDS),
        ("", "wait=7", 7.0),
        ("", "respond-async, wait=7", 7.0),
        ("", 'wait="7"; x=1', 7.0),
        ("", "respond-async", None),
        ("", "await=7", None),
        ("?wait=3", "wait=7", 3.0),
    ],
)
def test_the_query_goes_before_the_header(query: str, prefer: str | None, seconds: float | None) -> None:
    headers = {} if prefer is None else {"Prefer": prefer}
    with Flask(__name__).test_request_context(f"/{query}", headers=headers):
        assert asked_wait() == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "", "1e", "0x1"])
def test_a_wait_that_is_no_number_of_seconds_is_refused_by_name(text: str) -> None:
    with (
        Flask(__name__).test_request_context("/", query_string={"wait": text}),
        pytest.raises(InvalidParametersError) as caught,
    ):
        asked_wait()
    assert [error.param for error in caught.value.errors] == ["wait"]
