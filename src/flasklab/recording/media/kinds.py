"""Media types of file names, and the endings of media types."""

from __future__ import annotations

import mimetypes

from flasklab.runs.artifacts import ARRAY, HISTOGRAM, PLOTLY, TABLE

# Endings that Python's own table lacks, or that the machine's table answers differently from place to place.
_BY_ENDING = {
    ".table.json": TABLE,
    ".array.json": ARRAY,
    ".histogram.json": HISTOGRAM,
    ".plotly.json": PLOTLY,
    ".vega.json": "application/vnd.vegalite.v5+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".feather": "application/vnd.apache.arrow.file",
    ".arrow": "application/vnd.apache.arrow.file",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".geojson": "application/geo+json",
    ".ipynb": "application/x-ipynb+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".h5": "application/x-hdf5",
    ".hdf5": "application/x-hdf5",
    ".joblib": "application/octet-stream",
    ".pkl": "application/octet-stream",
    ".pickle": "application/octet-stream",
    ".pt": "application/octet-stream",
    ".pth": "application/octet-stream",
    ".onnx": "application/octet-stream",
    ".safetensors": "application/octet-stream",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".htm": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".py": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".tex": "text/x-tex",
    ".xml": "application/xml",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
    ".zip": "application/zip",
    ".gz": "application/gzip",
}
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def media_type_of(name: str) -> str:
    """The media type that a file's name tells, "application/octet-stream" when it tells none."""
    file = name.lower().rpartition("/")[2]
    parts = file.split(".")
    for start in range(1, len(parts)):  # ".table.json" before ".json"
        known = _BY_ENDING.get("." + ".".join(parts[start:]))
        if known is not None:
            return known
    guess, encoding = mimetypes.guess_type(file, strict=False)
    if encoding is not None:
        return _COMPRESSED.get(encoding, "application/octet-stream")
    return guess or "application/octet-stream"


def ending_of(name: str) -> str:
    """The ending of a file's name, the last part: ".json"; "" when it has none."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return (dot + ending).lower() if stem else ""
