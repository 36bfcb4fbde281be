"""The storms in short, and each guard taken out once: `make storm` does the same for longer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from storms.cuts import cut_storm
from storms.escapes import escape_storm
from storms.guards import GUARDS
from storms.kills import kill_storm
from storms.points import point_storm
from storms.stale import stale_storm

if TYPE_CHECKING:
    from pathlib import Path

    from storms.guards import Guard


@pytest.fixture
def seed() -> int:
    """Of this time; a storm is repeated with it: python -m storms R1 --seed N --short."""
    drawn = random.SystemRandom().randrange(2**31)
    print(f"seed {drawn}")
    return drawn


def test_kills_at_random_moments_lose_and_repeat_nothing(tmp_path: Path, seed: int) -> None:
    violations, told = kill_storm(tmp_path, 10, seed, labs=1)
    assert not violations, told


def test_trouble_at_named_places_loses_and_repeats_nothing(tmp_path: Path, seed: int) -> None:
    places = ("supervisor.before-commit", "supervisor.after-commit", "files.after-rename", "zygote.after-hand-over")
    done, violations, _ = point_storm(tmp_path, seed, times=1, labs=1, actions=("kill", "busy"), places=places)
    assert not violations
    assert done >= len(places)  # not every time somebody comes by in time


def test_what_leaves_its_run_is_ended_and_nobody_else(tmp_path: Path, seed: int) -> None:
    violations, _ = escape_storm(tmp_path, 6, seed)
    assert not violations


def test_who_was_stopped_beyond_its_lease_writes_nothing(tmp_path: Path, seed: int) -> None:
    _, violations, _ = stale_storm(tmp_path, 3, seed)
    assert not violations


def test_a_log_cut_at_any_byte_is_whole_up_to_there(tmp_path: Path, seed: int) -> None:
    violations, _ = cut_storm(tmp_path, 50, seed)
    assert not violations


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.patch for guard in GUARDS])
def test_a_guard_that_is_taken_out_is_missed(guard: Guard, tmp_path: Path) -> None:
    whole, without = guard.with_and_without(tmp_path, 1)
    assert not whole
    assert guard.is_missed(without), without
