"""Comparing runs: the page, its JSON twin, and the curves that it draws, over a real store."""

from __future__ import annotations

import io
import json
import re
import struct
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Callable

TABS = ("overview", "curves", "figures", "tables", "logs", "code", "environment", "nonsense")
PNG = b"\x89PNG\r\n\x1a\n of a figure"
SERIES = {"Accept": "application/vnd.flasklab.series"}


def _files(rate: float) -> dict[str, tuple[str, bytes]]:
    return {
        "shape.png": ("image/png", PNG),
        "page.html": ("text/html", b"<script>alert(1)</script>"),
        "scores.csv": ("text/csv", f"model,score\nsvm,{rate}\ntree,0.5\n".encode()),
    }


def _begun(bench: Any, **recorded: Any) -> Any:
    """A run that has begun with these surroundings."""
    environment = {"python": "3.12.1", "packages": {}, "git": None, "files": {}, "code": "c0de", **recorded}
    run = bench.queue()
    with bench.services.store.write() as unit:
        unit.hot.claim(unit.runs.queued(1)[0], unit.environments.add(environment))
        unit.hot.flush()
    return run


@pytest.fixture
def runs(bench: Any) -> list[Any]:
    return [
        bench.finish(
            bench.queue(param=rate),
            {"accuracy": 1 - rate / 10, "fit_seconds": rate, "note": "same", "<b>": None},
            files=_files(rate),
            points={"loss": [3.0, rate, 2.0], "val/f1": [rate, float("nan")]},
            log=f"begun\n<b>rate</b> {rate}\ndone\n",
        )
        for rate in (1.0, 2.0, 3.0)
    ]


def _address(runs: list[Any], **more: str) -> str:
    return "/compare?" + "&".join(
        [*(f"run={run.id}" for run in runs), *(f"{name}={text}" for name, text in more.items())]
    )


def _links(page: Any) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="(/compare[^"]*)"', page.text)]


@pytest.mark.parametrize("tab", TABS)
def test_every_view_is_drawn_and_nothing_of_the_runs_is_markup(bench: Any, runs: list[Any], tab: str) -> None:
    page = bench.browser.get(_address(runs, tab=tab, baseline=runs[1].id))
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "Compare 3 runs of double" in page.text
    assert "<b>rate" not in page.text
    assert 'href="/results/' in page.text


@pytest.mark.parametrize("tab", TABS)
def test_runs_that_left_nothing_are_compared_all_the_same(bench: Any, tab: str) -> None:
    waiting, empty = bench.queue(), bench.finish(bench.queue())
    assert bench.browser.get(_address([waiting, empty], tab=tab)).status_code == 200
    found = bench.client.get(_address([waiting, empty], tab=tab)).get_json()
    assert (found["output"], found["metrics"], found["environment"]) == ([], [], [])


def test_the_json_twin_has_parameters_outputs_and_metrics_of_all_runs(bench: Any, runs: list[Any]) -> None:
    found = bench.client.get(_address(runs, baseline=runs[2].id)).get_json()
    assert [run["number"] for run in found["runs"]] == [3, 1, 2]
    assert found["baseline"] == runs[2].id
    assert found["params"] == [{"name": "param", "differs": True, "values": [3.0, 1.0, 2.0]}]
    accuracy, seconds, note, nothing = found["output"]
    assert (accuracy["better"], accuracy["best"], accuracy["deltas"]) == (
        "higher",
        [False, True, False],
        [None, pytest.approx(0.2), pytest.approx(0.1)],
    )
    assert (seconds["better"], seconds["best"]) == ("lower", [False, True, False])
    assert (note["differs"], note["best"], nothing["values"]) == (False, [False] * 3, [None] * 3)
    loss = {row["of"]: row["values"] for row in found["metrics"] if row["name"] == "loss"}
    assert loss == {"last": [2.0, 2.0, 2.0], "min": [2.0, 1.0, 2.0], "max": [3.0, 3.0, 3.0]}
    f1 = {row["of"]: row["values"] for row in found["metrics"] if row["name"] == "val/f1"}
    assert f1["last"] == ["NaN"] * 3


def test_runs_are_named_by_id_or_number_in_one_argument_or_several(bench: Any, runs: list[Any]) -> None:
    for address in (
        "/compare?run=1&run=%233",
        "/compare?run=1,3",
        "/compare?run=1+3",
        f"/compare?run={runs[0].id}&run=3&run=1",
    ):
        found = bench.client.get(address).get_json()
        assert [run["number"] for run in found["runs"]] == [1, 3], address


