"""Importing the lab's experiments in the zygote and telling the supervisor what was found."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.experiments.catalog import fingerprint, sources, to_json
from flasklab.experiments.description import Catalog, WatchedFile
from flasklab.experiments.discovery import Loaded, awaited_paths, imported_sources, load_module, module_sources, unite
from flasklab.experiments.environment import record_environment

if TYPE_CHECKING:
    from flasklab.execution.wire import Channel
    from flasklab.experiments.definition import Definition


def describe_lab(
    root: Path, target: str, record_env: tuple[str, ...], skip: tuple[str, ...], channel: Channel
) -> dict[str, Definition]:
    """Import every module of the lab, tell the supervisor of each, and return the usable experiments by name.

    Args:
        root: the lab's folder
        target: the experiments' folder, file or package
        record_env: names of the environment variables recorded with a run
        skip: modules that an earlier zygote did not survive
        channel: to the supervisor
    """
    before = fingerprint(target, root)
    found: list[Loaded] = []
    for source in module_sources(target, root):
        if source.name not in skip:
            channel.send({"told": "importing", "module": source.name, "file": source.file})
            found.append(load_module(source))
    loaded = unite(found)
    extra = imported_sources(root)
    watched = sorted({*extra, *awaited_paths(loaded.broken, root)})
    present = fingerprint(target, root)
    catalog = Catalog(
        fingerprint=fingerprint(target, root, watched) if present == before else before,
        ready=True,
        experiments=tuple(sorted(loaded.descriptions, key=lambda one: one.name)),
        broken=loaded.broken,
        watched=tuple(_watch(path) for path in watched),
        described_at=time.time(),
    )
    files = sorted({*(str(path) for path in sources(target, root)), *extra})
    channel.send(
        {
            "told": "described",
            "catalog": to_json(catalog),
            "environment": record_environment(root, files, record_env),
        }
    )
    sys.stdout.flush()
    sys.stderr.flush()
    return {definition.name: definition for definition in loaded.definitions}


def _watch(path: str) -> WatchedFile:
    try:
        stat = Path(path).stat()
    except OSError:  # something that a broken module waits for
        return WatchedFile(path=path, mtime_ns=0, size=0)
    return WatchedFile(path=path, mtime_ns=stat.st_mtime_ns, size=stat.st_size)
