"""Keeping runs or not: pins, the bin and the way back out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.errors import WrongStateError
from flasklab.runs.times import now

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


class RunKeep:
    """Pins, deletes and restores runs.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def pin(self, run_id: str, *, pinned: bool) -> Run:
        """Keep a run from retention, or no more.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.write() as unit:
            pin(unit, run_id, pinned=pinned)
            return unit.runs.get(run_id)

    def delete(self, run_id: str) -> Run:
        """Put a run into the bin; one that lies there already stays as it is.

        Raises:
            RunNotFoundError: there is no such run.
            WrongStateError: it has not ended.
        """
        with self._store.write() as unit:
            put_into_bin(unit, run_id)
            return unit.runs.get(run_id)

    def restore(self, run_id: str) -> Run:
        """Take a run out of the bin; one that is not in it stays as it is.

        Raises:
            RunNotFoundError: there is no such run; it may have been removed for good.
            WrongStateError: it is being removed for good.
        """
        with self._store.write() as unit:
            take_out_of_bin(unit, run_id)
            return unit.runs.get(run_id)


# Within a transaction that may do the same to others: each refuses before it writes anything.


def pin(unit: Unit, run_id: str, *, pinned: bool) -> None:
    """Keep a run from retention, or no more."""
    unit.keeping.pin(run_id, pinned=pinned)


def put_into_bin(unit: Unit, run_id: str) -> None:
    """Delete a run that has ended.

    Raises:
        RunNotFoundError: there is no such run.
        WrongStateError: it has not ended.
    """
    run = unit.runs.glance(run_id)
    if not run.state.is_final:
        raise WrongStateError(
            f"Run #{run.number} of {run.experiment} is {run.state.value}; cancel it first, then delete it."
        )
    unit.keeping.delete(run_id, now())


def take_out_of_bin(unit: Unit, run_id: str) -> None:
    """Restore a run.

    Raises:
        RunNotFoundError: there is no such run; it may have been removed for good.
        WrongStateError: it is being removed for good.
    """
    unit.keeping.restore(run_id)
    run = unit.runs.glance(run_id)
    if run.deleted_at is not None:
        raise WrongStateError(f"Run #{run.number} of {run.experiment} is being removed for good; it is too late.")
