from __future__ import annotations

from typing import Any

import pytest

API = "/api/v1"


@pytest.fixture
def run(bench: Any) -> Any:
    log = "".join(f"line {number}\n" for number in range(1, 101))
    return bench.finish(bench.queue(), log=f"{log}\x1b[31mValueError: no\x1b[0m\n")


@pytest.fixture
def ask(bench: Any, run: Any) -> Any:
    def get(query: str) -> Any:
        answer = bench.client.get(f"{API}/runs/{run.id}/logs?{query}")
        assert answer.status_code == 200
        return answer.get_json()

    return get


def numbers(found: dict[str, Any]) -> list[int]:
    return [row["number"] for row in found["rows"]]


def test_lines_are_read_by_their_number_in_both_directions(ask: Any) -> None:
    found = ask("line=50&lines=3")
    assert [(row["number"], row["text"]) for row in found["rows"]] == [
        (50, "line 50"),
        (51, "line 51"),
        (52, "line 52"),
    ]
    assert (found["previous"], found["next"], found["lines"]) == (50, 53, 101)
    assert numbers(ask("before=50&lines=3")) == [47, 48, 49]
    assert ask("line=1")["previous"] is None
    assert ask("line=1000000")["rows"] == []
    assert numbers(ask("line=99")) == [99, 100, 101]
    assert ask("line=1&stream=err")["rows"] == []


def test_a_search_answers_with_lines_and_where_to_go_on(ask: Any) -> None:
    found = ask("q=LINE+1&limit=5")
    assert [match["line"] for match in found["matches"]] == [1, 10, 11, 12, 13]
    after = ask(f"q=LINE+1&start={found['next']}")
    assert [match["line"] for match in after["matches"]] == [14, 15, 16, 17, 18, 19, 100]
    assert after["next"] is None
    assert ask("q=LINE+1&case=1")["matches"] == []
    assert [match["line"] for match in ask("errors=1")["matches"]] == [101]


@pytest.mark.parametrize(
    "query", ["line=0", "line=x", "before=-1", "line=1&lines=6000", "line=1&stream=in", "q=a&case=2"]
)
def test_what_makes_no_sense_is_refused(bench: Any, run: Any, query: str) -> None:
    assert bench.client.get(f"{API}/runs/{run.id}/logs?{query}").status_code == 422


def test_the_text_has_a_name_and_is_sent_by_range_and_only_once(bench: Any, run: Any) -> None:
    address = f"{API}/runs/{run.id}/logs?format=text"
    whole = bench.client.get(address)
    assert whole.headers["Content-Disposition"] == f'inline; filename="double-{run.number}.log.txt"'
    assert whole.text.startswith("line 1\nline 2\n")
    assert whole.content_length == len(whole.data)
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = bench.client.get(address, headers={"Range": "bytes=7-13"})
    assert (part.status_code, part.text) == (206, "line 2\n")
    again = bench.client.get(address, headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304


def test_the_text_comes_without_colours_and_one_line_alone(bench: Any, run: Any) -> None:
    address = f"{API}/runs/{run.id}/logs?format=text"
    assert bench.client.get(f"{address}&ansi=strip").text.endswith("line 100\nValueError: no\n")
    line = bench.client.get(f"{address}&line=2")
    assert (line.text, line.headers["Content-Disposition"]) == (
        "line 2\n",
        f'inline; filename="double-{run.number}-line-2.log.txt"',
    )
