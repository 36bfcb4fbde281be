"""R2: a lab dies, stops or fails at each named place."""

from __future__ import annotations

import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from storms.judging import final_or_stuck, judge
from storms.lab import StormLab, hit
from storms.places import PLACES

if TYPE_CHECKING:
    from pathlib import Path

ACTIONS = ("exit", "kill", "stop", "enospc", "busy")
LEASE_SECONDS = 4.0  # instead of 30: what is stopped stays so for longer than this
_TAKEN_SECONDS = 6.0
_REST_SECONDS = 10.0
# So few pass by in ordinary work that the storm has to bring a lab there.
_AFTER_A_DEATH = (
    "supervisor.after-leftovers",
    "supervisor.recover",
    "supervisor.before-recovered",
    "supervisor.before-requeue",
)
_WITHOUT_SUPERVISOR = ("web.before-commit", "web.before-ring")


def point_storm(
    folder: Path,
    seed: int,
    *,
    times: int,
    labs: int = 3,
    actions: tuple[str, ...] = ACTIONS,
    places: tuple[str, ...] = PLACES,
) -> tuple[int, list[str], list[str]]:
    """Do every action at every place, so many times.

    Args:
        folder: for the labs
        seed: of the order, which mixes what follows on what
        times: of each pair
        labs: so many at once
        actions: what to do
        places: where

    Returns:
        How many times something was done; violations; figures to print beside.
    """
    pairs = [(place, action) for place in places for action in actions] * times
    random.Random(seed).shuffle(pairs)
    with ThreadPoolExecutor(labs) as pool:
        found = list(pool.map(lambda at: _one_lab(folder / f"lab{at}", pairs[at::labs]), range(labs)))
    done = sum(one[0] for one in found)
    missed = sorted({place for one in found for place in one[2]})
    notes = [f"{len(pairs) - done} times nobody came by: {', '.join(missed)}"] if missed else []
    return done, [line for one in found for line in one[1]], notes


def _one_lab(folder: Path, pairs: list[tuple[str, str]]) -> tuple[int, list[str], list[str]]:
    lease = {"FLASKLAB_TEST_LEASE_SECONDS": f"{LEASE_SECONDS:g}", "FLASKLAB_TEST_STUCK_SECONDS": f"{LEASE_SECONDS:g}"}
    lab = StormLab(folder, environ=lease, patches=("quick-restarts",)).make()
    done, missed = 0, []
    try:
        lab.start()
        for place, action in pairs:
            if _once(lab, place, action):
                done += 1
            else:
                missed.append(place)
        lab.until(lab.is_ready, "the lab did not come back")
        violations = final_or_stuck(lab)
        lab.stop()
        return done, violations + [f"survived: {pid}" for pid in lab.marked()] + judge(lab, may_drop=True), missed
    except TimeoutError as error:
        lab.tell_what_it_does()
        return done, [f"stuck: {error}, see {folder}"], missed
    finally:
        lab.end_everything()


def _once(lab: StormLab, place: str, action: str) -> bool:
    """Bring the lab to a place and let it do the action there; False when it did not come by."""
    _until_at_rest(lab)
    lab.tell(f"{action} at {place}")
    lab.arm(place, action)
    _approach(lab, place)
    deadline = time.monotonic() + _TAKEN_SECONDS
    pid: int | None = None
    begun = 0
    while pid is None and time.monotonic() < deadline:
        if begun < 6:
            # Those that nobody answers are given up soon: the place may be in the way of the answer.
            lab.begin(("once", "thrice", "warm")[begun % 3], patience=1.0, seconds=0.05)
            begun += 1
        pid = lab.taken(place)
        time.sleep(0.02)
    if pid is None:
        if lab.disarm(place):
            return False
        pid = lab.taken(place) or 0
    if action == "stop":
        _wake_late(lab, pid)
    lab.begin("once", seconds=0.02)
    return True


def _approach(lab: StormLab, place: str) -> None:
    """Where ordinary work does not lead to a place, kill whoever has to die for it."""
    if place in _AFTER_A_DEATH:
        for experiment in ("once", "thrice"):
            if ack := lab.begin(experiment, patience=5.0, seconds=1):
                _until_begun(lab, ack.id)
        victims = "zygote" if place == "supervisor.before-requeue" else "supervisor"
    elif place in _WITHOUT_SUPERVISOR:
        victims = "supervisor"
    else:
        return
    for victim in lab.pids(victims):
        hit(victim)


def _until_at_rest(lab: StormLab) -> None:
    """Wait a while until nothing is queued or running: else so much may lie before a place that nobody comes by."""
    deadline = time.monotonic() + _REST_SECONDS
    while time.monotonic() < deadline:
        found = lab.ask("GET", "/api/v1/health")
        if found is not None and found[0] == 200 and not found[1]["queued"] and not found[1]["running"]:
            return
        time.sleep(0.05)


def _until_begun(lab: StormLab, run_id: str) -> None:
    """Wait a moment for a run's code to begin; the lab may be in trouble."""
    deadline = time.monotonic() + 3
    while not lab.noted(run_id, "begin") and time.monotonic() < deadline:
        time.sleep(0.02)


def _wake_late(lab: StormLab, pid: int) -> None:
    """Let a stopped process go on once everybody else must have given it up."""
    deadline = time.monotonic() + 1.5 * LEASE_SECONDS
    while time.monotonic() < deadline and hit(pid, 0):
        lab.begin("thrice", patience=0.2, seconds=0.02)
        time.sleep(0.2)
    hit(pid, signal.SIGCONT)
