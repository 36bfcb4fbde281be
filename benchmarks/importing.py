"""What `import flasklab` costs an experiment beyond Pydantic, and what it brings along."""

from __future__ import annotations

import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMED = (
    "import time; t = time.perf_counter(); {first}; u = time.perf_counter(); {second}; print(time.perf_counter() - u)"
)
_BROUGHT = (
    "import sys; from flasklab import experiment, run; print(*(m for m in ('flask', 'sqlalchemy') if m in sys.modules))"
)


def measure() -> Iterator[Figure]:
    """Median of 11 fresh interpreters."""
    statement = _TIMED.format(first="import pydantic", second="from flasklab import experiment, run, Upload")
    times = [float(_python(statement)) for _ in range(11)]
    yield Figure(
        what="import flasklab in an experiment, beyond Pydantic",
        value=1000 * statistics.median(times),
        unit="ms",
        against=60,
        name="limit",
        is_limit=True,
    )
    brought = _python(_BROUGHT).split()
    yield Figure(
        what="Flask and SQLAlchemy that it brings along",
        value=len(brought),
        unit="",
        against=0.5,
        name="limit",
        is_limit=True,
    )


def _python(statement: str) -> str:
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    return done.stdout
