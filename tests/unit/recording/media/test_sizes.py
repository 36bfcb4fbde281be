"""A picture's size is told by its first bytes, whoever wrote it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from flasklab.recording.media.sizes import picture_size

if TYPE_CHECKING:
    from pathlib import Path

SIZE = {"width": 30, "height": 20}


def encoded(format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20)).save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", encoded("PNG")),
        ("image/gif", encoded("GIF")),
        ("image/jpeg", encoded("JPEG")),
        ("image/jpeg", encoded("JPEG", progressive=True, exif=b"Exif\0\0" + b"x" * 60_000)),
        ("image/svg+xml", b'<?xml version="1.0"?><svg height="20px" width="30" viewBox="0 0 6 4">'),
        ("image/svg+xml", b"<!-- a --><svg\n width='22.5pt'\n height='15pt'/>"),
        ("image/svg+xml", b'<svg stroke-width="3" viewBox="0 0 30 20"/>'),
        ("image/svg+xml", b'<svg width="100%" height="100%" viewBox="-1,-1,30,20"/>'),
    ],
)
def test_a_picture_tells_its_size(media_type: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)

    assert picture_size(media_type, content) == picture_size(media_type, path) == SIZE


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", b""),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/png", encoded("GIF")),
        ("image/gif", b"GIF89a"),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/svg+xml", b"<svg>"),
        ("image/svg+xml", b"<svg width='0' height='0'>"),
        ("image/webp", b"RIFF"),
    ],
)
def test_what_is_no_whole_picture_has_no_size(media_type: str, content: bytes) -> None:
    assert picture_size(media_type, content) == {}
