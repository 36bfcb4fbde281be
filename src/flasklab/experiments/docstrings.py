"""What a docstring says: its first sentence, its text, and a help for each parameter.

Google and NumPy style are read; a docstring that follows neither still gives its text.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

_GOOGLE_ARGS = re.compile(r"(Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments):\s*")
_NUMPY_ARGS = re.compile(r"(Parameters|Other Parameters)\s*")
_RULE = re.compile(r"\s*-{3,}\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Docstring:
    """A docstring in parts."""

    summary: str = ""  # the first paragraph in one line
    body: str = ""  # all of it but the sections on parameters
    helps: dict[str, str] = field(default_factory=dict)  # text by parameter


def read_docstring(text: str | None) -> Docstring:
    """The parts of a docstring; empty ones for None or a docstring that no style fits."""
    if not text or not text.strip():
        return Docstring()
    clean = inspect.cleandoc(text)
    summary = " ".join(clean.split("\n\n", 1)[0].split())
    return Docstring(summary=summary, body=_without_parameters(clean), helps=_helps(clean))


def _helps(clean: str) -> dict[str, str]:
    from docstring_parser import ParseError, parse

    try:
        found = parse(clean).params
    except (ParseError, ValueError):
        return {}
    helps: dict[str, str] = {}
    for param in found:
        words = " ".join((param.description or "").split())
        for name in param.arg_name.split(","):  # NumPy style may describe several at once: "x, y : float"
            if words:
                helps.setdefault(name.strip().lstrip("*"), words)
    return helps


def _without_parameters(clean: str) -> str:
    """`clean` without its sections on parameters; everything else stays as it was written."""
    lines = clean.split("\n")
    kept: list[str] = []
    index = 0
    while index < len(lines):
        if _GOOGLE_ARGS.fullmatch(lines[index]):
            index += 1
            while index < len(lines) and (not lines[index].strip() or lines[index][0].isspace()):
                index += 1
        elif _NUMPY_ARGS.fullmatch(lines[index]) and _is_rule(lines, index + 1):
            index += 2
            while index < len(lines) and not _is_rule(lines, index + 1):
                index += 1
        else:
            kept.append(lines[index])
            index += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_rule(lines: list[str], index: int) -> bool:
    return index < len(lines) and _RULE.fullmatch(lines[index]) is not None
