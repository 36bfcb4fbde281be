"""A log is copied as it is at one moment, while its writer goes on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flasklab.store import log_snapshot
from flasklab.store.log_files import RECORD, LogLayout, PartEntry, read_layout
from flasklab.store.logs import LogStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUN = "abcdefghjkmn"


def copied(source: LogStore, target: LogStore) -> None:
    path = target.path(RUN)
    path.parent.mkdir(parents=True)
    with log_snapshot.log_snapshot(source.path(RUN)) as pieces:
        for piece in pieces:
            (path.parent / piece.name).write_bytes(piece.stream.read(piece.size))


def whole(logs: LogStore) -> bytes:
    with logs.copy(RUN) as text:
        return b"".join(iter(lambda: text.read(1 << 16), b""))


def test_an_index_ends_where_the_text_does(tmp_path: Path) -> None:
    logs, copy = LogStore(tmp_path / "logs"), LogStore(tmp_path / "copy")
    writer = logs.writer(RUN, 10**6)
    for number in range(6):
        writer.append(("out", "err")[number % 2], b"line\n", 1000.0 + number)
    path = logs.path(RUN)
    os.truncate(path, 15)  # as if three lines had come after its size was asked for

    copied(logs, copy)

    assert copy.path(RUN).with_suffix(".idx").stat().st_size == 3 * RECORD.size
    again = copy.writer(RUN, 10**6)
    again.say("went on")
    again.close()
    pieces = copy.read(RUN).pieces
    assert [(one.stream, one.text) for one in pieces][-1] == ("lab", "went on\n")
    assert [one.stream for one in pieces] == ["out", "err", "out", "lab"]


def test_parts_are_those_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs, copy = LogStore(tmp_path / "logs"), LogStore(tmp_path / "copy")
    writer = logs.writer(RUN, 4096)
    for number in range(2000):
        writer.append("out", b"line %d\n" % number, 1000.0)
    answers = [LogLayout(parts=(PartEntry(), PartEntry(number=1))), None]

    def flooded(path: Path) -> LogLayout:
        """A list of parts that is not true any more when it has been read."""
        stale = answers.pop(0) if answers else None
        if stale is None:
            return read_layout(path)
        for number in range(2000, 3000):
            writer.append("out", b"line %d\n" % number, 1000.0)
        return stale

    monkeypatch.setattr(log_snapshot, "read_layout", flooded)
    copied(logs, copy)
    writer.close()

    assert whole(copy) == whole(logs)
    assert b"line 2999" in whole(copy)
