"""People and a run's own attempt write about it at the same time, on both databases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import RunNotFoundError, WrongStateError
from flasklab.execution.recorded import Recorded
from flasklab.runs.annotations import Wish, note_mark
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.run_annotate import RunAnnotate

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from flasklab.store.store import Store


@pytest.fixture
def annotate(store: Store) -> RunAnnotate:
    return RunAnnotate(store)


def under_way(store: Store, run: Run) -> Recorded:
    """What an attempt of the run says, as its supervisor keeps it."""
    with store.write() as unit:
        [claimable] = unit.runs.queued(1)
        unit.hot.claim(claimable, None)
        unit.hot.open_attempt(run.number, claimable.attempt + 1, now(), "here 1")
        assert unit.hot.flush() == set()
    attempt = claimable.attempt + 1
    return Recorded(id=run.id, number=run.number, attempt=attempt, seq=claimable.seq + 1, files=store.files)


def say(store: Store, said: Recorded, *events: dict[str, Any], committed: bool = True) -> None:
    for event in events:
        said.take(event)
    with store.write() as unit:
        unit.hot.change(said.write(unit))
        assert unit.hot.flush() == set()
    if committed:
        said.written()


def tag(*names: str) -> dict[str, Any]:
    return {"type": "tag", "tags": list(names)}


def note(text: str) -> dict[str, Any]:
    return {"type": "note", "text": text}


def get(store: Store, run: Run) -> Run:
    with store.read() as unit:
        return unit.runs.get(run.id)


def test_a_person_and_the_run_undo_nothing_of_each_others(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    run = queue(note="begun")
    said = under_way(store, run)
    say(store, said, tag("epoch-1", "noise"), note("half"))
    annotate([run.id], Wish(add_tags=("mine",), remove_tags=("noise",), note="Begun by me"), "ada")
    say(store, said, tag("epoch-2", "noise"), note("done"))
    found = get(store, run)
    assert found.tags == ("epoch-1", "mine", "epoch-2")
    assert found.note == "Begun by me\ndone"


def test_a_tag_is_the_runs_again_once_a_person_puts_it_back(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    run = queue()
    said = under_way(store, run)
    say(store, said, tag("x"))
    annotate([run.id], Wish(tags=()), "ada")
    annotate([run.id], Wish(add_tags=("x",)), "bob")
    annotate([run.id], Wish(add_tags=("x",)), "bob")
    say(store, said, tag("x", "y"))
    assert get(store, run).tags == ("x", "y")
    with store.read() as unit:
        told = [(one.kind, one.data) for one in unit.events.of(run.number) if one.kind == "tags"]
    assert told == [
        ("tags", {"by": "ada", "added": [], "removed": ["x"]}),
        ("tags", {"by": "bob", "added": ["x"], "removed": []}),
    ]


def test_what_a_lost_answer_had_stored_is_not_said_twice(queue: Any, store: Store) -> None:
    run = queue()
    said = under_way(store, run)
    say(store, said, note("one"), committed=False)
    say(store, said, note("two"))
    assert get(store, run).note == "one\ntwo"


def test_a_retry_forgets_what_the_attempt_said_and_keeps_what_people_wrote(
    queue: Any, store: Store, annotate: RunAnnotate
) -> None:
    run = queue()
    annotate([run.id], Wish(tags=("kept", "dropped"), note="before"), "ada")
    said = under_way(store, run)
    say(store, said, tag("of-the-attempt", "noise"))
    annotate([run.id], Wish(add_tags=("during",), remove_tags=("dropped", "noise"), note="during it"), "ada")
    say(store, said, note("of the attempt"))
    with store.write() as unit:
        assert unit.runs.requeue(run.id, 1, seq=said.seq + 1)
    assert (get(store, run).tags, get(store, run).note) == (("kept", "during"), "during it")
    again = under_way(store, run)
    say(store, again, tag("noise", "of-the-attempt"))
    assert get(store, run).tags == ("kept", "during", "of-the-attempt")


def test_an_ended_run_is_written_about_and_its_answer_stays(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    run = queue()
    under_way(store, run)
    with store.write() as unit:
        unit.runs.settle(run.id, 1, state=RunState.SUCCEEDED, output=1, at=now(), seq=9)
    [found] = annotate([run.id], Wish(tags=("paper",), note="**good**"), "ada")
    assert (found.tags, found.note, found.output, found.seq) == (("paper",), "**good**", 1, 9)
    assert annotate([run.id], Wish(note=""), "ada")[0].note == ""


def test_many_runs_are_changed_together_or_not_at_all(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    first, second = queue(), queue()
    with pytest.raises(RunNotFoundError):
        annotate([first.id, "nothere", second.id], Wish(add_tags=("x",)), "")
    assert get(store, first).tags == ()
    changed = annotate([second.id, first.id, second.id], Wish(add_tags=("x",)), "")
    assert [(run.id, run.tags) for run in changed] == [(one.id, ("x",)) for one in (second, first, second)]


def test_an_edit_of_what_has_changed_since_is_refused(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    run = queue(note="as it was")
    seen = note_mark("as it was")
    annotate([run.id], Wish(note="bob's", note_seen=seen), "bob")
    with pytest.raises(WrongStateError, match="changed meanwhile"):
        annotate([run.id], Wish(note="ada's", note_seen=seen, add_tags=("x",)), "ada")
    assert (get(store, run).note, get(store, run).tags) == ("bob's", ())


def test_two_people_and_the_run_at_once_lose_no_word(queue: Any, store: Store, annotate: RunAnnotate) -> None:
    run = queue()
    said = under_way(store, run)

    def people(who: str) -> None:
        for number in range(15):
            annotate([run.id], Wish(add_tags=(f"{who}{number}",)), who)

    threads = [threading.Thread(target=people, args=(who,)) for who in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for number in range(15):
        say(store, said, tag(f"run{number}"), note(str(number)))
    for thread in threads:
        thread.join()
    found = get(store, run)
    assert set(found.tags) == {f"{who}{number}" for who in ("ada", "bob", "run") for number in range(15)}
    assert found.note == "\n".join(map(str, range(15)))
