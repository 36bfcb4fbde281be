"""One thing done to many runs: each is told apart, and one that cannot be changed keeps no other from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError
from flasklab.experiments import parameters
from flasklab.runs.annotations import Wish
from flasklab.runs.times import now
from flasklab.services.run_annotate import annotate
from flasklab.services.run_keep import pin, put_into_bin, take_out_of_bin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flasklab.runs.run import Run
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.services.run_cancel import RunCancel
    from flasklab.services.run_submit import RunSubmit
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

DELETE, RESTORE, PIN, UNPIN, TAG, UNTAG = "delete", "restore", "pin", "unpin", "tag", "untag"
CANCEL, RERUN = "cancel", "rerun"
ACTIONS = (DELETE, RESTORE, PIN, UNPIN, TAG, UNTAG, CANCEL, RERUN)
MOST_RUNS = 1000  # at once
_TOGETHER = 100  # changed in one transaction, so that nobody waits long for the database
_CATALOG_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be done."""

    action: str  # one of `ACTIONS`
    run_ids: tuple[str, ...]  # to which runs
    tags: tuple[str, ...] = ()  # for `tag` and `untag`


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of one run."""

    id: str  # as it was asked for
    run: Run | None  # as it is now, without metrics and files; None where there is none
    error: FlasklabError | None = None  # why it could not be done
    started: Run | None = None  # by `rerun`
    changed: bool = True  # whether it was not so before


class RunAct:
    """Changes many runs.

    Args:
        store: where runs are kept
        cancel: ends one of them
        experiments: what runs again
        submit: starts one again
    """

    def __init__(self, store: Store, cancel: RunCancel, experiments: ExperimentRead, submit: RunSubmit) -> None:
        self._store = store
        self._cancel = cancel
        self._experiments = experiments
        self._submit = submit

    def __call__(self, act: Act, by: str) -> list[Acted]:
        """Do it to each of the runs, in the order they were asked for.

        Args:
            act: what
            by: who asks; "" when nobody is known by name

        Raises:
            InvalidParametersError: a tag is longer than it may be; nothing was done.
        """
        if act.action == TAG:
            wish = Wish(add_tags=Wish(tags=act.tags).checked().tags or ())
        else:
            wish = Wish(remove_tags=act.tags).checked()
        run_ids = tuple(dict.fromkeys(act.run_ids))
        match act.action:
            case "cancel":
                return [self._one(run_id, lambda run: self._cancel(run.id, by)) for run_id in run_ids]
            case "rerun":
                return [self._one(run_id, lambda run: self._again(run, by), starts=True) for run_id in run_ids]
            case "tag" | "untag":
                return self._together(run_ids, lambda unit, run_id: _annotate(unit, run_id, wish, by))
            case _:
                return self._together(run_ids, _KEEPING[act.action])

    def _together(self, run_ids: Sequence[str], do: Callable[[Unit, str], object]) -> list[Acted]:
        acted: list[Acted] = []
        for start in range(0, len(run_ids), _TOGETHER):
            part = run_ids[start : start + _TOGETHER]
            try:
                with self._store.write() as unit:
                    done = [_tried(unit, run_id, do) for run_id in part]
            except FlasklabError as error:  # the database's: all of the part was taken back
                done = [Acted(id=run_id, run=None, error=error) for run_id in part]
            acted += done
        return acted

    def _one(self, run_id: str, do: Callable[[Run], Run], *, starts: bool = False) -> Acted:
        run = None
        try:
            with self._store.read() as unit:
                run = unit.runs.glance(run_id)
            found = do(run)
        except FlasklabError as error:
            return Acted(id=run_id, run=run, error=error)
        return Acted(id=run_id, run=run, started=found) if starts else Acted(id=run_id, run=found)

    def _again(self, run: Run, by: str) -> Run:
        description = self._experiments.get(run.experiment, _CATALOG_WAIT_SECONDS)
        wanted = parameters.validate(description.parameters, description.defaults, run.params)
        started, _ = self._submit(description, wanted.params, wanted.given, created_by=by, rerun_of=run.id)
        return started


def _tried(unit: Unit, run_id: str, do: Callable[[Unit, str], object]) -> Acted:
    """Do it; whoever refuses has written nothing yet."""
    run = None
    try:
        run = unit.runs.glance(run_id)
        do(unit, run_id)
    except FlasklabError as error:
        return Acted(id=run_id, run=run, error=error)
    found = unit.runs.glance(run_id)
    return Acted(id=run_id, run=found, changed=found != run)


def _annotate(unit: Unit, run_id: str, wish: Wish, by: str) -> None:
    for run in unit.annotations.hold([run_id]):
        annotate(unit, run, wish, by, now())


_KEEPING: dict[str, Callable[[Unit, str], object]] = {
    DELETE: put_into_bin,
    RESTORE: take_out_of_bin,
    PIN: lambda unit, run_id: pin(unit, run_id, pinned=True),
    UNPIN: lambda unit, run_id: pin(unit, run_id, pinned=False),
}
