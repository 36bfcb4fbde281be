"""`run.show`: an object becomes a bundle of renderings, the renderings become files, the files are
announced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.recording.media.adapters import ADAPTERS, VISUAL
from flasklab.recording.media.figures import find_figure
from flasklab.recording.media.paths import MAX_FILES, files_in
from flasklab.recording.numbers import as_step
from flasklab.recording.plain import described, printable
from flasklab.recording.staging import announce, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.recording.media.bundle import Adapter, Bundle, Rendering
    from flasklab.recording.recorder import Recorder
    from flasklab.recording.staging import StagedFile

_MAX_GALLERY = 1_000  # objects of one list
_MAX_HEADING = 300  # characters


def show_object(
    recorder: Recorder,
    obj: Any,
    name: str | None = None,
    step: Any = None,
    adapters: Sequence[Adapter] = ADAPTERS,
) -> str | None:
    """Show `obj` on the run's page. Never raises.

    Args:
        recorder: of the run
        obj: anything
        name: its heading; one after its kind ("figure", "table", ...) when not given
        step: the step it belongs to
        adapters: who is asked what the object looks like

    Returns:
        The heading it got, or None if nothing could be shown.
    """
    if not recorder.keeps:
        return None
    try:
        heading = None if name is None else _heading(name)
        at = None if step is None else as_step(step)
        if step is not None and at is None:
            recorder.drop(f"run.show: step={described(step, 80)} is no whole number; shown without a step")
        several = _several(obj)
        if several is None:
            return _show_one(recorder, obj, heading, at, adapters)
        shown = [_show_one(recorder, part, label or heading, at, adapters) for label, part in several]
        return next((each for each in shown if each is not None), None)
    except Exception as error:  # a full disk, or an object that resists
        recorder.drop(f"run.show({described(name, 80)}): {described(error, 200)}")
        return None


def _heading(name: Any) -> str:
    text = printable(name) if isinstance(name, str) else described(name)
    return " ".join(text.split())[:_MAX_HEADING] or "shown"


def _several(obj: Any) -> list[tuple[str | None, Any]] | None:
    """The files of a folder with their names, or the pictures of a list; None for a single object."""
    if isinstance(obj, Path) and obj.is_dir():
        files = files_in(obj)[:MAX_FILES]
        return [(path.relative_to(obj).with_suffix("").as_posix(), path) for path in files]
    gallery = isinstance(obj, (list, tuple)) and obj and not hasattr(obj, "_fields") and all(map(is_visual, obj))
    if gallery and not _are_one_figure(obj):
        return [(None, part) for part in obj[:_MAX_GALLERY]]
    return None


def _are_one_figure(parts: Any) -> bool:
    """Whether all parts belong to one matplotlib figure, like the lines that `plot` returns."""
    figures = {id(figure) for figure in map(find_figure, parts)}
    return len(figures) == 1 and find_figure(parts[0]) is not None


def is_visual(obj: Any) -> bool:
    """Whether `obj` is a picture, a table, a file or the like, rather than a plain value."""
    if isinstance(obj, (str, int, float, bool, dict, list, tuple, set, type(None))) and not _draws_itself(obj):
        return False
    if getattr(obj, "shape", None) == ():  # a scalar of NumPy or torch
        return False
    if isinstance(obj, Path):
        return obj.exists()
    return _draws_itself(obj) or _known_to_library(obj)


def _draws_itself(obj: Any) -> bool:
    names = ("_repr_mimebundle_", "_repr_html_", "_repr_svg_", "_repr_png_", "_repr_jpeg_", "_repr_markdown_")
    return any(callable(getattr(type(obj), name, None)) for name in names)


def _known_to_library(obj: Any) -> bool:
    modules = {kind.__module__.partition(".")[0] for kind in type(obj).__mro__}
    families = {"numpy", "pandas", "polars", "plotly", "altair", "PIL", "torch"}
    return bool(modules & families) or isinstance(obj, (bytes, bytearray, memoryview)) or find_figure(obj) is not None


def _show_one(
    recorder: Recorder, obj: Any, heading: str | None, step: int | None, adapters: Sequence[Adapter]
) -> str | None:
    failures = []
    for adapter in adapters:
        try:
            bundle = adapter(obj)
        except Exception as error:  # the next adapter may know better
            failures.append(f"{adapter.__name__}: {described(error, 200)}")
            continue
        if bundle is not None:
            shown = _keep(recorder, bundle, heading, step)
            if shown is not None:
                return shown
    if adapters is not VISUAL:
        recorder.drop(f"run.show: {type(obj).__name__} could not be shown ({'; '.join(failures)})")
    return None


def _keep(recorder: Recorder, bundle: Bundle, heading: str | None, step: int | None) -> str | None:
    """Stage the renderings that can be written, then announce them together; None if none could."""
    staged: list[tuple[Rendering, StagedFile]] = []
    for rendering in bundle.renderings:
        try:
            staged.append((rendering, stage(recorder.staging, rendering.content, rendering.ending)))
        except Exception as error:  # a full disk, or a writer that cannot write this
            recorder.drop(f"run.show: {rendering.ending} of a {bundle.name}: {described(error, 200)}")
    if not staged:
        return None
    name = heading or bundle.name
    shown, files = recorder.names.take_shown(name, step, [rendering.ending for rendering, _ in staged])
    order = recorder.order()
    for file, (rendering, content) in zip(files, staged, strict=True):
        announce(
            recorder,
            content,
            name=file,
            media_type=rendering.media_type,
            shown=shown,
            step=step,
            order=order,
            meta=rendering.meta,
        )
    return shown
