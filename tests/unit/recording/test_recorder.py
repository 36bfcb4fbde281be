from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from flasklab.recording.frames import NO_STEP, Decoder, Metrics, encode_event
from flasklab.recording.recorder import Facts, NullRecorder, PipeRecorder
from flasklab.runs.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


class Call(NamedTuple):
    """One call of `run.log`."""

    keys: tuple[str, ...]
    time: float
    step: int | None
    values: tuple[float, ...]


def calls(found: Iterable[Metrics | dict[str, Any]]) -> list[Call]:
    return [
        Call(one.keys, time, None if step == NO_STEP else step, tuple(values))
        for one in found
        if isinstance(one, Metrics)
        for time, step, *values in zip(one.times, one.steps, *one.columns, strict=True)
    ]


class Pipe:
    """A recorder and all that it said."""

    def __init__(self, folder: Path) -> None:
        self.reading, self.writing = os.pipe()
        self.recorder = PipeRecorder(self.writing, staging=folder / "staging", workdir=folder, facts=Facts(id="r1"))

    def said(self) -> list[Metrics | dict[str, Any]]:
        os.set_blocking(self.reading, False)
        decoder = Decoder()
        found: list[Metrics | dict[str, Any]] = []
        while True:
            try:
                data = os.read(self.reading, 1 << 20)
            except BlockingIOError:
                break
            if not data:
                break
            found += decoder.feed(data)
        assert decoder.dropped == 0
        assert decoder.unfinished == 0
        return found

    def metrics(self) -> list[Call]:
        return calls(self.said())

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.said() if isinstance(item, dict) and item["type"] == kind]

    def close_reader(self) -> None:
        os.close(self.reading)
        self.reading = -1


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    pipe = Pipe(tmp_path)
    yield pipe
    for fd in (pipe.reading, pipe.writing):
        if fd >= 0:
            os.close(fd)


def test_every_call_is_one_frame_the_first_as_well_as_the_fast_ones_after_it(pipe: Pipe) -> None:
    for step in range(3):
        pipe.recorder.metrics(step, {"loss": 0.5 * step, "accuracy": True})
    found = pipe.metrics()
    assert [(item.step, item.values) for item in found] == [(0, (0.0, 1.0)), (1, (0.5, 1.0)), (2, (1.0, 1.0))]
    assert {item.keys for item in found} == {("loss", "accuracy")}
    assert abs(found[0].time - time.time()) < 60


def test_numpy_scalars_and_non_finite_numbers_are_logged_fast_and_slow(pipe: Pipe) -> None:
    for _ in range(2):
        pipe.recorder.metrics(np.int64(4), {"a": np.float32(0.5), "b": np.bool_(True), "c": math.inf, "d": np.array(2)})
    for item in pipe.metrics():
        assert (item.step, item.values) == (4, (0.5, 1.0, math.inf, 2.0))


def test_the_same_keys_in_another_order_are_not_mixed_up(pipe: Pipe) -> None:
    for values in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}):
        pipe.recorder.metrics(None, values)
    assert all(dict(zip(item.keys, item.values, strict=True)) == {"a": 1, "b": 2} for item in pipe.metrics())


def test_keys_that_are_equal_but_no_text_keep_their_own_names(pipe: Pipe) -> None:
    for key in (1, True, 1.0, 1):
        pipe.recorder.metrics(None, {key: 2})
    assert [item.keys for item in pipe.metrics()] == [("1",), ("True",), ("1.0",), ("1",)]


