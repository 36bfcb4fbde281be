"""What an experiment returns: plain values stay in the run's output, what there is to look at is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.recording.media.adapters import VISUAL
from flasklab.recording.numbers import as_number
from flasklab.recording.plain import MAX_DEPTH, MISSING, described, members, scalar
from flasklab.recording.showing import is_picture, is_visual, show_object

if TYPE_CHECKING:
    from flasklab.recording.recorder import Recorder
    from flasklab.runs.json import Json

_MAX_TEXT = 10_000  # characters of a text that stays in the output
_MAX_JSON = 256 * 1024  # bytes of one value that stays in the output
_NAME = "output"  # of a value that has none


def present_output(value: Any, recorder: Recorder) -> Json:
    """The run's output as JSON; figures, tables, arrays, images, files and long text in it are shown.
    Never raises.

    Args:
        value: what the experiment returned
        recorder: of the run

    Returns:
        Scalars as they are (NaN as "NaN"), dataclasses, models and named tuples as dicts; what is shown
        stands there as `{"$shown": heading}`.
    """
    try:
        held = members(value) if not is_visual(value) else None
        if isinstance(held, dict):
            return {key: _bounded(recorder, item, key, _present(recorder, item, key, 1)) for key, item in held.items()}
        return _bounded(recorder, value, _NAME, _present(recorder, value, _NAME, 0))
    except Exception as error:  # an author's class may raise from anything
        recorder.drop(f"the output could not be kept whole: {described(error, 200)}")
        return described(value)


def present_yield(value: Any, step: int, recorder: Recorder) -> None:
    """What a generator yields: its numbers are logged at `step`, everything else is shown there. Never
    raises.

    Args:
        value: a mapping by name, or a single value
        step: 0 for the first yield
        recorder: of the run
    """
    if value is None:
        return
    parts = dict(value) if isinstance(value, Mapping) else {_NAME: value}
    numbers = {key: item for key, item in parts.items() if as_number(item) is not None}
    if numbers:
        recorder.metrics(step, numbers)
    for key, item in parts.items():
        if key not in numbers and item is not None:
            show_object(recorder, item, str(key), step)


def _present(recorder: Recorder, value: Any, key: str, depth: int) -> Json:
    if _is_gallery(value) or (is_visual(value) and not (isinstance(value, Path) and not value.is_file())):
        heading = show_object(recorder, value, key, None, VISUAL)
        if heading is not None:
            return {"$shown": heading}
    plain = scalar(value)
    if isinstance(plain, str) and len(plain) > _MAX_TEXT:
        heading = show_object(recorder, plain, key)
        return plain[:_MAX_TEXT] if heading is None else {"$shown": heading}
    if plain is not MISSING:
        return plain  # type: ignore[no-any-return]  # scalar returns Json or MISSING
    held = members(value) if depth < MAX_DEPTH else None
    if isinstance(held, dict):
        return {name: _present(recorder, item, f"{key}.{name}", depth + 1) for name, item in held.items()}
    if isinstance(held, list):
        return [_present(recorder, item, key, depth + 1) for item in held]
    return described(value)


def _is_gallery(value: Any) -> bool:
    """Whether `value` is a list of pictures, shown together; of tables and files each is a value of its own."""
    return isinstance(value, (list, tuple)) and len(value) > 1 and all(map(is_picture, value))


def _bounded(recorder: Recorder, value: Any, key: str, presented: Json) -> Json:
    """`presented`, or where it is too long for a row, a shown JSON file in its place."""
    if not isinstance(presented, (dict, list)) or len(msgspec.json.encode(presented)) <= _MAX_JSON:
        return presented
    heading = show_object(recorder, presented, key)
    return described(value) if heading is None else {"$shown": heading}
