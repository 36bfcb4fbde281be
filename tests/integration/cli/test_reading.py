from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from flasklab.cli.group import flasklab
from flasklab.runs.json import decode
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import LabFolder


def test_runs_are_listed_newest_first_with_what_was_changed(lab: LabFolder) -> None:
    lab.queue(param=1.0)
    lab.queue("train", epochs=3)
    result = lab.call("runs")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[:4] for line in lines[2:]] == [
        ["2", "train", "queued", "epochs=3"],
        ["1", "double", "queued", "param=1.0"],
    ]


def test_a_list_is_narrowed_by_experiment_state_and_text(lab: LabFolder) -> None:
    first, second = lab.queue(param=1.0), lab.queue("train", epochs=3)
    lab.call("cancel", first.id)

    def listed(*arguments: str) -> list[str]:
        return [run["id"] for run in decode(lab.call("runs", "--json", *arguments).stdout)["runs"]]

    assert listed() == [second.id, first.id]
    assert listed("--experiment", "train") == [second.id]
    assert listed("--state", "canceled") == listed("canceled") == [first.id]
    assert listed("train") == listed("train", "queued") == [second.id]
    assert listed("double", "queued") == []
    assert listed("--limit", "1") == [second.id]


def test_a_list_goes_on_after_the_next_of_the_page_before(lab: LabFolder) -> None:
    for number in range(3):
        lab.queue(param=float(number))
    first = decode(lab.call("runs", "--json", "--limit", "2").stdout)
    assert ([run["number"] for run in first["runs"]], first["next"]) == ([3, 2], "2")
    last = decode(lab.call("runs", "--json", "--limit", "2", "--after", first["next"]).stdout)
    assert ([run["number"] for run in last["runs"]], last["next"]) == ([1], None)


def test_an_empty_list_says_so_and_two_states_are_refused(lab: LabFolder) -> None:
    result = lab.call("runs")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No runs.\n")
    assert lab.call("runs", "queued", "failed").exit_code == 2


def test_a_run_is_found_by_id_number_and_beginning(lab: LabFolder) -> None:
    run = lab.queue(param=1.0)
    for text in (run.id, "1", "#1", run.id[:8]):
        result = lab.call("show", text, "--json")
        assert result.exit_code == 0, result.output
        assert decode(result.stdout)["id"] == run.id
    shown = lab.call("show", "1").stdout
    assert "#1 double queued number 1 in the queue" in shown


def test_a_run_that_is_not_there_is_said_in_one_sentence(lab: LabFolder) -> None:
    for command in ("show", "logs", "cancel", "rerun"):
        result = lab.call(command, "99")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == (
            "Error: There is no run '99'. It may have been deleted, or its number or id is mistyped.\n"
        )
        assert result.stderr.count("\n") == 1


def test_a_queued_run_is_canceled_once(lab: LabFolder) -> None:
    run = lab.queue()
    result = lab.call("cancel", "1")
    assert (result.exit_code, result.stdout) == (0, "Run #1 of double is canceled.\n")
    with lab.store.read() as unit:
        assert unit.runs.get(run.id).state is RunState.CANCELED
    again = lab.call("cancel", "1")
    assert again.exit_code == 1
    assert "has ended already (canceled)" in again.stderr


def test_a_log_is_printed_as_it_was_written(lab: LabFolder) -> None:
    run = lab.queue()
    text = "".join(f"line {number} µ\n" for number in range(5000))
    writer = lab.store.logs.writer(run.id, 2**20)
    for line in text.splitlines(keepends=True):
        writer.append("out", line.encode(), 0.0)
    writer.close()
    result = lab.call("logs", "1")
    assert result.exit_code == 0
    assert result.stdout == text


def test_following_a_finished_run_ends_at_once(lab: LabFolder) -> None:
    run = lab.queue()
    writer = lab.store.logs.writer(run.id, 2**20)
    writer.append("out", b"one line\n", 0.0)
    writer.close()
    lab.call("cancel", run.id)
    assert lab.call("logs", "-f", run.id).stdout == "one line\n"


def test_a_folder_without_a_lab_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    for arguments in (["runs"], ["show", "1"], ["logs", "1"], ["cancel", "1"]):
        result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), *arguments])
        assert result.exit_code == 1
        assert f"There is no results folder {tmp_path / 'results'}: nothing has run here yet" in result.stderr
    assert list(tmp_path.iterdir()) == []
