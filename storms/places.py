"""The places at which a lab may be made to die, as its code names them."""

from __future__ import annotations

import ast
from pathlib import Path

import flasklab


def _places() -> tuple[str, ...]:
    found = set()
    for file in Path(flasklab.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "failpoint(" in text:
            found |= {
                str(node.args[0].value)
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint"
                if isinstance(node.args[0], ast.Constant)
            }
    return tuple(sorted(found))


PLACES = _places()
"""All of them."""
