"""R3: whoever was stopped for longer than its lease wakes up and finds the lab another's.

Two folders name one database, as two machines may. All processes of the one whose turn it is are stopped, as a machine
that is suspended is; the other takes over, and then the first goes on where it was.
"""

from __future__ import annotations

import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storms.judging import final_or_stuck, judge
from storms.lab import StormLab, hit

if TYPE_CHECKING:
    from pathlib import Path

_LEASE_SECONDS = 2.0
_RUNS = 3  # under way when a side is stopped
_GOES_SECONDS = 10.0  # until who has lost the lease has noticed


@dataclass(slots=True)
class _Side:
    lab: StormLab
    stopped: list[int]

    def works(self) -> bool:
        """Whether its supervisor has the lab."""
        return bool(self.lab.pids("zygote"))


def stale_storm(
    folder: Path, n: int, seed: int, *, patches: tuple[str, ...] = (), pairs: int = 2
) -> tuple[int, list[str], list[str]]:
    """Let n attempts, three at a time, go on after their lease was lost.

    Args:
        folder: for the labs
        n: about how many attempts
        seed: of the moments
        patches: what is taken out of the labs
        pairs: of labs, at once

    Returns:
        How many attempts; violations; figures beside.
    """
    rounds = max(1, round(n / _RUNS))
    pairs = min(pairs, rounds)
    shares = [rounds // pairs + (at < rounds % pairs) for at in range(pairs)]
    with ThreadPoolExecutor(pairs) as pool:
        found = pool.map(
            lambda at: _one_pair(folder / f"pair{at}", shares[at], random.Random(f"{seed}/{at}"), patches), range(pairs)
        )
        return rounds * _RUNS, [line for one in found for line in one], []


def _one_pair(folder: Path, rounds: int, chance: random.Random, patches: tuple[str, ...]) -> list[str]:
    one = StormLab(folder / "one", patches=("quick-restarts", *patches)).make()
    other = StormLab(folder / "other", patches=("quick-restarts", *patches)).make()
    seconds = f"{_LEASE_SECONDS:g}"
    for lab in (one, other):
        lab.environ = {"FLASKLAB_TEST_LEASE_SECONDS": seconds, "FLASKLAB_TEST_LEDGER": str(one.ledger)}
    other.environ["FLASKLAB_DATABASE_URL"] = f"sqlite:///{one.results}/lab.db"
    sides = [_Side(one, []), _Side(other, [])]
    violations: list[str] = []
    try:
        one.start()
        other.start()
        for _ in range(rounds):
            violations += _round(sides, one, chance)
        violations += final_or_stuck(one)
        one.acks += other.acks
        other.stop()
        one.stop()
        # That the old attempts' own code ran on for a moment, nobody can help; that it left anything, they can.
        violations += [line for line in judge(one) if not line.startswith("duplicated: two attempts")]
    except TimeoutError as error:
        one.tell_what_it_does()
        other.tell_what_it_does()
        violations.append(f"stuck: {error}, see {folder}")
    finally:
        for side in sides:
            for pid in side.stopped:
                hit(pid, signal.SIGCONT)
            side.lab.end_everything()
    return violations


def _round(sides: list[_Side], lab: StormLab, chance: random.Random) -> list[str]:
    lab.until(lambda: any(side.works() for side in sides), "no supervisor has the lab")
    active, waiting = sides if sides[0].works() else reversed(sides)
    supervisor = active.lab.pids("supervisor")[0]
    acks = [active.lab.begin("thrice", seconds=_LEASE_SECONDS, files=False) for _ in range(_RUNS)]
    for ack in acks:
        assert ack is not None
        lab.until(lambda run=ack.id: lab.noted(run, "begin") > 0, "a run did not begin")  # type: ignore[misc]
    time.sleep(chance.random() * 0.3)
    active.stopped = active.lab.tree()
    for pid in active.stopped:
        hit(pid, signal.SIGSTOP)
    try:
        lab.until(waiting.works, "nobody took over")
        if chance.random() < 0.5:  # the runs are over already when the old attempts wake up
            for ack in acks:
                assert ack is not None
                waiting.lab.finished(ack.id)
    finally:
        for pid in active.stopped:
            hit(pid, signal.SIGCONT)
        active.stopped = []
    deadline = time.monotonic() + _GOES_SECONDS
    while supervisor in active.lab.pids("supervisor") and time.monotonic() < deadline:
        time.sleep(0.05)
    if supervisor in active.lab.pids("supervisor"):
        return ["two supervisors: one did not notice that it had lost its lease"]
    return []
