"""The runs table, the REST list and the command agree on what a search means."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Bench


@pytest.fixture
def doubled(bench: Bench) -> Bench:
    """A lab in which double was run with 1, 2 and 3, and only the first two have ended."""
    for number in (1, 2, 3):
        run = bench.queue("double", param=float(number))
        if number < 3:
            bench.finish(run, output={"output": 2.0 * number})
    return bench


@pytest.mark.parametrize("at", ["/runs", "/api/v1/runs"])
def test_a_list_is_searched_and_sorted(doubled: Any, at: str) -> None:
    def params(query: str, sort: str = "") -> list[float]:
        answer = doubled.client.get(f"{at}?q={quote(query)}&sort={quote(sort)}")
        return [run["params"]["param"] for run in answer.json["runs"]]

    assert params("param > 1") == [3, 2]
    assert params("param > 1 and succeeded") == [2]
    assert params("output.output <= 4", "param") == [1, 2]
    assert params("", "-output.output") == [2, 1, 3]


def test_pages_of_a_sorted_list_follow_by_their_link(doubled: Any) -> None:
    first = doubled.client.get("/api/v1/runs?sort=param&limit=2")
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    second = doubled.client.get(link)
    assert [run["params"]["param"] for run in (*first.json["runs"], *second.json["runs"])] == [1, 2, 3]
    assert second.json["next"] is None
    wrong = doubled.client.get(f"/api/v1/runs?sort=-created&after={first.json['next']}")
    assert wrong.status_code == 422
    assert wrong.json["errors"][0]["param"] == "after"


def test_what_is_no_search_is_refused_with_its_place(doubled: Any) -> None:
    answer = doubled.client.get("/api/v1/runs?q=param+%3E&sort=a+b&after=%3F")
    assert answer.status_code == 422
    assert {error["param"] for error in answer.json["errors"]} == {"q", "sort", "after"}
    answer = doubled.client.get("/api/v1/runs?q=param+%3E")
    assert answer.json["errors"][0]["message"].endswith("param >\n       ^")


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(doubled: Any) -> None:
    page = doubled.browser.get("/runs?q=param+%3E").text
    assert 'value="param &gt;"' in page
    assert "Expected a value after param &gt;, found the end." in page
    assert "/results/" not in page


def test_headings_sort_and_columns_are_chosen(doubled: Any) -> None:
    page = doubled.browser.get("/runs?experiment=double&sort=-params.param&column=params.param").text
    assert 'aria-sort="descending"' in page
    assert "sort=params.param" in page
    assert page.index("#3") < page.index("#2") < page.index("#1")
    assert "output.output" in page.partition("Columns</summary>")[2]
    assert ">4<" not in page


def test_a_name_that_no_run_has_is_told_with_the_nearest(doubled: Any) -> None:
    page = doubled.browser.get("/runs?q=parm+%3D%3D+1+and+state+%3D%3D+failed").text
    assert "No run has anything called parm. Did you mean param?" in page
    assert "No run has anything" not in doubled.browser.get("/runs?q=param+%3D%3D+17").text


def test_chosen_runs_are_shown_side_by_side_or_as_a_file(doubled: Any) -> None:
    ids = [run["id"] for run in doubled.client.get("/runs").json["runs"]][:2]
    page = doubled.browser.get("/runs").text
    assert page.count('form="chosen"') == 3
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]

    def chosen(action: str) -> str:
        sent = {"action": action, "run": ids, "csrf_token": token}
        answer = doubled.browser.post("/runs/act", data=sent, headers={"Origin": "http://localhost"})
        assert answer.status_code == 303
        return str(answer.location)

    assert chosen("compare") == f"/compare?run={ids[0]}&run={ids[1]}"
    exported = doubled.client.get(chosen("export"))
    assert exported.mimetype == "text/csv"
    assert [one in exported.text for one in ids] == [True, True]
    assert len(exported.text.splitlines()) == 3


ODD = (
    *('params.`param"b` == 1', 'has params.`param"b`.c', '1 in output.`output"b`'),
    *("params.`a\\b` ~ x", "params.`a}b,{` == 1"),
)


@pytest.mark.parametrize("query", [*ODD, '`a"b` == 1', "param == 1e999", "param == 9"])
def test_odd_names_and_values_are_found_in_no_run(doubled: Any, query: str) -> None:
    answer = doubled.client.get(f"/runs?q={quote(query)}&sort={quote(chr(96))}a%22b{quote(chr(96))}")
    assert (answer.status_code, answer.json["runs"]) == (200, [])


def test_a_character_that_no_text_holds_is_refused(doubled: Any) -> None:
    assert doubled.client.get("/runs?q=a%00b").status_code == 422


def test_a_cursor_of_ones_own_making_is_refused(doubled: Any) -> None:
    for written in (b"[1e30,null]", b"[100000000000000000000000,null]", b"[-1,[1]]", b"{}"):
        after = base64.urlsafe_b64encode(written).decode()
        assert doubled.client.get(f"/runs?sort=param&after={quote(after)}").status_code == 422