def test_only_parameters_that_differ_are_shown_until_all_are_asked_for(bench: Any) -> None:
    first, second = (
        bench.finish(bench.queue("train", data={"file": "a.csv", "sha256": "0" * 64, "size": 1}, epochs=epochs))
        for epochs in (3, 4)
    )
    page = bench.browser.get(_address([first, second]))
    assert ">epochs<" in page.text
    assert "optimizer.<wbr>lr" not in page.text
    everything = next(link for link in _links(page) if "all=1" in link)
    assert "optimizer.<wbr>lr" in bench.browser.get(everything).text


def test_a_direction_is_switched_in_the_address_and_back(bench: Any, runs: list[Any]) -> None:
    page = bench.browser.get(_address(runs))
    switch = next(link for link in _links(page) if "lower=accuracy" in link)
    accuracy = bench.client.get(switch).get_json()["output"][0]
    assert (accuracy["better"], accuracy["best"]) == ("lower", [False, False, True])
    back = [link for link in _links(bench.browser.get(switch)) if "tab=" not in link and "accuracy" not in link]
    assert bench.client.get(back[0]).get_json()["output"][0]["better"] == "higher"


def test_the_baseline_is_pinned_and_unpinned_by_links_and_stands_first(bench: Any, runs: list[Any]) -> None:
    page = bench.browser.get(_address(runs))
    pin = next(link for link in _links(page) if f"baseline={runs[1].id}" in link)
    pinned = bench.browser.get(pin)
    assert pinned.text.index(f"/results/{runs[1].id}") < pinned.text.index(f"/results/{runs[0].id}")
    assert "better than the baseline" in pinned.text
    unpin = re.search(r'href="([^"]*)" aria-label="Unpin the baseline #2"', pinned.text)
    assert unpin is not None
    assert "better than the baseline" not in bench.browser.get(unescape(unpin[1])).text


def test_a_run_that_is_removed_leaves_the_colours_of_the_others(bench: Any) -> None:
    runs = [bench.finish(bench.queue(param=float(at))) for at in range(12)]

    def colors(page: Any) -> dict[str, str]:
        found = re.findall(
            r'<svg class="(swatch c\d)".*?(stroke-dasharray="[^"]*")?/></svg><a class="num"[^>]*>(#\d+)', page.text
        )
        return {number: f"{color} {dash}" for color, dash, number in found}

    page = bench.browser.get(_address(runs))
    before = colors(page)
    assert len(set(before.values())) == 12
    for at in (1, 5, 9):
        remove = re.search(rf'href="([^"]*)" aria-label="Remove #{at} from the comparison"', page.text)
        assert remove is not None
        page = bench.browser.get(unescape(remove[1]))
        after = colors(page)
        assert f"#{at}" not in after
        assert after == {number: color for number, color in before.items() if number in after}
    assert len(after) == 9


