"""`python -m benchmarks [name ...]`: run all benchmarks, or those named."""

from __future__ import annotations

import sys

from benchmarks import idling, importing, recording, starting

ALL = {
    "importing": importing.measure,
    "starting": starting.measure,
    "idling": idling.measure,
    "recording": recording.measure,
}


def main() -> int:
    """Print one table; exit 1 when a limit is missed."""
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(ALL)}", file=sys.stderr)
        return 2
    print(f"{'what':<58} {'here':>10} {'limit or rival':>26} {'ratio':>7}")
    missed = 0
    for name in names:
        for figure in ALL[name]():
            print(figure)
            missed += figure.missed
    return 1 if missed else 0


sys.exit(main())
