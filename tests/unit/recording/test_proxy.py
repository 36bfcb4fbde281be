from __future__ import annotations

import threading
from typing import Any

import pytest

from flasklab.recording.proxy import current_recorder, record_locally, recording_to, run
from flasklab.recording.recorder import NullRecorder


def test_values_are_logged_by_name_by_mapping_and_both() -> None:
    with record_locally() as recorded:
        run.log(step=1, loss=0.5)
        run.log({"train/loss": 0.25}, step=2)
        run.log({"a": 1}, b=2)
        run.log(3, loss=0.125)
    assert [(point.step, point.values) for point in recorded.points] == [
        (1, {"loss": 0.5}),
        (2, {"train/loss": 0.25}),
        (None, {"a": 1.0, "b": 2.0}),
        (3, {"loss": 0.125}),
    ]
    assert recorded.metrics_by_key["loss"] == [0.5, 0.125]


def test_metrics_may_be_named_like_arguments() -> None:
    with record_locally() as recorded:
        run.log(values=1, self=2, named=3)
        run.log({"step": 4}, step=0)
    assert [point.values for point in recorded.points] == [{"values": 1, "self": 2, "named": 3}, {"step": 4}]


@pytest.mark.parametrize("wrong", ["loss", 0.5, object(), [1, 2]])
def test_wrong_use_is_said_and_never_raised(wrong: Any) -> None:
    with record_locally() as recorded:
        run.log(wrong)
        run.progress("half", "all")
        run.log(loss="abc")
    assert recorded.points == []
    assert recorded.dropped == 3
    assert any("loss='abc'" in reason for reason in recorded.complaints)


def test_progress_tags_and_notes_are_kept() -> None:
    with record_locally() as recorded:
        run.progress(3, 20, "epoch 3")
        run.tag("vision", "small")
        run.tag("vision", 7)
        run.tag()
        run.note("looks good")
        run.note(42)
    assert recorded.latest_progress is not None
    assert (recorded.latest_progress.done, recorded.latest_progress.total) == (3, 20)
    assert recorded.latest_progress.message == "epoch 3"
    assert recorded.tags == ["vision", "small", "7"]
    assert recorded.notes == ["looks good", "42"]


def test_facts_are_those_given_and_empty_outside_of_a_run() -> None:
    assert (run.id, run.number, run.seed, dict(run.params)) == ("", 0, None, {})
    assert run.workdir.is_dir()
    with record_locally(seed=3, params={"lr": 0.1}) as recorded:
        assert (run.seed, dict(run.params)) == (3, {"lr": 0.1})
        assert run.workdir == recorded.workdir
        assert run.workdir.is_dir()


def test_outside_of_a_run_nothing_is_recorded_and_nothing_raised(capsys: pytest.CaptureFixture[str]) -> None:
    run.log(loss="abc")
    run.show(object())
    run.progress(1, 2)
    run.tag("a")
    run.note("b")
    assert isinstance(current_recorder(), NullRecorder)
    assert capsys.readouterr().err == ""


def test_recording_ends_with_its_block_even_when_that_raises() -> None:
    before = current_recorder()

    def fail() -> None:
        run.log(a=1)
        raise ZeroDivisionError

    with record_locally() as outer:
        with pytest.raises(ZeroDivisionError), record_locally() as inner:
            fail()
        run.log(b=2)
    assert current_recorder() is before
    assert [point.values for point in inner.points] == [{"a": 1}]
    assert [point.values for point in outer.points] == [{"b": 2}]


def test_threads_reach_the_recorder_of_the_process() -> None:
    with record_locally() as recorded:
        worker = threading.Thread(target=lambda: run.log(from_thread=1))
        worker.start()
        worker.join()
    assert recorded.metrics_by_key == {"from_thread": [1.0]}


def test_any_recorder_can_be_the_present_one() -> None:
    recorder = NullRecorder()
    with recording_to(recorder) as present:
        assert present is recorder
        assert current_recorder() is recorder


def test_a_kept_file_outlives_the_block_and_goes_with_its_recorder() -> None:
    with record_locally() as recorded:
        run.save("a.txt", "text")
    path = recorded.saved["a.txt"]
    assert path.read_text() == "text"
    del recorded
    assert not path.exists()
