from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, cast

from flasklab.execution import housekeeping
from flasklab.execution.housekeeping import Housekeeping
from flasklab.services.retention import SWEEP_LIMIT, Swept

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class AtOnce(Executor):
    """Does what it is given when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.jobs.append(lambda: future.set_result(fn(*args, **kwargs)))
        return future


def test_the_lab_is_swept_once_an_hour_and_soon_again_while_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    done = [Swept(runs=SWEEP_LIMIT), Swept(runs=3)]

    def sweep(*_: Any) -> Swept:
        if not done:
            raise OSError("no disk")
        return done.pop(0)

    monkeypatch.setattr(housekeeping, "sweep", sweep)
    jobs = AtOnce()
    keeping = Housekeeping(cast("Any", None), cast("Any", None), jobs)

    def after(now: float) -> int:
        keeping.tend(now)
        return len(jobs.jobs)

    assert [after(0.0), after(59.0), after(60.0), after(9999.0)] == [0, 0, 1, 1]  # one at a time
    jobs.jobs[0]()
    assert [after(10_000.0), after(10_005.0)] == [1, 2]
    jobs.jobs[1]()
    assert [after(10_006.0), after(13_605.0), after(13_606.0)] == [2, 2, 3]
    jobs.jobs[2]()  # fails
    assert [after(13_607.0), after(17_207.0)] == [3, 4]
