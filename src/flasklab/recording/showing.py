"""`run.show`: an object becomes a bundle of renderings, the renderings become files, the files are
announced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from flasklab.recording.media.adapters import ADAPTERS, VISUAL
from flasklab.recording.media.arrays import grey_picture, pictures
from flasklab.recording.media.figures import find_figure
from flasklab.recording.media.histograms import is_histogram
from flasklab.recording.media.paths import MAX_FILES, files_in
from flasklab.recording.numbers import as_step
from flasklab.recording.plain import described, printable
from flasklab.recording.staging import StagedFile, announce, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.recording.media.bundle import Adapter, Bundle, Rendering
    from flasklab.recording.recorder import Recorder

_MAX_GALLERY = 1_000  # objects of one list
_MAX_HEADING = 300  # characters

# What could be written of one object: its renderings, with the files that hold them.
_Written: TypeAlias = "list[tuple[Rendering, StagedFile]]"


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
        return _show_several(recorder, several, heading, at, adapters)
    except Exception as error:  # a full disk, or an object that resists
        recorder.drop(f"run.show({described(name, 80)}): {described(error, 200)}")
        return None


def _heading(name: Any) -> str:
    text = printable(name) if isinstance(name, str) else described(name)
    return " ".join(text.split())[:_MAX_HEADING] or "shown"


def _several(obj: Any) -> list[tuple[str | None, Any]] | None:
    """The files of a folder with their names, or the pictures of a list or a batch; None for a single object."""
    try:
        if isinstance(obj, Path) and obj.is_dir():
            files = files_in(obj)[:MAX_FILES]
            return [(path.relative_to(obj).with_suffix("").as_posix(), path) for path in files]
        if is_histogram(obj):
            return None
        batch = pictures(obj)
        gallery = isinstance(obj, (list, tuple)) and obj and not hasattr(obj, "_fields") and all(map(is_visual, obj))
        if batch is None and gallery and not _are_one_figure(obj):
            batch = list(obj)
    except Exception:  # an object that resists being asked is shown alone, by its repr if need be
        return None
    return None if batch is None else [(None, part) for part in batch[:_MAX_GALLERY]]


def _are_one_figure(parts: Any) -> bool:
    """Whether all parts belong to one matplotlib figure, like the lines that `plot` returns."""
    figures = {id(figure) for figure in map(find_figure, parts)}
    return len(figures) == 1 and find_figure(parts[0]) is not None


def is_visual(obj: Any) -> bool:
    """Whether `obj` is a picture, a table, a file or the like, rather than a plain value."""
    if is_histogram(obj):
        return True
    if isinstance(obj, (str, int, float, bool, dict, list, tuple, set, type(None))) and not _draws_itself(obj):
        return False
    if getattr(obj, "shape", None) == ():  # a scalar of NumPy or torch
        return False
    if isinstance(obj, Path):
        return obj.exists()
    return _draws_itself(obj) or _known_to_library(obj)


def is_picture(obj: Any) -> bool:
    """Whether `obj` surely becomes an image among others: a figure, an image, an array of two or three dimensions."""
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(obj, pil.Image):
        return True
    flat = type(obj).__module__.partition(".")[0] in {"numpy", "torch"} and getattr(obj, "ndim", 0) in (2, 3)
    return flat or (not isinstance(obj, (list, tuple)) and find_figure(obj) is not None)


def _draws_itself(obj: Any) -> bool:
    names = ("_repr_mimebundle_", "_repr_html_", "_repr_svg_", "_repr_png_", "_repr_jpeg_", "_repr_markdown_")
    return any(callable(getattr(type(obj), name, None)) for name in names)


def _known_to_library(obj: Any) -> bool:
    modules = {kind.__module__.partition(".")[0] for kind in type(obj).__mro__}
    if type(obj).__module__ == "flasklab.recording.media.sounds":
        return True
    families = {"numpy", "pandas", "polars", "plotly", "altair", "PIL", "torch"}
    return bool(modules & families) or isinstance(obj, (bytes, bytearray, memoryview)) or find_figure(obj) is not None


def _show_one(
    recorder: Recorder, obj: Any, heading: str | None, step: int | None, adapters: Sequence[Adapter]
) -> str | None:
    written, name = _written(recorder, obj, adapters)
    return _announced(recorder, written, heading or name, step) if written else None


def _show_several(
    recorder: Recorder,
    parts: Sequence[tuple[str | None, Any]],
    heading: str | None,
    step: int | None,
    adapters: Sequence[Adapter],
) -> str | None:
    """Several pictures as one gallery; what is no picture among them stands for itself."""
    gallery: list[tuple[str | None, _Written]] = []
    first: str | None = None
    for label, part in parts:
        grey = () if label is not None else (grey_picture,)
        written, name = _written(recorder, part, (*grey, *adapters))
        if not written:
            continue
        if len(parts) > 1 and written[0][0].media_type.startswith("image/"):
            gallery.append((label, written))
        else:
            shown = _announced(recorder, written, label or heading or name, step)
            first = first or shown
    if gallery:
        shown = _announced_gallery(recorder, gallery, heading or "images", step)
        first = first or shown
    return first


def _written(recorder: Recorder, obj: Any, adapters: Sequence[Adapter]) -> tuple[_Written, str]:
    """The renderings of the first adapter that knows the object, staged; and a name after its kind."""
    failures = []
    for adapter in adapters:
        try:
            bundle = adapter(obj)
        except Exception as error:  # the next adapter may know better
            failures.append(f"{adapter.__name__}: {described(error, 200)}")
            continue
        if bundle is not None:
            written = _staged(recorder, bundle)
            if written:
                return written, bundle.name
    if adapters[-1] is not VISUAL[-1]:
        recorder.drop(f"run.show: {type(obj).__name__} could not be shown ({'; '.join(failures)})")
    return [], ""


def _staged(recorder: Recorder, bundle: Bundle) -> _Written:
    """The renderings that can be written."""
    staged: _Written = []
    for rendering in bundle.renderings:
        try:
            staged.append((rendering, stage(recorder.staging, rendering.content, rendering.ending)))
        except Exception as error:  # a full disk, or a writer that cannot write this
            if not rendering.optional:
                recorder.drop(f"run.show: {rendering.ending} of a {bundle.name}: {described(error, 200)}")
    return staged


def _announced(recorder: Recorder, written: _Written, heading: str, step: int | None) -> str:
    shown, files = recorder.names.take_shown(heading, step, [rendering.ending for rendering, _ in written])
    _announce_all(recorder, written, files, shown, step, {})
    return shown


def _announced_gallery(
    recorder: Recorder, gallery: Sequence[tuple[str | None, _Written]], heading: str, step: int | None
) -> str:
    """Announce the pictures of one gallery: one heading, one place in the order for each picture."""
    digits = len(str(len(gallery)))
    endings = [
        f"/{label or str(number).zfill(digits)}{rendering.ending}"
        for number, (label, written) in enumerate(gallery, start=1)
        for rendering, _ in written
    ]
    shown, files = recorder.names.take_shown(heading, step, endings)
    taken = iter(files)
    for number, (label, written) in enumerate(gallery, start=1):
        names = [next(taken) for _ in written]
        _announce_all(recorder, written, names, shown, step, {"part": number, "caption": label or str(number)})
    return shown


def _announce_all(
    recorder: Recorder,
    written: _Written,
    files: Sequence[str],
    shown: str,
    step: int | None,
    besides: dict[str, Any],
) -> None:
    order = recorder.order()
    for file, (rendering, content) in zip(files, written, strict=True):
        announce(
            recorder,
            content,
            name=file,
            media_type=rendering.media_type,
            shown=shown,
            step=step,
            order=order,
            meta=rendering.meta | besides,
        )
