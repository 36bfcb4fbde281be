"""Reading rows of a CSV file by number, sorted or filtered, without holding the file in memory.

The first question about a file goes through it once and keeps where every 64th row begins; an order or a filter is
kept likewise, as row numbers. All of it lies in the lab's cache under the content's hash, so it is never out of date.
"""

from __future__ import annotations

import array
import csv
import hashlib
import io
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

LARGEST_BYTES = 256 * 1024**2  # beyond, going through the file takes longer than a reader waits
MOST_ROWS = 500  # of one answer
MOST_COLUMNS = 200  # of one answer, as many as the page's own table has
_EVERY = 64  # rows between two known positions
_MOST_KEPT = 64  # files in the cache; the ones that were made first go
_MOST_TEXTS = 1_000_000  # rows whose texts are compared in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of a table, in the order asked for."""

    columns: tuple[str, ...]  # names in the file's first row
    first: int  # position of the first row of `cells` in that order
    cells: tuple[tuple[str, ...], ...]  # row by row, as they stand in the file
    found: int  # rows that the filter leaves
    total: int  # rows in the file


class TableRead:
    """Answers questions about CSV files.

    Args:
        cache: the folder that keeps positions and orders; made when first needed
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def rows(
        self,
        path: Path,
        sha256: str,
        *,
        first: int = 0,
        count: int = MOST_ROWS,
        by: int | None = None,
        falling: bool = False,
        text: str = "",
    ) -> Rows:
        """Rows `first` to `first + count` of the table at `path`.

        Args:
            path: a CSV file with the columns' names in its first row
            sha256: of its content
            first: position in the order, from 0
            count: at most 500 are given
            by: the column to sort by, from 0; empty cells come last
            falling: greatest first
            text: only rows that contain it, in any case of letters

        Raises:
            TooLargeError: the file has more than 256 MB.
        """
        if path.stat().st_size > LARGEST_BYTES:
            raise TooLargeError(
                f"Tables of more than {LARGEST_BYTES // 1024**2} MB are not paged here. Download the file."
            )
        starts = array.array("q", self._kept(f"{sha256}-starts", lambda: _starts(path)))
        total = starts.pop()
        order = None if by is None else self._kept(f"{sha256}-by-{by}", lambda: _order(path, by, total))
        found = None if not text else self._kept(_filter_name(sha256, text), lambda: _matches(path, text))
        numbers = _chosen(order, found, falling, total)
        wanted = range(total)[first : first + min(count, MOST_ROWS)] if numbers is None else None
        if numbers is not None:
            wanted_numbers = numbers[first : first + min(count, MOST_ROWS)].tolist()
        else:
            wanted_numbers = list(wanted or ())
        with path.open("rb") as file:
            names = next(_cells(_records(file)), [])[:MOST_COLUMNS]
            cells = tuple(_row(file, starts, number) for number in wanted_numbers)
        remaining = total if numbers is None else len(numbers)
        return Rows(columns=tuple(names), first=first, cells=cells, found=remaining, total=total)

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What `make` answers, made once."""
        path = self._cache / f"rows-{name}"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            made = make()
        self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fresh.write_bytes(made)
        fresh.replace(path)
        kept = sorted(self._cache.glob("rows-*"), key=lambda found: found.stat().st_mtime_ns)
        for old in kept[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)
        return made


def _filter_name(sha256: str, text: str) -> str:
    return f"{sha256}-with-{hashlib.sha256(text.casefold().encode('utf-8', 'replace')).hexdigest()[:24]}"


def _records(file: io.BufferedIOBase | io.BufferedReader) -> Iterator[bytes]:
    """The rows of a CSV file as they stand there: a line break within quotes does not end one."""
    pending: list[bytes] = []
    open_quote = False
    for line in file:
        open_quote ^= line.count(b'"') % 2 == 1  # a doubled quote opens and closes
        if open_quote:
            pending.append(line)
        elif pending:
            yield b"".join((*pending, line))
            pending = []
        else:
            yield line
    if pending:
        yield b"".join(pending)


