from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import QueueFullError
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.run_submit import RunSubmit
from flasklab.services.run_wait import RunWait
from flasklab.store.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.config import Settings
    from flasklab.experiments.description import Description
    from flasklab.store.store import Store


@pytest.fixture
def submit(store: Store, settings: Settings, bell: Any) -> RunSubmit:
    return alone(store, settings, bell)


def alone(store: Store, settings: Settings, wake: Callable[[], None]) -> RunSubmit:
    """Starts where no supervisor takes them."""
    intake = Intake(settings.results)
    return RunSubmit(store, settings, intake, RunWait(store, intake), wake)


def test_a_start_is_stored_before_anyone_is_woken(store: Store, settings: Settings, double: Description) -> None:
    stored: list[int] = []

    def wake() -> None:
        with store.read() as unit:
            stored.append(unit.runs.count(RunState.QUEUED))

    run, created = alone(store, settings, wake)(double, {"param": 21.0}, ("param",), created_by="ada", tags=["a"])

    assert created
    assert stored == [1]
    assert (run.experiment, run.params, run.given, run.created_by, run.tags) == (
        "double",
        {"param": 21.0},
        ("param",),
        "ada",
        ("a",),
    )
    with store.read() as unit:
        [claimable] = unit.runs.queued(1)
        assert [event.kind for event in unit.events.of(run.number)] == ["queued"]
    assert (claimable.timeout_seconds, claimable.memory_bytes, claimable.retries) == (60.0, 2**30, 1)


def test_a_run_carries_the_tags_of_its_experiment_and_its_own(submit: RunSubmit, double: Description) -> None:
    run, _ = submit(replace(double, tags=("vision", "daily")), {"param": 1.0}, (), tags=["mine", "daily"])

    assert run.tags == ("vision", "daily", "mine")


def test_a_repeated_key_gives_the_first_run_and_wakes_nobody(submit: RunSubmit, double: Description, bell: Any) -> None:
    first, created = submit(double, {"param": 1.0}, (), idempotency_key="k")
    again, created_again = submit(double, {"param": 2.0}, (), idempotency_key="k")
    other, created_other = submit(replace(double, name="triple"), {}, (), idempotency_key="k")
    assert (created, created_again, created_other) == (True, False, True)
    assert again == first
    assert other.id != first.id
    assert bell.rings == 2


def test_a_full_queue_takes_no_more_until_one_is_claimed(submit: RunSubmit, store: Store, double: Description) -> None:
    runs = [submit(double, {}, (), idempotency_key=str(number))[0] for number in range(3)]
    with pytest.raises(QueueFullError, match=r"3 runs .* at most 3.*FLASKLAB_MAX_QUEUED"):
        submit(double, {}, ())
    assert submit(double, {}, (), idempotency_key="1") == (runs[1], False)  # what was accepted stays so
    with store.write() as unit:
        unit.runs.claim(runs[0].id, now())
    assert submit(double, {}, ())[1]


def test_a_refused_start_leaves_nothing(submit: RunSubmit, store: Store, double: Description, bell: Any) -> None:
    for _ in range(3):
        submit(double, {}, ())
    with pytest.raises(QueueFullError):
        submit(double, {}, ())
    with store.read() as unit:
        assert unit.runs.count() == 3
    assert bell.rings == 3


def test_a_long_queues_count_is_trusted_for_a_moment_but_not_when_it_refuses(
    store: Store, settings: Settings, double: Description, bell: Any
) -> None:
    submit = alone(store, settings.replaced(max_queued=1001), bell)
    for _ in range(3):
        submit(double, {}, ())
    limit = submit._limit
    assert limit._counted is not None
    assert limit._counted[1] == 3
    limit._counted = (limit._counted[0], 1001)  # as if others had been claimed since
    assert submit(double, {}, ())[1]
    assert limit._counted[1] == 4


def test_many_starts_at_once_with_one_key_are_one_run(submit: RunSubmit, store: Store, double: Description) -> None:
    together = threading.Barrier(4)
    found: list[tuple[str, bool]] = []

    def start() -> None:
        together.wait()
        run, created = submit(double, {}, (), idempotency_key="k")
        found.append((run.id, created))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run_id for run_id, _ in found}) == 1
    assert sorted(created for _, created in found) == [False, False, False, True]
