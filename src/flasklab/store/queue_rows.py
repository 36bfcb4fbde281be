"""The queue beyond its head: what may go on where the head must wait, what is held until a moment, and places in it.

Everything here costs the same with a hundred queued runs as with a hundred thousand: it follows the experiments, the
priorities or a fixed number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, literal_column, select, tuple_, update

from flasklab.store.prepared import Prepared
from flasklab.store.run_transitions import CLAIMABLE, IS_QUEUED, IS_RUNNING, WAITING, claimable
from flasklab.store.tables import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Select

    from flasklab.store.claims import Claimable

EXACT_PLACES = 2000
"""Up to here a place in the queue is counted; beyond, it is reckoned from the runs' numbers and may be too high."""
_MOST_RELEASED = 5000  # in one transaction, so that it stays short

_HELD = and_(IS_QUEUED, runs.c.held == literal_column("1"))

_place = tuple_(runs.c.rank, runs.c.number)
_FIRST = (
    select(runs.c.number, func.row_number().over(order_by=(runs.c.rank, runs.c.number)).label("place"))
    .where(WAITING)
    .order_by(runs.c.rank, runs.c.number)
    .limit(EXACT_PLACES)
    .subquery()
)
_FIRST_RANK = select(func.min(runs.c.rank)).where(WAITING)
_OF_RANK = and_(WAITING, runs.c.rank == bindparam("the_rank"))
_WIDTH = select(
    select(func.min(runs.c.number)).where(_OF_RANK).scalar_subquery(),
    select(func.max(runs.c.number)).where(_OF_RANK).scalar_subquery(),
    select(func.min(runs.c.rank)).where(WAITING, runs.c.rank > bindparam("the_rank")).scalar_subquery(),
)
_OF_EXPERIMENT = Prepared(
    select(*CLAIMABLE)
    .where(runs.c.experiment == bindparam("the_experiment"), WAITING)
    .order_by(runs.c.rank, runs.c.number)
    .limit(bindparam("the_limit"))
)
_NEXT_RELEASE = Prepared(select(func.min(runs.c.not_before)).where(_HELD))
_DUE = (
    select(runs.c.number)
    .where(_HELD, runs.c.not_before <= bindparam("the_moment"))
    .order_by(runs.c.not_before)
    .limit(_MOST_RELEASED)
)
_RELEASE = update(runs).where(runs.c.number.in_(_DUE.scalar_subquery())).values(held=0)
_UNDER_WAY = select(runs.c.number, runs.c.experiment, runs.c.resources).where(IS_RUNNING)


def _heads() -> Select[Any]:
    """The first queued run of each experiment: hops from one experiment to the next in the index of what is queued."""
    hop = select(func.min(runs.c.experiment).label("name")).where(IS_QUEUED).cte("hop", recursive=True)
    following = select(func.min(runs.c.experiment)).where(IS_QUEUED, runs.c.experiment > hop.c.name).scalar_subquery()
    hop = hop.union_all(select(following).select_from(hop).where(hop.c.name.is_not(None)))
    first = (
        select(runs.c.number)
        .where(WAITING, runs.c.experiment == hop.c.name)
        .order_by(runs.c.rank, runs.c.number)
        .limit(1)
        .scalar_subquery()
    )
    return select(first.label("number")).select_from(hop).where(hop.c.name.is_not(None))


_HEADS = _heads()


@dataclass(frozen=True, slots=True)
class Head:
    """The first queued run of an experiment."""

    number: int
    experiment: str
    rank: int  # minus its priority
    resources: Mapping[str, int]


class QueueRows:
    """The queue within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self) -> list[Head]:
        """The first queued run of each experiment that has one, in queue order; held ones are left out."""
        numbers = [number for number in self._connection.execute(_HEADS).scalars() if number is not None]
        if not numbers:
            return []
        statement = (
            select(runs.c.number, runs.c.experiment, runs.c.rank, runs.c.resources)
            .where(runs.c.number.in_(numbers))
            .order_by(runs.c.rank, runs.c.number)
        )
        found = self._connection.execute(statement)
        return [Head(row.number, row.experiment, row.rank, row.resources or {}) for row in found]

    def of_experiment(self, experiment: str, limit: int) -> list[Claimable]:
        """The next runs of one experiment in queue order, at most `limit`."""
        found = _OF_EXPERIMENT.rows(self._connection, the_experiment=experiment, the_limit=limit)
        return [claimable(row) for row in found]

    def under_way(self) -> list[tuple[int, str, Mapping[str, int]]]:
        """Number, experiment and units taken of every running run, first started first."""
        found = self._connection.execute(_UNDER_WAY)
        return sorted((row.number, row.experiment, row.resources or {}) for row in found)

    def next_release(self) -> datetime | None:
        """The moment at which the first held run is due; None when none is held."""
        found = _NEXT_RELEASE.rows(self._connection)[0][0]
        return None if found is None else datetime.fromtimestamp(found, UTC)

    def release(self, at: datetime) -> int:
        """Let held runs that are due at `at` be claimed; how many, of which there may be more when it was the most."""
        return self._connection.execute(_RELEASE, {"the_moment": at}).rowcount

    def places(self, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Places in the queue, 1 for the next, of queued runs that are not held.

        Args:
            keys: rank and number of each
        """
        wanted = sorted(set(keys))
        before = select(runs.c.number).where(WAITING, _place < tuple_(*wanted[0])).limit(EXACT_PLACES).subquery()
        ahead = int(self._connection.execute(select(func.count()).select_from(before)).scalar_one())
        if ahead >= EXACT_PLACES:
            return self._reckoned(wanted)
        if len(wanted) == 1:
            return {wanted[0]: ahead + 1}
        numbers = [number for _, number in wanted]
        counted = select(_FIRST.c.number, _FIRST.c.place).where(_FIRST.c.number.in_(numbers))
        exact = {row.number: int(row.place) for row in self._connection.execute(counted)}
        places = {key: exact[key[1]] for key in wanted if key[1] in exact}
        far = [key for key in wanted if key not in places]
        return places | self._reckoned(far) if far else places

    def _reckoned(self, keys: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Places of runs far back: for each priority, the width of its runs' numbers stands for their count."""
        widths: list[tuple[int, int, int]] = []  # rank, first number, last number
        rank = self._connection.execute(_FIRST_RANK).scalar()
        while rank is not None and rank <= keys[-1][0]:
            first, last, following = self._connection.execute(_WIDTH, {"the_rank": rank}).one()
            widths.append((rank, first, last))
            rank = following
        return {key: 1 + sum(_width(key, *one) for one in widths) for key in keys}


def _width(key: tuple[int, int], rank: int, first: int, last: int) -> int:
    if rank == key[0]:
        return max(0, key[1] - first)
    return last - first + 1 if rank < key[0] else 0
