from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flasklab.runs.log import LogPiece, LogSlice
from flasklab.runs.run import MetricSummary, Progress
from flasklab.runs.state import RunState
from flasklab.web.presenters.run import RunPage, present_run

NO_LOG = LogSlice(start=0, end=0, size=0)


def page(make: Any, run: Any, **given: Any) -> RunPage:
    values = {"environment": None, "log": NO_LOG, "attempts": [], "copies": None, "queue": None, "links": make.links()}
    return present_run(run, given.pop("description", make.description()), at=make.now, **(values | given))


def stats(found: RunPage) -> dict[str, str]:
    return {stat.key: stat.text for stat in found.stats}


def test_a_queued_run_says_its_place_and_why_it_waits(make: Any) -> None:
    queued = make.run(state=RunState.QUEUED, started_at=None, queue_position=4)
    found = page(make, queued, waiting="All 2 workers are busy.")
    assert found.waiting == "3 runs before it in the queue. All 2 workers are busy."
    held = replace(queued, queue_position=None)
    assert page(make, held, waiting="It is tried again in 40 s.").waiting == "It is tried again in 40 s."
    assert page(make, make.run(state=RunState.QUEUED, started_at=None, queue_position=1)).waiting.startswith(
        "It is next"
    )


def test_pace_and_what_is_left_are_what_the_run_said_counted_down_to_now(make: Any) -> None:
    said = Progress(
        done=25, total=100, message="epoch 25", rate=0.25, left_seconds=300, at=make.now - timedelta(seconds=4)
    )
    found = page(make, make.run(progress=said))
    assert stats(found) == {"elapsed": "10m 00s", "left": "about 5m 00s", "pace": "4.0 s/it"}
    assert (found.percent, found.progress) == (25, "25 of 100 · epoch 25")
    later = page(make, make.run(progress=replace(said, at=make.now - timedelta(seconds=14))))
    assert stats(later)["left"] == "about 4m 50s"


def test_nothing_is_guessed_where_the_run_did_not_say_it_or_has_paused(make: Any) -> None:
    endless = make.run(progress=Progress(done=25, rate=100.0, at=make.now))
    silent = Progress(done=25, total=100, rate=100.0, left_seconds=50, at=make.now - timedelta(seconds=11))
    assert [stats(page(make, run))["left"] for run in (make.run(), endless, make.run(progress=silent))] == ["…"] * 3
    assert [stats(page(make, run))["pace"] for run in (endless, make.run(progress=silent))] == ["100 it/s", ""]
    assert page(make, endless).percent is None


def test_a_finished_run_tells_how_long_it_took_and_nothing_of_what_is_left(make: Any) -> None:
    found = page(make, make.run(state=RunState.SUCCEEDED, finished_at=make.now))
    assert stats(found) == {"elapsed": "10m 00s"}
    assert found.final


def test_the_strip_shows_the_latest_of_a_few_metrics(make: Any) -> None:
    summary = MetricSummary(last=0.31234, min=0.3, max=2.1, mean=1.0, count=60, step=59)
    found = page(make, make.run(metrics={f"m{number}": summary for number in range(20)}))
    assert stats(found)["metric:m0"] == "0.3123"
    assert sum(key.startswith("metric:") for key in stats(found)) == 6
    assert len(found.metrics) == 20


def test_the_island_goes_on_where_the_page_ends(make: Any) -> None:
    log = LogSlice(start=100, end=250, size=250, pieces=(LogPiece("err", 1.0, "oh\n"),), first_line=7, lines=7)
    found = page(make, make.run(), log=log)
    assert found.cursor == "0.250"
    assert found.log.is_cut


def test_the_island_knows_how_much_of_the_beginning_the_record_shows(make: Any) -> None:
    runs = (make.run(started_at=None), make.run(), make.run(seed=0))
    assert [page(make, run).begun for run in runs] == [0, 1, 2]


@pytest.mark.parametrize(("asked", "given"), [("log", "log"), ("overview", "overview"), ("../../etc", "overview")])
def test_only_known_tabs_are_opened(make: Any, asked: str, given: str) -> None:
    found = page(make, make.run(), tab=asked)
    assert found.tab == given
    assert [tab.key for tab in found.tabs if tab.current] == [given]


