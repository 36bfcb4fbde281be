"""`python -m benchmarks [name ...]`: run the benchmarks, or those named.

`killing 500` tries so often, `searching 100000` takes so many runs.
"""

from __future__ import annotations

import sys

from benchmarks import (
    charting,
    comparing,
    idling,
    importing,
    killing,
    opening,
    queueing,
    recording,
    rivals,
    roundtrip,
    searching,
    sharing,
    starting,
    watching,
)

ALL = {
    "importing": importing.measure,
    "starting": starting.measure,
    "idling": idling.measure,
    "sharing": sharing.measure,
    "roundtrip": roundtrip.measure,
    "recording": recording.measure,
    "watching": watching.measure,
    "charting": charting.measure,
    "comparing": comparing.measure,
    "opening": opening.measure,
    "queueing": queueing.measure,
    "searching": searching.measure,
}
ASKED = {"killing": killing.measure, "rivals": rivals.measure}  # minutes long: only where they are named


def main() -> int:
    """Print one table; exit 1 when a limit is missed."""
    names = [word for word in sys.argv[1:] if not word.isdecimal()] or list(ALL)
    known = ALL | ASKED
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    print(f"{'what':<58} {'here':>10} {'limit or rival':>34} {'ratio':>7}")
    missed = 0
    for name in names:
        for figure in known[name]():
            print(figure)
            missed += figure.missed
    return 1 if missed else 0


sys.exit(main())
