"""`python -m storms [R1 R2 ...] [--short] [--seed N] [--tries N]`: every storm, or those named.

Prints for each n, its seed, the violations and the bound that so many tries without one give (three divided by n, at
95 %). Exits with 1 when anything was violated.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from storms import cuts, escapes, guards, kills, points, soaking, stale, stops, trouble
from storms.judging import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    # Given a folder, how many tries and a seed: how many were done, violations, figures beside.
    _Counted: TypeAlias = Callable[[Path, int, int], tuple[int, list[str], list[str]]]
    _Plain: TypeAlias = Callable[[Path, int, int], tuple[list[str], list[str]]]


class Storm:
    """One of the storms.

    Args:
        what: must not happen
        short: how many tries in the short form
        full: how many in the long one
        run: does them
    """

    def __init__(self, what: str, short: int, full: int, run: _Counted) -> None:
        self.what, self.short, self.full, self._run = what, short, full, run

    def __call__(self, name: str, tries: int, seed: int) -> Verdict:
        """Let it blow; the folder is kept if anything was violated."""
        folder = Path(tempfile.mkdtemp(prefix=f"storm-{name}-"))
        began = time.monotonic()
        n, violations, notes = self._run(folder, tries, seed)
        seconds = time.monotonic() - began
        if violations:
            notes = [*notes, f"see {folder}"]
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return Verdict(name=name, what=self.what, n=n, seed=seed, violations=violations, notes=notes, seconds=seconds)


def _plain(storm: _Plain) -> _Counted:
    return lambda folder, tries, seed: (tries, *storm(folder, tries, seed))


def _trouble(folder: Path, tries: int, seed: int) -> tuple[int, list[str], list[str]]:
    handles = max(1, tries * 2 // 5)
    n, violations, notes = trouble.full_disk_storm(folder, tries, seed)
    for count, found in (
        (handles, trouble.no_handles_storm(folder, handles, seed)),
        (tries, trouble.no_memory_storm(folder, tries)),
    ):
        n, violations, notes = n + count, violations + found[0], notes + found[1]
    return n, violations, notes


def _time(folder: Path, tries: int, seed: int) -> tuple[int, list[str], list[str]]:
    # A turn of the supervisor's waits ten seconds for the database: the short form locks it for longer too.
    locked = trouble.locked_storm(folder, tries, 30.0 if tries >= 20 else 12.0)
    clock = trouble.clock_storm(folder, 2 * tries, seed)
    return 3 * tries, locked[0] + clock[0], locked[1] + clock[1]


STORMS = {
    "R1": Storm("runs lost, duplicated or stuck by kills", 20, 1000, _plain(kills.kill_storm)),
    "R2": Storm("... by a death or trouble at a named place", 1, 20, lambda f, n, s: points.point_storm(f, s, times=n)),
    "R3": Storm("stale writes of what was stopped beyond its lease", 6, 200, stale.stale_storm),
    "R4": Storm("deaths noticed late", 2, 20, lambda f, n, s: (3 * n, *stops.notice_storm(f, n, s))),
    "R5": Storm("steps at which the store leaves its model", 200, 20_000, lambda _, n, s: soaking.model(n, s)),
    "R6": Storm("runs lost or processes orphaned by SIGTERM", 3, 200, _plain(stops.term_storm)),
    "R7": Storm("survivors and wrong kills", 6, 200, _plain(escapes.escape_storm)),
    "R8": Storm("untrue or unmended after no space, handles, memory", 3, 50, _trouble),
    "R9": Storm("corrupt or incomplete after a cut of the log", 100, 500, _plain(cuts.cut_storm)),
    "R10": Storm("runs lost by a locked database or a clock that jumps", 1, 20, _time),
    "R12": Storm("backups that are not whole", 3, 50, lambda f, n, s: soaking.backups(f, n, s)),
    "R13": Storm("memory, descriptors or files that grow; runs", 1, 20, lambda f, n, s: soaking.soak(f, n, s)),
    "R14": Storm("deadlocks by floods of output", 50, 1024, lambda f, n, _: cuts.flood_storm(f, n, 3)),
    "guards": Storm("guards whose absence nobody notices", 1, 6, lambda f, n, _: guards.guard_storms(f, n)),
}


def main() -> int:
    """Print a line for each storm; 1 when anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m storms", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="STORM", help=f"of {', '.join(STORMS)}; all but R13 unless named")
    parser.add_argument("--short", action="store_true", help="as in CI")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--tries", type=int, help="instead of the storm's own number; MiB of R14, minutes of R13")
    given = parser.parse_args()
    names = given.names or [name for name in STORMS if name != "R13"]
    if unknown := [name for name in names if name not in STORMS]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(STORMS)}")
    violated = 0
    for name in names:
        storm = STORMS[name]
        tries = given.tries or (storm.short if given.short else storm.full)
        verdict = storm(name, tries, given.seed)
        print(verdict, flush=True)
        for line in verdict.violations[:20]:
            print(f"     {line}", flush=True)
        violated += bool(verdict.violations)
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
