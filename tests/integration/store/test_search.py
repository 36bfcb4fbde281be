"""A search finds the runs that plain Python says it means, in the order it says, on both databases."""

from __future__ import annotations

import os
import random
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, RunError
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.search.ordering import parse_order
from flasklab.search.parsing import parse
from flasklab.services.run_search import RunSearch, read_query
from flasklab.store import run_search
from tests.integration.store.search_oracle import Facts, is_meant, random_facts, random_query, sorted_by

if TYPE_CHECKING:
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

SEARCHES = int(os.environ.get("FLASKLAB_TEST_SEARCHES", "400"))


def add(unit: Unit, facts: Facts, chance: random.Random) -> Facts:
    """Store a run with these facts, and note its fields among them."""
    at = now() - timedelta(minutes=chance.randrange(300))
    tags = chance.choice(((), ("good",), ("Good", "new"), ("wood",)))
    note = chance.choice(("", "the penguin", "Fish and PENGUINS", "50% done"))
    new = NewRun(
        id=f"r{facts.number}{chance.choice('abc')}",
        experiment=chance.choice(("e1", "e2", "other")),
        params=facts.params,
        tags=tags,
        note=note,
        created_by=chance.choice(("ann", "")),
    )
    unit.runs.add(new, at)
    error, state, ended = None, RunState.QUEUED, None
    if chance.random() < 0.8:
        attempt = unit.runs.claim(new.id, at)
        assert attempt == 1
        took = float(chance.choice((1, 5, 30, 60, 100)))
        unit.runs.begin(new.id, 1, at)
        for key, points in facts.metrics.items():
            steps = list(range(len(points)))
            kept = Points(steps=steps, values=points, times=[at.timestamp()] * len(points), seqs=[3] * len(points))
            unit.metrics.append(facts.number, {key: kept})
        if facts.output is None:
            error = chance.choice((RunError(type="ValueError", message="No memory"), RunError(type="Exit", message="")))
        state = RunState.FAILED if error else RunState.SUCCEEDED
        ended = at + timedelta(seconds=took)
        unit.runs.settle(new.id, 1, state=state, output=facts.output, error=error, at=ended, seq=9)
    else:
        facts.metrics, facts.output = {}, None
    facts.fields = {
        "number": facts.number,
        "id": new.id,
        "experiment": new.experiment,
        "state": state.value,
        "created": at.timestamp(),
        "started": None if ended is None else at.timestamp(),
        "finished": None if ended is None else ended.timestamp(),
        "took": None if ended is None else ended.timestamp() - at.timestamp(),
        "by": new.created_by,
        "tags": list(tags),
        "note": note,
        "seed": None,
        "attempt": int(ended is not None),
        "pinned": False,
        "error": None if error is None else error.message,
        "error.type": None if error is None else error.type,
    }
    return facts


def small_world(store: Store, chance: random.Random, count: int = 60) -> list[Facts]:
    world = []
    for number in range(1, count + 1):
        with store.write() as unit:
            world.append(add(unit, random_facts(chance, number), chance))
    return world


def test_finds_what_plain_python_says(store: Store) -> None:
    chance = random.Random(20261124)
    world, at = small_world(store, chance), time.time()
    some = 0
    for _ in range(SEARCHES):
        query = random_query(chance)
        expression = parse(query, at)
        assert expression is not None
        meant = [facts.number for facts in reversed(world) if is_meant(facts, expression)]
        with store.read() as unit:
            found = unit.search().page(expression, read_query().order, None, 100)
        assert [one.number for one in found] == meant, query
        some += bool(meant) and len(meant) < len(world)
    assert some > SEARCHES / 2  # a search that finds all or nothing says little


ORDERS = (
    *("lr", "-lr", "x", "-x", "acc", "-acc", "-metrics.acc", "loss.min", "-opt.lr", "params.acc", "output", "nobody"),
    *("number", "-number", "created", "-took", "finished", "experiment", "-state", "-output.x", "val/loss", "model"),
)


@pytest.mark.parametrize("looked_at_first", [run_search.LOOKED_AT_FIRST, (7,), (3, 20)])
def test_pages_follow_one_another_in_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, looked_at_first: tuple[int, ...]
) -> None:
    monkeypatch.setattr(run_search, "LOOKED_AT_FIRST", looked_at_first)
    chance = random.Random(7)
    world, search = small_world(store, chance), RunSearch(store)
    for sort in ORDERS:
        for query in ("", "lr > 0.001", "state == succeeded and (model == svm or acc > 0.3)", "experiment == e1"):
            expression, order = parse(query), parse_order(sort)
            meant = [facts.number for facts in world if expression is None or is_meant(facts, expression)]
            in_order = sorted_by(world, order.name, descending=order.descending)
            found: list[int] = []
            after: str | None = None
            while True:
                page = search(read_query(query, sort), after=after, limit=chance.randrange(1, 20))
                found += [run.number for run in page.runs]
                after = page.next
                if after is None:
                    break
            assert found == [number for number in in_order if number in meant], (sort, query)
