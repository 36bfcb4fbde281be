"""Reading the catalog: what experiments the lab has, fresh after an edit, without importing any of them."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from flasklab.errors import ExperimentNotFoundError, FlasklabError
from flasklab.experiments.catalog import SourceWatch
from flasklab.experiments.description import Catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.config import Settings
    from flasklab.experiments.description import BrokenModule, Description
    from flasklab.store.store import Store

_PAUSE_SECONDS = 0.02
_LOOK_SECONDS = 0.5  # for so long, unchanged sources are believed to be described as they were
_NONE_YET = Catalog(fingerprint="")


class ExperimentBrokenError(FlasklabError):
    """The experiment's module cannot be used at present."""

    def __init__(self, name: str, broken: BrokenModule) -> None:
        self.name = name
        self.broken = broken
        where = broken.file if broken.line is None else f"{broken.file}:{broken.line}"
        mend = f" Install {broken.needs} where the lab runs." if broken.needs else ""
        super().__init__(f"The experiment {name!r} cannot be used: {where}: {broken.error.rstrip('.')}.{mend}")


class ExperimentsLoadingError(ExperimentNotFoundError):
    """The experiment is not known yet: the lab's modules are still being imported."""

    retry_after_seconds = 1

    def __init__(self, name: str) -> None:
        FlasklabError.__init__(
            self, f"The experiments are still being imported, and {name!r} is not among the first. Try again."
        )
        self.name = name
        self.known: tuple[str, ...] = ()


class ExperimentRead:
    """Answers questions about experiments.

    Args:
        store: where the catalog is kept
        settings: for where the experiments are
        wake: tells the supervisor to look at the sources
        fingerprint_now: the present state of the sources, given the catalog; replaced in tests
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        wake: Callable[[], None],
        *,
        fingerprint_now: Callable[[Catalog], str] | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._wake = wake
        self._fingerprint_now = fingerprint_now or self._fingerprint
        self._watch = SourceWatch(settings.experiments, settings.root)
        self._guard = threading.Lock()
        self._look_at = 0.0  # monotonic time
        self._cached: tuple[int, Catalog] = (0, _NONE_YET)
        self._modules: dict[str, str] = {}  # experiment -> module, also of those that broke since

    def catalog(self, wait_seconds: float = 0) -> Catalog:
        """The lab's experiments; an empty catalog, not `ready`, before the first import.

        When the sources have changed since, the supervisor is woken and the fresh catalog waited for.

        Args:
            wait_seconds: how long; then the old catalog is returned, as not `ready`
        """
        return self._fresh(wait_seconds, lambda catalog: catalog.ready)

    def known(self) -> Catalog:
        """The experiments as they were described last, whether or not their sources have changed since."""
        return self._load()

    def get(self, name: str, wait_seconds: float = 0) -> Description:
        """The experiment of this name, as its code is now.

        Args:
            name: which experiment
            wait_seconds: how long to wait for edited code to be described

        Raises:
            ExperimentNotFoundError: there is none.
            ExperimentsLoadingError: it is not known yet.
            ExperimentBrokenError: its module cannot be used.
        """
        catalog = self._fresh(wait_seconds, lambda seen: seen.ready or seen.find(name) is not None)
        found = catalog.find(name)
        if found is not None:
            return found
        broken = self._broken(name, catalog)
        if broken is not None:
            raise ExperimentBrokenError(name, broken)
        if not catalog.ready:
            raise ExperimentsLoadingError(name)
        raise ExperimentNotFoundError(name, tuple(one.name for one in catalog.experiments))

    def _fresh(self, wait_seconds: float, enough: Callable[[Catalog], bool]) -> Catalog:
        catalog = self._cached[1]
        if time.monotonic() >= self._look_at or not self._is_current(catalog) or not enough(catalog):
            catalog = self._load()
        if self._is_current(catalog) and enough(catalog):
            return catalog
        self._wake()
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
            catalog = self._load()
            if self._is_current(catalog) and enough(catalog):
                return catalog
        return replace(catalog, ready=False)  # of older code, or of a part of it

    def _load(self) -> Catalog:
        self._look_at = time.monotonic() + _LOOK_SECONDS
        with self._store.read() as unit:
            version = unit.catalog.version()
            with self._guard:
                if version == self._cached[0]:
                    return self._cached[1]
            catalog = unit.catalog.load() or _NONE_YET
        with self._guard:
            self._cached = (version, catalog)
            self._modules |= {found.name: found.module for found in catalog.experiments}
        return catalog

    def _is_current(self, catalog: Catalog) -> bool:
        return catalog.fingerprint != "" and catalog.fingerprint == self._fingerprint_now(catalog)

    def _fingerprint(self, catalog: Catalog) -> str:
        return self._watch.fingerprint(tuple([file.path for file in catalog.watched]))

    def _broken(self, name: str, catalog: Catalog) -> BrokenModule | None:
        for broken in catalog.broken:
            if broken.experiment == name:
                return broken
        module = self._modules.get(name)
        for broken in catalog.broken:
            if broken.module == module or broken.module.rpartition(".")[2] == name:
                return broken
        return None