def test_a_value_that_is_no_number_is_dropped_and_named_while_the_others_are_kept(
    pipe: Pipe, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        pipe.recorder.metrics(1, {"loss": "abc", "accuracy": 0.5})
    said = pipe.said()
    assert [item.values for item in calls(said)] == [(0.5,)] * 3
    assert [item["count"] for item in said if isinstance(item, dict)] == [1]
    assert pipe.recorder.dropped == 3
    error = capsys.readouterr().err
    assert error.count("loss='abc' is no number") == 1


def test_what_was_dropped_is_told_in_full_with_the_outcome(pipe: Pipe) -> None:
    for _ in range(5):
        pipe.recorder.metrics(1, {"loss": None})
    pipe.recorder.event({"type": "outcome", "state": "succeeded"})
    events = [item for item in pipe.said() if isinstance(item, dict)]
    assert sum(event.get("count", 0) for event in events) == 5
    assert events[-1]["type"] == "outcome"


def test_a_step_that_is_no_whole_number_is_left_out_but_its_values_are_kept(pipe: Pipe) -> None:
    for step in (2.5, "x", 2**70):
        pipe.recorder.metrics(step, {"a": 1.0})
        pipe.recorder.metrics(step, {"a": 1.0})
    assert [item.step for item in pipe.metrics()] == [None] * 6


def test_a_mapping_that_raises_does_not_reach_the_experiment(pipe: Pipe) -> None:
    class Hostile(dict[str, float]):
        def values(self) -> Any:
            raise RuntimeError("no")

        def items(self) -> Any:
            raise RuntimeError("no")

        def keys(self) -> Any:
            raise RuntimeError("no")

    class MoreHostile(Mapping[str, float]):
        def __getitem__(self, key: str) -> float:
            raise RuntimeError("no")

        def __iter__(self) -> Iterator[str]:
            raise RuntimeError("no")

        def __len__(self) -> int:
            raise RuntimeError("no")

    pipe.recorder.metrics(None, Hostile(a=1.0))
    pipe.recorder.metrics(None, MoreHostile())
    assert pipe.recorder.dropped >= 1


def test_values_too_many_for_a_packet_arrive_whole(pipe: Pipe) -> None:
    values = {f"weight {number}": float(number) for number in range(500)}
    pipe.recorder.metrics(1, values)
    pipe.recorder.metrics(2, values)
    assert [dict(zip(item.keys, item.values, strict=True)) for item in pipe.metrics()] == [values, values]


def test_a_pipe_nobody_reads_is_said_once_counted_and_never_raised(
    pipe: Pipe, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe.close_reader()
    for step in range(10):
        pipe.recorder.metrics(step, {"a": 1.0})
    pipe.recorder.event({"type": "begin"})
    pipe.recorder.drop("something else")
    pipe.recorder.flush()
    assert pipe.recorder.dropped == 12
    assert capsys.readouterr().err.count("the lab cannot be reached") == 1


def test_a_closed_descriptor_is_counted_and_never_raised(pipe: Pipe) -> None:
    os.close(pipe.writing)
    pipe.writing = -1
    pipe.recorder.metrics(1, {"a": 1.0})
    pipe.recorder.metrics(1, {"a": 1.0})
    assert pipe.recorder.dropped == 2


def test_a_full_pipe_makes_the_writer_wait_even_if_it_was_made_non_blocking(pipe: Pipe) -> None:
    os.set_blocking(pipe.writing, False)
    total = 5_000  # far more than the 64 KiB that a pipe holds

    def write() -> None:
        for step in range(total):
            pipe.recorder.metrics(step, {"a": 1.0})

    writer = threading.Thread(target=write)
    writer.start()
    decoder = Decoder()
    found: list[Metrics | dict[str, Any]] = []
    while len(calls(found)) < total:
        found += decoder.feed(os.read(pipe.reading, 65536))
    writer.join()
    assert [item.step for item in calls(found)] == list(range(total))
    assert pipe.recorder.dropped == 0


def test_a_write_that_took_only_a_part_is_continued(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[[int, bytes], int] = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
    pipe.recorder.metrics(1, {"a": 1.0})
    pipe.recorder.event({"type": "begin"})
    monkeypatch.undo()
    first, second = pipe.said()
    assert isinstance(first, Metrics)
    assert second == {"type": "begin"}


def test_progress_is_sent_about_twenty_times_a_second_and_the_latest_with_the_outcome(pipe: Pipe) -> None:
    for done in range(10_000):
        pipe.recorder.progress(Progress(done=done, total=20_000))
    pipe.recorder.event({"type": "outcome", "state": "failed"})
    sent = pipe.events("progress")
    assert 20 <= len(sent) < 60
    assert sent[-1]["done"] == 9_999


def test_the_last_progress_of_a_loop_is_sent_whatever_came_before(pipe: Pipe) -> None:
    for done in range(1000):
        pipe.recorder.progress(Progress(done=done, total=1000))
    pipe.recorder.progress(Progress(done=1000, total=1000), last=True)
    assert pipe.events("progress")[-1]["done"] == 1000


def test_a_note_is_sent_line_by_line(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    recorder = PipeRecorder(writing, staging=tmp_path, workdir=tmp_path, facts=Facts())
    recorder.note("one")
    recorder.note("two")
    os.close(writing)
    found = Decoder().feed(os.read(reading, 65536))
    os.close(reading)
    assert found == [{"type": "note", "text": "one"}, {"type": "note", "text": "two"}]


def test_the_memory_of_layouts_is_bounded(pipe: Pipe) -> None:
    reader = threading.Thread(target=lambda: os.read(pipe.reading, 1) and None)
    reader.start()
    for number in range(1_200):
        pipe.recorder.metrics(None, {f"k{number}": 1.0})
    reader.join()
    assert 0 < len(pipe.recorder._layouts) <= 1024


def test_complaints_stop_before_they_fill_the_log(pipe: Pipe, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(200):
        pipe.recorder.drop(f"reason {number}")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 51
    assert "more could not be kept" in lines[-1]
    assert pipe.recorder.dropped == 200


def test_a_missing_stderr_does_not_matter(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    pipe.recorder.drop("no place to say this")
    assert pipe.recorder.dropped == 1


def test_an_event_nobody_can_encode_is_dropped(pipe: Pipe) -> None:
    class Hostile(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

        def __iter__(self) -> Any:
            raise RuntimeError("no")

        def keys(self) -> Any:
            raise RuntimeError("no")

    pipe.recorder.event(Hostile(type="note"))
    pipe.recorder.event({"type": "begin"})
    dropped, begun = pipe.said()
    assert isinstance(dropped, dict)
    assert (dropped["type"], begun) == ("dropped", {"type": "begin"})


def test_the_null_recorder_keeps_nothing_but_has_a_folder_to_work_in() -> None:
    recorder = NullRecorder()
    recorder.metrics("x", {"a": "b"})
    recorder.event({"type": "begin"})
    recorder.progress(Progress(done=1, total=2))
    recorder.note("text")
    recorder.drop("reason")
    assert recorder.facts == Facts()
    folder = recorder.workdir
    assert folder.is_dir()
    assert recorder.workdir == folder
    del recorder
    assert not folder.exists()


def test_an_event_of_the_largest_single_packet_is_one_write(pipe: Pipe) -> None:
    text = "x" * (4093 - len('{"type":"note","text":""}'))
    assert len(encode_event({"type": "note", "text": text})) == 1
    pipe.recorder.event({"type": "note", "text": text})
    assert pipe.said() == [{"type": "note", "text": text}]
