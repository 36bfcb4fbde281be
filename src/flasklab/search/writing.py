"""From values to a search that finds them: what the parser reads, written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.search.expressions import Source

_PLAIN = re.compile(r"[^\W\d]\w*(?:[/\-]\w+)*")


def equal_to(source: Source, path: Sequence[str], value: Any) -> str | None:
    """`params.lr == 0.1`; None of what no search can say: a list, a name with a backquote in it.

    Args:
        source: whose value it is
        path: its name
        value: what it is equal to, as JSON has it
    """
    told = _written(value)
    if told is None or any("`" in part or not part for part in path):
        return None
    parts = [part if _PLAIN.fullmatch(part) else f"`{part}`" for part in path]
    return f"{'.'.join((source.value, *parts))} == {told}"


def _written(value: Any) -> str | None:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    return None


def quoted(text: str) -> str:
    """A text as it stands in a search, in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
