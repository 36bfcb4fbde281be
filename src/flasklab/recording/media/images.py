"""Images: PIL's, encoded ones as bytes, and pixels as PNG without any library."""

from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.sizes import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"}
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# First bytes of the encoded images, sounds and documents that are recognised.
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, _PNG_MAGIC, ".png", "image/png"),
    (0, b"\xff\xd8\xff", ".jpg", "image/jpeg"),
    (0, b"GIF8", ".gif", "image/gif"),
    (8, b"WEBP", ".webp", "image/webp"),
    (8, b"WAVE", ".wav", "audio/wav"),
    (0, b"fLaC", ".flac", "audio/flac"),
    (0, b"OggS", ".ogg", "audio/ogg"),
    (0, b"ID3", ".mp3", "audio/mpeg"),
    (0, b"\xff\xfb", ".mp3", "audio/mpeg"),
    (4, b"ftypavif", ".avif", "image/avif"),
    (4, b"ftypM4A", ".m4a", "audio/mp4"),
    (4, b"ftyp", ".mp4", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", ".webm", "video/webm"),
    (0, b"%PDF-", ".pdf", "application/pdf"),
)
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg\b[^>]*>\s*)?<svg\b", re.DOTALL
)
_SVG_HEAD = 4096  # bytes within which an SVG says that it is one


def pil_image(image: Any) -> Bundle | None:
    """A PIL image as PNG, an animated one as GIF."""
    module = sys.modules.get("PIL.Image")
    if module is None or not isinstance(image, module.Image):
        return None
    buffer = io.BytesIO()
    meta = {"width": image.width, "height": image.height}
    if getattr(image, "is_animated", False):
        image.save(buffer, format="GIF", save_all=True)
        return _one(".gif", "image/gif", buffer.getvalue(), meta)
    if image.mode not in _PNG_MODES:
        image = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    image.save(buffer, format="PNG")
    return _one(".png", "image/png", buffer.getvalue(), meta)


def encoded_bytes(data: Any) -> Bundle | None:
    """Bytes by what they begin with: images, sounds, videos, PDF; others as a file to download."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        return None
    content = bytes(data)
    if _SVG.match(content[:_SVG_HEAD]):
        return _one(".svg", "image/svg+xml", content, picture_size("image/svg+xml", content))
    for position, magic, ending, media_type in _MAGIC:
        if content[position : position + len(magic)] == magic:
            return _one(ending, media_type, content, picture_size(media_type, content))
    return Bundle(
        name="bytes",
        renderings=(Rendering(ending=".bin", media_type="application/octet-stream", content=content),),
    )


def _one(ending: str, media_type: str, content: bytes, meta: dict[str, Any]) -> Bundle:
    name = "image" if media_type.startswith("image/") else media_type.partition("/")[0]
    return Bundle(
        name="document" if ending == ".pdf" else name,
        renderings=(Rendering(ending=ending, media_type=media_type, content=content, meta=meta),),
    )


def encode_png(pixels: NDArray[Any]) -> bytes:
    """PNG of an array of uint8 with shape (height, width, 3) or (height, width, 4).

    Source: https://www.w3.org/TR/png/ (every row filtered with "none").
    """
    height, width, channels = pixels.shape
    rows = pixels.reshape(height, width * channels)
    raw = b"".join(b"\x00" + row.tobytes() for row in rows)
    colour = 2 if channels == 3 else 6  # PNG's numbers for RGB and RGBA
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return _PNG_MAGIC + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 6)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