def _cells(records: Iterator[bytes]) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(record.decode("utf-8", "replace"), newline="").read() for record in records)


def _starts(path: Path) -> bytes:
    """Where every 64th row begins, in bytes, and at the end how many rows there are; 64-bit integers."""
    starts = array.array("q")
    total = -1  # the names' row counts for none
    with path.open("rb") as file:
        at = 0
        for record in _records(file):
            if total >= 0 and total % _EVERY == 0:
                starts.append(at)
            at += len(record)
            total += 1
    starts.append(max(total, 0))
    return starts.tobytes()


def _row(file: io.BufferedReader, starts: array.array[int], number: int) -> tuple[str, ...]:
    """One row; the ones from the nearest known position to it are passed over."""
    file.seek(starts[number // _EVERY])
    records = _records(file)
    for _ in range(number % _EVERY):
        next(records)
    return tuple(next(_cells(records), [])[:MOST_COLUMNS])


def _order(path: Path, column: int, total: int) -> bytes:
    """Row numbers from the least value of a column to the greatest, then those without one, and how many have one.

    Raises:
        TooLargeError: the column holds text in more rows than are compared in memory.
    """
    import numpy as np  # only where a large table is sorted

    values = np.full(total, np.nan)
    texts: list[str] = []
    with path.open("rb") as file:
        rows = _cells(_records(file))
        next(rows, None)
        for number, row in enumerate(rows):
            cell = row[column] if column < len(row) else ""
            if texts:
                texts.append(cell)
            elif cell:
                try:
                    values[number] = float(cell)
                except ValueError:  # text after all: begin again
                    texts = ["" if np.isnan(value) else repr(float(value)) for value in values[:number]]
                    texts.append(cell)
            if len(texts) > _MOST_TEXTS:
                raise TooLargeError(f"Text in more than {_MOST_TEXTS:,} rows is not sorted here. Download the file.")
    if texts:
        values = _ranks(_texts(path, column))
    known = int((~np.isnan(values)).sum())
    ordered = np.argsort(values, kind="stable")  # NaN comes last
    return bytes(np.append(ordered, known).astype(np.int32).tobytes())


def _texts(path: Path, column: int) -> Iterator[str]:
    with path.open("rb") as file:
        rows = _cells(_records(file))
        next(rows, None)
        for row in rows:
            yield row[column] if column < len(row) else ""


def _ranks(texts: Iterator[str]) -> NDArray[np.float64]:
    """Each text's place among all different ones; NaN for an empty one."""
    import numpy as np

    codes: dict[str, int] = {}
    column = array.array("q", (codes.setdefault(text, len(codes)) for text in texts))
    places = np.empty(len(codes))
    for place, text in enumerate(sorted(codes)):
        places[codes[text]] = place if text else np.nan
    ranks: NDArray[np.float64] = places[np.frombuffer(column, dtype=np.int64)]
    return ranks


def _matches(path: Path, text: str) -> bytes:
    """Numbers of the rows in which `text` stands."""
    wanted = text.casefold()
    found = array.array("i")
    with path.open("rb") as file:
        records = _records(file)
        next(records, None)
        for number, record in enumerate(records):
            if wanted in record.decode("utf-8", "replace").casefold():
                found.append(number)
    return found.tobytes()


def _chosen(order: bytes | None, found: bytes | None, falling: bool, total: int) -> NDArray[np.int32] | None:
    """The row numbers that an order and a filter leave; None for all of them as they come."""
    if order is None and found is None:
        return None
    import numpy as np

    matching = None if found is None else np.frombuffer(found, dtype=np.int32)
    if order is None:
        return matching
    numbers = np.frombuffer(order, dtype=np.int32)
    known, numbers = int(numbers[-1]), numbers[:-1]
    if falling:
        numbers = np.concatenate([numbers[:known][::-1], numbers[known:]])
    if matching is not None:
        kept = np.zeros(total, dtype=bool)
        kept[matching] = True
        numbers = numbers[kept[numbers]]
    return numbers
