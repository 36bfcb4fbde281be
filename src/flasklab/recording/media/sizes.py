"""How large an encoded picture is, told by its first bytes, so that a page keeps its place while it loads."""

from __future__ import annotations

import re
import struct
from pathlib import Path

_HEAD = 256 * 1024  # bytes; photographs carry a preview before their size
_SVG = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
_SVG_SIDES = tuple(re.compile(rb"""\s%s=["']\s*([0-9.]+)(px|pt)?\s*["']""" % side) for side in (b"width", b"height"))
_SVG_BOX = re.compile(rb"""\sviewBox=["']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+([0-9.]+)[\s,]+([0-9.]+)""")
_PX_PER_PT = 4 / 3
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # frame headers; the three are tables


def picture_size(media_type: str, content: bytes | Path) -> dict[str, int]:
    """Width and height in pixels, of an SVG in those of CSS; {} where that cannot be told.

    Source: the formats' own descriptions, https://www.w3.org/TR/png/ and https://www.w3.org/TR/SVG2/ among them.
    """
    read = _READERS.get(media_type)
    if read is None:
        return {}
    try:
        found = read(_head(content))
    except (struct.error, OSError, ValueError):  # cut off, or no such picture
        return {}
    return {"width": found[0], "height": found[1]} if found and min(found) > 0 else {}


def _head(content: bytes | Path) -> bytes:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(_HEAD)
    return content[:_HEAD]


def _png(head: bytes) -> tuple[int, int] | None:
    return struct.unpack_from(">II", head, 16) if head.startswith(b"\x89PNG\r\n\x1a\n") else None


def _gif(head: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", head, 6) if head.startswith(b"GIF8") else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while head[at : at + 1] == b"\xff":
        kind, length = struct.unpack_from(">xBH", head, at)
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        at += 2 + length
    return None


def _svg(head: bytes) -> tuple[int, int] | None:
    root = _SVG.search(head)
    if root is None:
        return None
    sides = [pattern.search(root[0]) for pattern in _SVG_SIDES]
    if all(sides):
        width, height = (float(side[1]) * (_PX_PER_PT if side[2] == b"pt" else 1) for side in sides if side)
    elif box := _SVG_BOX.search(root[0]):
        width, height = float(box[1]), float(box[2])
    else:
        return None
    return round(width), round(height)


_READERS = {"image/png": _png, "image/gif": _gif, "image/jpeg": _jpeg, "image/svg+xml": _svg}
