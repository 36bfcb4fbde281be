"""The key that signs sessions and addresses, for an app without one: made once per lab, its owner's only.

Every process of the lab must have the same one, also when several start at the same moment: the first link
wins.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32


def of_lab(results: Path) -> bytes:
    """The key of the lab with this results folder.

    Raises:
        SettingsError: the folder cannot be written, or what is there is no key.
    """
    path = results / "secret_key"
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"The secret key {path} cannot be kept ({error.strerror}). Make the folder writable, set "
            "FLASKLAB_RESULTS to one that is, or set SECRET_KEY."
        ) from error
    if len(key) < _BYTES:
        raise SettingsError(f"{path} holds no secret key of {_BYTES} bytes. Remove it, and a new one is made.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first: its key is the lab's
    finally:
        fresh.unlink()
