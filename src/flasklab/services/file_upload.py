"""Taking in a file that a run will read."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from typing import IO, Any

    from flasklab.store.store import Store

_LONGEST_NAME = 200  # characters


class FileUpload:
    """Stores uploaded files.

    Args:
        store: where files are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, stream: BinaryIO | IO[bytes], filename: str | None, limit: int | None) -> dict[str, Any]:
        """Store what `stream` holds, as the value of a file parameter.

        Args:
            stream: the file's content
            filename: the sender's name for it; only a label, never a path
            limit: at most so many bytes

        Returns:
            `{"file": name, "sha256": hex digits, "size": bytes}`

        Raises:
            TooLargeError: it is larger than `limit`; nothing is kept.
            StoreError: it could not be stored.
        """
        stored = self._store.files.add_stream(stream, limit=limit)
        return {"file": label(filename or ""), "sha256": stored.sha256, "size": stored.size}


def label(filename: str) -> str:
    """The last part of a file's name without control characters, cut to a sensible length, ending kept."""
    last = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    if shown in ("", ".", ".."):
        return "file"
    if len(shown) <= _LONGEST_NAME:
        return shown
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending) > 20:
        return shown[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
