from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from flasklab.runs.artifacts import Artifact
from flasklab.runs.run import NewRun
from flasklab.runs.times import now
from flasklab.services.run_diff import MOST_COLUMNS, NamedTableDiff, RunDiff, tables_of

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from flasklab.store.store import Store


def run_with(store: Store, run_id: str, *tables: tuple[str, bytes, int | None]) -> Run:
    """A run with tables: their name, content and step."""
    with store.write() as unit:
        unit.runs.add(NewRun(id=run_id, experiment="e", params={}), now())
        number = unit.runs.get(run_id).number
        unit.runs.claim(run_id, now())
    for seq, (name, content, step) in enumerate(tables, start=3):
        stored = store.files.add_stream(io.BytesIO(content))
        file = f"{name}-{step}.csv"
        artifact = Artifact(
            name=file, media_type="text/csv", size=stored.size, sha256=stored.sha256, shown=name, step=step, seq=seq
        )
        with store.write() as unit:
            unit.artifacts.add(number, artifact)
    with store.read() as unit:
        return unit.runs.get(run_id)


def told(store: Store, left: bytes, right: bytes) -> NamedTableDiff:
    runs = [run_with(store, name, ("t", content, None)) for name, content in (("a", left), ("b", right))]
    return RunDiff(store).tables(*runs)[0]


def test_a_table_shown_at_several_steps_is_compared_at_its_last(store: Store) -> None:
    run = run_with(store, "a", ("t", b"x\n1\n", 0), ("t", b"x\n9\n", 20), ("t", b"x\n5\n", 3))
    assert tables_of(run)["t"].step == 20


def test_tables_that_only_one_run_has_are_named(store: Store) -> None:
    left, right = run_with(store, "a", ("old", b"x\n", None)), run_with(store, "b", ("new", b"x\n", None))
    assert [(one.name, one.kind) for one in RunDiff(store).tables(left, right)] == [
        ("old", "removed"),
        ("new", "added"),
    ]


def test_tables_that_say_the_same_in_other_words_are_the_same(store: Store) -> None:
    assert told(store, b"k,v\na,1\n", b"k,v\na,1.0\n").kind == "same"


@pytest.mark.parametrize("content", [b"", b"\n", b'a,b\n"open', b"a\n" + b"x" * 200_000, b"\xff\xfe\x00,\n"])
def test_what_is_hardly_a_table_is_no_error(store: Store, content: bytes) -> None:
    assert told(store, content, b"a,b\n1,2\n").kind == "changed"


def test_of_a_table_that_goes_on_for_ever_only_the_beginning_is_read(store: Store) -> None:
    wide = b",".join(b"c%d" % at for at in range(3 * MOST_COLUMNS)) + b"\n"
    found = told(store, wide + b"x" * 9_000_000, wide + b"y" * 9_000_000)
    assert (found.compared, found.rows, found.kind) == ((0, 0), (None, None), "changed")
    assert found.diff is not None
    assert len(found.diff.columns) == MOST_COLUMNS


def test_a_table_whose_content_is_gone_is_told(store: Store) -> None:
    left, right = run_with(store, "a", ("t", b"x\n1\n", None)), run_with(store, "b", ("t", b"x\n2\n", None))
    store.files.path(right.artifacts[0].sha256).unlink()
    assert RunDiff(store).tables(left, right)[0].kind == "unread"