def test_two_runs_cannot_be_fewer(bench: Any, runs: list[Any]) -> None:
    assert "Remove #" not in bench.browser.get(_address(runs[:2])).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "none is given"),
        ("run=1", "one is given"),
        ("run=1&run=1", "one is given"),
        ("run=1&run=%231", "the same one is given twice"),
        ("run=" + ",".join(map(str, range(1, 52))), "51 are given"),
        ("run=1&run=2&baseline=3", "is not one of the runs"),
        ("run=1&run=2&left=x", "is not one of the runs"),
    ],
)
def test_what_cannot_be_compared_is_a_problem_or_a_page_with_the_field_to_mend_it(
    bench: Any, runs: list[Any], query: str, said: str
) -> None:
    answer = bench.client.get(f"/compare?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert said in answer.get_json()["errors"][0]["message"]
    page = bench.browser.get(f"/compare?{query}")
    assert page.status_code == 422
    assert said in unescape(page.text)
    assert '<input class="in" name="run"' in page.text


def test_unknown_runs_are_named_and_the_known_ones_stay_in_the_field(bench: Any, runs: list[Any]) -> None:
    address = f"/compare?run={runs[0].id}&run=99&run=<i>no</i>"
    answer = bench.client.get(address)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "'99'" in answer.get_json()["detail"]
    page = bench.browser.get(address)
    assert page.status_code == 404
    assert f'value="{runs[0].id}"' in page.text
    assert "<i>no</i>" not in page.text


def test_fifty_runs_are_compared(bench: Any) -> None:
    runs = [bench.finish(bench.queue(param=float(at)), at, points={"loss": [1.0, at]}) for at in range(50)]
    assert bench.browser.get(_address(runs)).status_code == 200
    assert len(bench.client.get(_address(runs)).get_json()["output"][0]["values"]) == 50


def test_logs_of_two_runs_are_told_apart_line_by_line(bench: Any, runs: list[Any]) -> None:
    found = bench.client.get(_address(runs, tab="logs", left="3", right=runs[0].id)).get_json()
    assert (found["left"], found["right"]) == (runs[2].id, runs[0].id)
    assert [(line["kind"], line["text"]) for line in found["log"]["diff"]] == [
        ("same", "begun"),
        ("removed", "<b>rate</b> 3.0"),
        ("added", "<b>rate</b> 1.0"),
        ("same", "done"),
    ]


def test_of_long_logs_only_the_beginning_is_compared_and_that_is_said(bench: Any) -> None:
    long = "".join(f"line {at}\n" for at in range(5000))
    runs = [
        bench.finish(bench.queue(), log=long),
        bench.finish(bench.queue(), log="\x1b[31mline 0\x1b[0m\n" + long[7:]),
    ]
    page = bench.browser.get(_address(runs, tab="logs"))
    assert "the first 4,000 of 5,000 lines of the left one" in page.text
    found = bench.client.get(_address(runs, tab="logs")).get_json()["log"]
    assert (found["diff"], found["compared"], found["lines_there"]) == ([], [4000, 4000], [5000, 5000])


def test_tables_of_one_name_are_told_apart_row_by_row(bench: Any, runs: list[Any]) -> None:
    found = bench.client.get(_address(runs, tab="tables")).get_json()["tables"]
    assert [(one["name"], one["change"], one["key"], one["changed"], one["equal"]) for one in found] == [
        ("scores", "changed", "model", 1, 1)
    ]
    assert found[0]["rows"][0]["cells"] == [["svm", "svm"], ["1.0", "2.0"]]
    page = bench.browser.get(_address(runs, tab="tables"))
    assert "<del>1.0</del> <ins>2.0</ins>" in page.text


def test_of_long_tables_only_the_beginning_is_compared_and_that_is_said(bench: Any) -> None:
    rows = [f"k{at},{at}" for at in range(2500)]
    changed = [row + "1" for row in rows]
    tables = ["\n".join(["k,v", *lines]).encode() for lines in (rows, changed)]
    runs = [bench.finish(bench.queue(), files={"t.csv": ("text/csv", content)}) for content in tables]
    page = bench.browser.get(_address(runs, tab="tables"))
    assert "Only the first 2,000 rows of the left one were compared" in page.text
    assert "1,800 more rows that differ are not listed." in page.text


def test_sources_and_surroundings_are_told_apart(bench: Any) -> None:
    stored = [
        bench.services.store.files.add_stream(io.BytesIO(text.encode())).sha256
        for text in ("a = 1\nb = 2\n", "a = 1\nb = 3\n")
    ]
    git = {"commit": "f" * 40, "branch": "main", "dirty": True}
    sha = {"old": stored[0], "new": stored[1]}
    files = {"fit.py": sha["old"], "old.py": sha["old"], "gone.py": "0" * 64}
    newer = {"fit.py": sha["new"], "gone.py": "1" * 64}
    packages = {"numpy": "2.0", "scipy": "1.1"}
    runs = [
        _begun(bench, files=files, packages=packages),
        _begun(bench, files=newer, git=git, packages={**packages, "numpy": "2.1"}),
        bench.queue(),
    ]
    found = bench.client.get(_address(runs, tab="code")).get_json()
    assert [(one["path"], one["change"], one.get("removed")) for one in found["files"]] == [
        ("fit.py", "changed", 1),
        ("gone.py", "changed", None),
        ("old.py", "removed", 2),
    ]
    assert [(row["name"], row["values"]) for row in found["packages"]] == [
        ("numpy", ["2.0", "2.1", None]),
        ("scipy", ["1.1", "1.1", None]),
    ]
    rows = {row["name"]: row["values"] for row in found["environment"]}
    assert rows["Uncommitted changes"] == [None, True, None]
    page = bench.browser.get(_address(runs, tab="code"))
    assert "b = 3" in page.text
    assert "Its text is not in the lab" in page.text
    page = bench.browser.get(_address(runs, tab="environment"))
    assert ">numpy<" in page.text


def test_what_runs_showed_stands_side_by_side_in_frames_of_its_own(bench: Any, runs: list[Any]) -> None:
    page = bench.browser.get(_address(runs, tab="figures"))
    assert page.text.count('sandbox="allow-scripts"') == 3
    assert page.text.count("<img ") == 3
    frames = re.findall(r'<iframe src="([^"]*)"', page.text)
    answer = bench.browser.get(frames[2], headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts")
    assert set(bench.client.get(_address(runs, tab="figures")).get_json()["figures"]) == {"shape", "page", "scores"}
    assert bench.browser.get(_address(runs, tab="figures", name="shape")).text.count("<iframe") == 0


def test_too_many_figures_are_shown_only_when_they_are_asked_for(bench: Any) -> None:
    files = {f"figure{at}.png": ("image/png", PNG + bytes([at])) for at in range(70)}
    runs = [bench.finish(bench.queue(), files=files) for _ in range(2)]
    page = bench.browser.get(_address(runs, tab="figures"))
    assert (page.text.count("<img "), "Show all 140" in page.text) == (120, True)
    assert bench.browser.get(_address(runs, tab="figures", all="1")).text.count("<img ") == 140


def _curves(body: bytes) -> dict[str, dict[str, Any]]:
    length = struct.unpack_from("<I", body)[0]
    header = json.loads(body[4 : 4 + length])
    at, found = 4 + length, {}
    for one in header["series"]:
        columns = {}
        for name in ("steps", "times", "values") if one["whole"] else ("steps", "times", "values", "low", "high"):
            columns[name] = list(struct.unpack_from(f"<{one['n']}d", body, at))
            at += 8 * one["n"]
        found[one["key"]] = {**one, **columns}
    return found


def test_curves_of_several_runs_come_in_one_answer(bench: Any, runs: list[Any]) -> None:
    keys = [f"{run.id} loss" for run in runs]
    answer = bench.client.get("/compare/curves", query_string={"key": [*keys, "unknown loss", f"{runs[0].id} none"]})
    found = _curves(answer.data)
    assert list(found) == [*keys, f"{runs[0].id} none"]
    assert [found[key]["values"] for key in keys] == [[3.0, 1.0, 2.0], [3.0, 2.0, 2.0], [3.0, 3.0, 2.0]]
    assert found[f"{runs[0].id} none"]["count"] == 0


def test_a_range_of_relative_time_counts_from_each_runs_own_start(bench: Any, runs: list[Any]) -> None:
    start = (runs[0].started_at or runs[0].created_at).timestamp()
    key = f"{runs[0].id} loss"  # its points stand at 1000, 1001, 1002
    asked = {"key": key, "over": "relative", "from": 1001.5 - start, "to": 1003 - start}
    found = _curves(bench.client.get("/compare/curves", query_string=asked).data)
    assert found[key]["times"][-1] == 1002.0
    assert found[key]["times"][0] >= 1001.0
    steps = _curves(bench.client.get("/compare/curves", query_string={"key": key, "from": 1, "to": 1}).data)
    assert steps[key]["count"] == 3


def test_curves_that_cannot_be_drawn_are_refused(bench: Any, runs: list[Any]) -> None:
    many = {"key": [f"{at} loss" for at in range(101)]}
    assert bench.client.get("/compare/curves", query_string=many).status_code == 422
    for asked in ({"over": "miles"}, {"points": "no"}, {"from": "x"}):
        assert bench.client.get("/compare/curves", query_string={"key": "a b", **asked}).status_code == 422
    assert bench.client.get("/compare/curves", query_string={"key": "nonsense"}).status_code == 200


def test_a_runs_page_leads_to_the_comparison_with_the_run_that_it_repeats(bench: Any, runs: list[Any]) -> None:
    page = bench.browser.get(f"/results/{runs[0].id}")
    assert 'action="/compare"' in page.text
    assert "with the run it repeats" not in page.text
    again = bench.client.post(f"/rerun/{runs[0].id}").get_json()
    page = bench.browser.get(f"/results/{again['id']}")
    link = unescape(next(iter(re.findall(r'href="(/compare[^"]*)"', page.text))))
    found = bench.client.get(link).get_json()
    assert [run["id"] for run in found["runs"]] == [runs[0].id, again["id"]]
    assert found["baseline"] == runs[0].id


def test_everything_is_below_the_prefix_that_the_lab_is_mounted_at(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(prefix="/lab")
    runs = [bench.finish(bench.queue(param=1.0), 1), bench.finish(bench.queue(param=2.0), 2)]
    page = bench.browser.get("/lab" + _address(runs, tab="curves"))
    assert 'data-curves="/lab/compare/curves"' in page.text
    assert re.findall(r'href="(/compare[^"]*)"', page.text) == []


def test_runs_in_the_bin_are_compared_too(bench: Any, runs: list[Any]) -> None:
    with bench.services.store.write() as unit:
        unit.keeping.delete(runs[0].id, now())
    assert bench.client.get(_address(runs)).status_code == 200
