"""What `flasklab check` looks at: each check finds one thing out and says how to mend it."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.cli.console import without_password
from flasklab.cli.findings import Finding, runs_in_words
from flasklab.cli.importing import import_experiments
from flasklab.cli.running_checks import check_running
from flasklab.runs import amounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.config import Settings

_SOME_SPACE = 5 * 2**30
# The WAL-reset bug (https://sqlite.org/wal.html#walreset): connections that checkpoint at once may damage the
# database, in all versions between these two but the patched ones.
_WAL_RESET_FIRST, _WAL_RESET_FIXED = (3, 7, 0), (3, 51, 3)
_WAL_RESET_PATCHED = (((3, 50, 7), (3, 51, 0)), ((3, 44, 6), (3, 45, 0)))
IMPORT_SECONDS = 120.0  # the longest that importing the experiments may take


def check_lab(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; later checks are left out where an earlier one makes them pointless."""
    folder = check_results(settings.results)
    yield folder
    yield check_space(settings)
    yield check_sqlite(settings.database_url, sqlite3.sqlite_version_info)
    if folder.state == "wrong":
        return
    database = check_database(settings)
    yield database
    if database.state == "wrong":
        return
    yield from check_running(settings)
    yield check_memory()
    yield from check_experiments(settings)


def check_results(results: Path) -> Finding:
    """Whether the results folder can be written, or made."""
    place = next((folder for folder in (results, *results.parents) if folder.exists()), results)
    if not place.is_dir():
        mend = f"Make {place} a folder of yours, or name another one in FLASKLAB_RESULTS."
        return Finding(name="results", state="wrong", message=f"{place} is not a folder.", mend=mend)
    try:
        if place == results:
            with tempfile.TemporaryFile(dir=results) as trial:
                trial.write(b"\0")
        else:
            with tempfile.TemporaryDirectory(dir=place):
                pass
    except OSError as error:
        cannot = "written" if place == results else "made"
        message = f"{results} cannot be {cannot}: {error.strerror} in {place}."
        mend = "Name a folder of yours with --results or in FLASKLAB_RESULTS."
        return Finding(name="results", state="wrong", message=message, mend=mend)
    if place != results:
        return Finding(name="results", state="note", message=f"{results} is made when the lab first starts.")
    return Finding(name="results", state="ok", message=f"{results} can be written.")


def check_space(settings: Settings) -> Finding:
    """How much room is left on the disks that runs write to, against the floor below which none is started."""
    from flasklab.services.free_space import FreeSpace

    place = next(folder for folder in (settings.results, *settings.results.parents) if folder.exists())
    free, folder = FreeSpace(settings.replaced(results=place)).least()
    floor = amounts.size(settings.min_free)
    message = f"{amounts.size(free)} are free where {folder} lies."
    if free < settings.min_free:
        return Finding(
            name="disk",
            state="wrong",
            message=f"{message} No run is started below {floor}.",
            mend="Free some space, move FLASKLAB_RESULTS to a larger disk, or lower FLASKLAB_MIN_FREE.",
        )
    if free < _SOME_SPACE:
        mend = f"Free some space, or move FLASKLAB_RESULTS to a larger disk: below {floor} no run is started."
        return Finding(name="disk", state="note", message=message, mend=mend)
    return Finding(name="disk", state="ok", message=message)


def check_sqlite(database_url: str, version: tuple[int, ...]) -> Finding:
    """Whether Python's SQLite has the WAL-reset bug."""
    text = ".".join(map(str, version))
    if not database_url.startswith("sqlite"):
        return Finding(name="sqlite", state="ok", message=f"SQLite {text}; this lab does not use it.")
    if has_wal_reset_bug(version):
        return Finding(
            name="sqlite",
            state="note",
            message=f"SQLite {text} can damage a database that several processes checkpoint at the same "
            "moment; Flasklab avoids that: only its supervisor checkpoints.",
            mend="Keep other programs from writing to lab.db, or use a Python with SQLite 3.51.3 or later.",
        )
    return Finding(name="sqlite", state="ok", message=f"SQLite {text}.")


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite is among those that the WAL-reset bug affects."""
    if not _WAL_RESET_FIRST <= version < _WAL_RESET_FIXED:
        return False
    return not any(first <= version < end for first, end in _WAL_RESET_PATCHED)


def check_database(settings: Settings) -> Finding:
    """Whether the database can be reached and has a schema of this version."""
    from flasklab.errors import StoreError
    from flasklab.store import Store
    from flasklab.store.schema import HISTORY

    kind, _, file = settings.database_url.partition(":///")
    if kind == "sqlite" and not Path(file).exists():
        return Finding(name="database", state="note", message="The database is made when the lab first starts.")
    try:
        store = Store(settings)
        try:
            store.open()
            with store.read() as unit:
                counts = unit.runs.counts()
        finally:
            store.close()
    except StoreError as error:
        return Finding(name="database", state="wrong", message=str(error))
    where = without_password(settings.database_url)
    return Finding(
        name="database",
        state="ok",
        message=f"{where} has {runs_in_words(sum(counts.values()))} and the schema that is needed, {HISTORY.head}.",
    )


def check_memory() -> Finding:
    """What holds a run to its memory limit, for a lab in the control group of whoever asks."""
    from flasklab.execution.cgroups import NoGroupsError, would_make_groups

    try:
        would_make_groups()
    except NoGroupsError as error:
        message = f"memory= of an experiment is watched once a second, since {error}."
        return Finding(name="memory", state="ok", message=message)
    return Finding(name="memory", state="ok", message="memory= of an experiment is held by a control group.")


def check_experiments(settings: Settings) -> Iterator[Finding]:
    """Whether every module of the experiments can be imported."""
    from flasklab.experiments.catalog import locate

    if locate(settings.experiments, settings.root) is None:
        yield Finding(
            name="experiments",
            state="wrong",
            message=f"There is nothing at {settings.experiments}.",
            mend="Name the folder, file or package of your experiments in FLASKLAB_EXPERIMENTS.",
        )
        return
    imported = import_experiments(settings, IMPORT_SECONDS)
    if imported.experiments:
        message = f"{len(imported.experiments)} can be run: {', '.join(imported.experiments)}."
        yield Finding(name="experiments", state="ok", message=message)
    elif not imported.broken:
        yield Finding(
            name="experiments",
            state="note",
            message=f"No function in {settings.experiments} is an experiment.",
            mend="Write `from flasklab import experiment` and put @experiment above a function.",
        )
    for broken in imported.broken:
        where = broken.file if broken.line is None else f"{broken.file}:{broken.line}"
        yield Finding(
            name="experiments",
            state="wrong",
            message=f"{where}: {broken.error}",
            mend=f"pip install {broken.needs}" if broken.needs else "",
        )
