"""When two runs are the same: equal parameters of one experiment, and the same code with the same packages."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.runs.json import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.json import Json

# Of an environment: what a result follows from. The commit of sources that are the same says nothing more of them.
_CODE = ("code", "python", "implementation", "packages")


def params_text(params: Mapping[str, Json]) -> bytes:
    """Validated parameters in one spelling, whatever their order."""
    return msgspec.json.encode(decode(encode(dict(params))), order="sorted")


def params_hash(experiment: str, params: Mapping[str, Json]) -> int:
    """64 bits, signed, that are equal for equal parameters of one experiment, and hardly ever for others."""
    text = experiment.encode("utf-8", "replace") + b"\0" + params_text(params)
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def same_code(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two recorded environments have the same sources, packages and Python."""
    return all(one.get(name) == other.get(name) for name in _CODE)
