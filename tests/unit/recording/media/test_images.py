from __future__ import annotations

import pytest

from flasklab.recording.media.images import encoded_bytes


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"fLaC\x00", "audio/flac"),
        (b"OggS\x00", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"\x1a\x45\xdf\xa3\x01", "video/webm"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b'<?xml version="1.0"?>\n<!-- made -->\n<!DOCTYPE svg PUBLIC "a" "b">\n<svg/>', "image/svg+xml"),
        (b"<html><svg/></html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_bytes_are_known_by_what_they_begin_with(content: bytes, media_type: str) -> None:
    bundle = encoded_bytes(content)
    assert bundle is not None
    assert bundle.renderings[0].media_type == media_type
    assert bundle.renderings[0].content == content
