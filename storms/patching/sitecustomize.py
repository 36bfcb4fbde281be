"""Takes a guard out of a lab, in every process of it: the storm must then find what the guard was for.

Python imports this by itself where its folder is on PYTHONPATH. `FLASKLAB_TEST_PATCHES` names the patches.
"""

from __future__ import annotations

import faulthandler
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import patches  # type: ignore[import-not-found]  # it lies beside this file, whose folder is on the path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType


class _Loader(importlib.abc.Loader):
    """Loads a module as ever, then patches it."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for name in _wanted:
            target, patch = patches.ALL[name]
            if target == module.__name__:
                _apply(name, patch, module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)  # what runpy and inspect ask of a loader


def _apply(name: str, patch: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Patch a module; one that cannot be patched any more leaves word, lest its lab's failure be taken for a find."""
    try:
        patch(module)
    except Exception:
        Path(os.environ["FLASKLAB_TEST_LEDGER"]).with_name(f"unpatched-{name}").write_text(traceback.format_exc())
        raise


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be patched."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _modules:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


_wanted = [name for name in os.environ.get("FLASKLAB_TEST_PATCHES", "").split(",") if name]
_modules = {patches.ALL[name][0] for name in _wanted}
if _modules:
    faulthandler.register(signal.SIGUSR1)  # what a lab does that is stuck
    sys.meta_path.insert(0, _Finder())
