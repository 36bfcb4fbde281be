"""From `flasklab serve` to its first page, beside bare Flask on the same server."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.serving import bare_server, free_port, lab_server, make_lab, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = 5


def measure() -> Iterator[Figure]:
    """Median of five starts each, taken in turn; the first start of the lab also makes its database."""
    with tempfile.TemporaryDirectory() as folder:
        lab = make_lab(Path(folder))
        ours, bare = [], []
        for _ in range(_TIMES):
            port = free_port()
            began = time.perf_counter()
            with lab_server(lab, port):
                ours.append(seconds_to_first_page(port, began))
            port = free_port()
            began = time.perf_counter()
            with bare_server(Path(folder), port):
                bare.append(seconds_to_first_page(port, began))
    yield Figure(
        what="flasklab serve to first page, new lab", value=ours[0], unit="s", against=0.8, name="limit", is_limit=True
    )
    yield Figure(
        what="flasklab serve to first page, median",
        value=statistics.median(ours),
        unit="s",
        against=0.8,
        name="limit",
        is_limit=True,
    )
    yield Figure(
        what="flasklab serve to first page, median",
        value=statistics.median(ours),
        unit="s",
        against=statistics.median(bare),
        name="bare Flask",
    )
