"""Parameters with files among them, as a form with files, whose contents are read while they are sent."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.client.transport import Body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PIECE = 1 << 18  # bytes


def form_body(params: Mapping[str, Any]) -> Body:
    """The parameters as `multipart/form-data`; every `Path` is a file.

    Raises:
        ValueError: one cannot be written in a form.
        OSError: a file cannot be read.
    """
    boundary = secrets.token_hex(16)
    parts: list[bytes | Path] = []
    for name, value in _fields(params):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, Path):
            parts += [f'{head}; filename="{_quoted(value.name)}"\r\n\r\n'.encode(), value, b"\r\n"]
        else:
            parts.append(f"{head}\r\n\r\n{value}\r\n".encode())
    parts.append(f"--{boundary}--\r\n".encode())
    length = sum(part.stat().st_size if isinstance(part, Path) else len(part) for part in parts)

    def pieces() -> Iterator[bytes]:
        for part in parts:
            if isinstance(part, bytes):
                yield part
                continue
            with part.open("rb") as stream:
                while piece := stream.read(_PIECE):
                    yield piece

    return Body(media_type=f"multipart/form-data; boundary={boundary}", length=length, pieces=pieces)


def _fields(params: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str | Path]]:
    for key, value in params.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from _fields(value, f"{name}.")
        elif isinstance(value, (list, tuple)):
            for item in value:
                yield name, _text(name, item)
        else:
            yield name, value if isinstance(value, Path) else _text(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError(f"{name} cannot be sent together with a file: {value!r}")


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
