"""R1: processes of a lab are killed, at random moments and at named places, while clients start runs."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from storms.judging import final_or_stuck, judge, states
from storms.lab import StormLab, hit
from storms.places import PLACES

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("child", "zygote", "supervisor", "web", "tree", "place", "place")
_MOST_PAUSE_SECONDS = 0.8
_TAKEN_SECONDS = 2.0


def kill_storm(
    folder: Path, n: int, seed: int, *, labs: int = 3, patches: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    """Kill processes, so many times in all.

    Args:
        folder: for the labs
        n: how many kills
        seed: of what is killed, and when
        labs: so many at once
        patches: what is taken out of the labs

    Returns:
        Violations; figures to print beside.
    """
    labs = max(1, min(labs, n // 10))
    shares = [n // labs + (at < n % labs) for at in range(labs)]
    with ThreadPoolExecutor(labs) as pool:
        found = list(
            pool.map(
                lambda at: _one_lab(folder / f"lab{at}", shares[at], random.Random(f"{seed}/{at}"), patches),
                range(labs),
            )
        )
    counts = sum((Counter(one[1]) for one in found), Counter[str]())
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return [line for one in found for line in one[0]], [f"{counts.total()} runs: {told}"]


def _one_lab(folder: Path, n: int, chance: random.Random, patches: tuple[str, ...]) -> tuple[list[str], dict[str, int]]:
    lab = StormLab(folder, patches=("quick-restarts", *patches)).make()
    over = threading.Event()
    try:
        lab.start()
        clients = [threading.Thread(target=_client, args=(lab, over, random.Random(chance.random()))) for _ in range(2)]
        for client in clients:
            client.start()
        try:
            for _ in range(n):
                _kill(lab, chance)
                time.sleep(chance.random() * _MOST_PAUSE_SECONDS)
                if chance.random() < 0.5:
                    _until_it_works(lab)
        finally:
            over.set()
            for client in clients:
                client.join()
        for place in PLACES:
            lab.disarm(place)
        lab.until(lab.is_ready, "the lab did not come back")
        violations = final_or_stuck(lab)
        lab.stop()
        violations += [f"survived: {pid}" for pid in lab.marked()]
        return violations + judge(lab), dict(states(lab.results))
    except TimeoutError as error:
        lab.tell_what_it_does()
        return [f"stuck: {error}, see {folder}"], {}
    finally:
        over.set()
        lab.end_everything()


def _client(lab: StormLab, over: threading.Event, chance: random.Random) -> None:
    while not over.is_set():
        experiment = chance.choice(("once", "thrice", "warm"))
        wait = chance.choice((0, 0, 2))
        lab.begin(experiment, wait=wait, seconds=chance.random() * 0.4, files=chance.random() < 0.5)
        time.sleep(chance.random() * 0.2)


def _until_it_works(lab: StormLab) -> None:
    """Give the lab the time to be whole again, a child in its zygote among the signs."""
    lab.until(lambda: lab.is_ready() and bool(lab.pids("child")), "the lab did not come back")


def _kill(lab: StormLab, chance: random.Random) -> None:
    target = chance.choice(TARGETS)
    if target == "place":
        place = chance.choice(PLACES)
        action = chance.choice(("kill", "exit"))
        lab.tell(f"{action} at {place}")
        lab.arm(place, action)
        deadline = time.monotonic() + _TAKEN_SECONDS
        while (pid := lab.taken(place)) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if pid is not None or not lab.disarm(place):
            return
        target = "supervisor"  # nobody came by
    lab.tell(f"kill {target}")
    if target == "tree":
        lab.kill_tree()
        lab.start()
        return
    pids = lab.pids(target)
    if pids:
        hit(chance.choice(pids))
