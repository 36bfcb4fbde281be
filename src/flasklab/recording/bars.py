"""Other libraries' progress bars: what a `tqdm` bar shows is the run's progress, without a change to the code.

tqdm is never imported here. Where the experiment has imported it, or once it does, its bars tell how far they are
whenever they redraw themselves, about ten times a second; the loop itself stays tqdm's own.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import math
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

from flasklab.recording.plain import printable
from flasklab.recording.proxy import current_recorder
from flasklab.recording.tracking import Kind, Loop, Place, here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_MODULE = "tqdm.std"  # where all of tqdm's bars come from
_KNOWN = "_flasklab_loop"  # a bar's loop and place, kept on the bar


def watch_bars() -> None:
    """Let tqdm's bars tell their progress, from now on or from when tqdm is imported."""
    module = sys.modules.get(_MODULE)
    if module is not None:
        _watch(module)
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Waits for tqdm to be imported, and leaves then."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002 - the protocol's
        if name != _MODULE:
            return None
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Watching(spec.loader)
        return spec


class _Watching(Loader):
    """Loads a module as its own loader does, and watches its bars afterwards."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        with contextlib.suppress(Exception):  # of a version that is made otherwise: its bars are just text in the log
            _watch(module)


def _watch(module: ModuleType) -> None:
    bars: Any = module.tqdm
    if hasattr(bars, _KNOWN):
        return
    setattr(bars, _KNOWN, None)
    refresh, close = bars.refresh, bars.close

    @functools.wraps(refresh)
    def refresh_and_tell(bar: Any, *args: Any, **named: Any) -> Any:
        result = refresh(bar, *args, **named)
        if not bar.disable:
            _tell(bar)
        return result

    @functools.wraps(close)
    def close_and_tell(bar: Any, *args: Any, **named: Any) -> Any:
        if not getattr(bar, "disable", True):
            _tell(bar, closed=True)
        return close(bar, *args, **named)

    bars.refresh, bars.close = refresh_and_tell, close_and_tell


def _tell(bar: Any, *, closed: bool = False) -> None:
    """Tell how far a bar is; whatever goes wrong, the bar goes on."""
    with contextlib.suppress(Exception):
        recorder = current_recorder()
        if not recorder.keeps:
            return
        known: tuple[Place, Loop] | None = getattr(bar, _KNOWN)
        if known is None:
            known = here(recorder), Loop(Kind.BAR, None, "", "")
            setattr(bar, _KNOWN, known)
        place, loop = known
        if loop.silent:
            return
        _read(bar, loop)
        if loop not in place.loops:
            if closed:
                return
            place.push(loop)
        if not closed:
            place.tell()
            return
        place.cut(loop)
        if place.loops[0] is loop:
            place.tell(last=True)
        place.remove(loop)


def _read(bar: Any, loop: Loop) -> None:
    """Take over what the bar shows."""
    scale = bar.unit_scale if isinstance(bar.unit_scale, (int, float)) and bar.unit_scale is not True else 1
    total = None if bar.total is None else float(bar.total) * (scale or 1)
    loop.total = total if total is not None and math.isfinite(total) and total > 0 else None
    loop.unit = printable(str(bar.unit)).strip() or loop.unit
    words = (str(bar.desc or "").rstrip().removesuffix(":"), str(getattr(bar, "postfix", None) or ""))
    loop.message = printable(" · ".join(word for word in words if word))
    loop.move(float(bar.n) * (scale or 1))