def test_the_overview_shows_a_few_charts_and_how_many_more_there_are(make: Any) -> None:
    summary = MetricSummary(last=1.0, min=1.0, max=1.0, mean=1.0, count=1, step=0)
    run = make.run(metrics={f"part{number // 6}/m{number}": summary for number in range(20)})
    overview, charts = page(make, run), page(make, run, tab="charts")
    assert [len(section.charts) for section in overview.sections] == [6, 2]
    assert overview.more_charts == 12
    assert [len(section.charts) for section in charts.sections] == [6, 6, 6, 2]
    assert charts.more_charts == 0


def test_what_was_measured_of_the_processes_has_a_tab_of_its_own(make: Any) -> None:
    assert page(make, make.run(), tab="system").tab == "overview"  # nothing was
    found = page(make, make.run(), tab="system", system_keys=("system/cpu", "system/disk_read", "system/disk_write"))
    assert [tab.key for tab in found.tabs if tab.current] == ["system"]
    assert [(chart.title, chart.keys) for section in found.sections for chart in section.charts] == [
        ("CPU, % of one core", ("system/cpu",)),
        ("Disk, MiB/s", ("system/disk_read", "system/disk_write")),
    ]


def test_parameters_tell_what_was_changed_from_which_default(make: Any) -> None:
    found = {row.name: row for row in page(make, make.run()).parameters}
    assert (found["lr"].text, found["lr"].changed, found["lr"].default, found["lr"].unit) == (
        "0.1",
        True,
        "0.01",
        "1/s",
    )
    assert not found["epochs"].changed


def test_durations_among_the_parameters_are_spoken(make: Any) -> None:
    wait = {"type": "string", "format": "duration"}
    schema = {"type": "object", "properties": {"wait": wait, "waits": {"type": "array", "items": wait}}}
    described = make.description(parameters=schema, defaults={"wait": "PT1H30M", "waits": []})
    run = make.run(params={"wait": "PT90S", "waits": ["PT1H", "P1D"]}, given=("wait", "waits"))
    rows = page(make, run, description=described).parameters
    assert [(row.text, row.default) for row in rows] == [("1m 30s", "1h 30m"), ("1h, 1d", "empty")]


def test_nested_parameters_have_rows_of_their_own(make: Any) -> None:
    optimizer = {"type": "object", "properties": {"lr": {"description": "how far", "x-flasklab": {"unit": "1/s"}}}}
    description = make.description(
        parameters={"properties": {"optimizer": {"$ref": "#/$defs/Optimizer"}}, "$defs": {"Optimizer": optimizer}},
        defaults={"optimizer": {"lr": 0.01, "betas": [0.9, 0.99]}},
    )
    run = make.run(params={"optimizer": {"lr": 0.1, "betas": [0.9, 0.99]}}, given=("optimizer",))
    found = page(make, run, description=description)
    assert [(row.name, row.text, row.unit, row.help, row.changed, row.default) for row in found.parameters] == [
        ("optimizer.lr", "0.1", "1/s", "how far", True, "0.01"),
        ("optimizer.betas", "0.9, 0.99", "", "", False, "0.9, 0.99"),
    ]
    assert {tab.key: tab.count for tab in found.tabs}["parameters"] == 2


def test_a_run_whose_experiment_is_gone_is_still_shown(make: Any) -> None:
    found = page(make, make.run(), description=None)
    assert not found.known
    assert [row.name for row in found.parameters] == ["lr", "epochs"]


def test_only_a_first_attempt_tells_how_long_the_run_waited(make: Any) -> None:
    names = [{fact.name for fact in page(make, make.run(attempt=attempt)).facts} for attempt in (1, 2)]
    assert ["Waited" in found for found in names] == [True, False]


def test_the_record_names_code_and_commit(make: Any) -> None:
    environment = {
        "python": "3.11.7",
        "implementation": "CPython",
        "code": "8a945133173d",
        "git": {"commit": "a1b2c3d4e5f6a7b8", "branch": "main", "dirty": True},
        "packages": {"numpy": "2.1", "Flask": "3.1"},
        "files": {"experiments/train.py": "ab" * 32},
    }
    found = page(make, make.run(seed=7, created_by="ada"), environment=environment)
    facts = {fact.name: fact.text for fact in found.facts}
    assert facts["Git commit"] == "a1b2c3d4e5f6 + changes"
    assert (facts["Python"], facts["Seed"], facts["Started by"]) == ("CPython 3.11.7", "7", "ada")
    assert found.packages == (("Flask", "3.1"), ("numpy", "2.1"))
    assert found.sources == (("experiments/train.py", "ab" * 6),)
