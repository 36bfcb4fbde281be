"""A search as a sequence of words, numbers, texts, moments, spans and signs, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from flasklab.search.errors import QueryError

LONGEST = 10_000
"""Characters that a search may have."""

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_ESCAPES = {"n": "\n", "t": "\t"}
_SPAN = r"(?:\d+(?:\.\d+)?[smhdw])+"
_PATTERN = re.compile(
    r"""(?P<blank>\s+)
    | (?P<moment>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)(?![\w.])
    | (?P<span>-?"""
    + _SPAN
    + r""")(?![\w.])
    | (?P<number>[+-]?(?:\d[\d_]*\.?\d*|(?<![\w`])\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    | (?P<infinity>-inf|\+inf)\b
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<word>[^\W\d]\w*(?:[/\-]\w+)*|`[^`]+`)
    | (?P<sign>==|!=|<=|>=|!~|<|>|=|~|\(|\)|,|\.)""",
    re.VERBOSE | re.DOTALL,
)
# What a text search without quotes may look like beyond the language's own words: "#12", "epochs=3%", "2e5f0c".
_LOOSE = re.compile(r"[^\s()\"'`,<>=!~]+")


class Kind(Enum):
    """What a token is."""

    WORD = "a name"
    TEXT = "a text"
    NUMBER = "a number"
    MOMENT = "a date"
    SPAN = "a span of time"
    SIGN = "a sign"
    LOOSE = "a word"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token."""

    kind: Kind
    text: str  # as it was typed
    at: int  # where it begins, in characters from 0
    value: str | int | float  # of a text without its quotes, of a number, of a span in seconds; else as typed
    quoted: bool = False  # a name in backquotes, which is no word of the language

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.at + len(self.text)


def tokens(query: str) -> list[Token]:
    """All tokens of a search; the last is the end.

    Raises:
        QueryError: a quote is not closed, a character cannot be stored, or it is too long.
    """
    if len(query) > LONGEST:
        raise QueryError(query, LONGEST, f"A search may have {LONGEST} characters; this one has {len(query)}.")
    strange = re.search("[\0\ud800-\udfff]", query)
    if strange is not None:
        raise QueryError(query, strange.start(), "No text of a run can hold this character.")
    found: list[Token] = []
    at = 0
    while at < len(query):
        match = _PATTERN.match(query, at) or _LOOSE.match(query, at)
        if match is None:
            raise _unreadable(query, at)
        if match.lastgroup != "blank":
            found.append(_token(match, at))
        at = match.end()
    return [*found, Token(Kind.END, "", len(query), "")]


def _token(match: re.Match[str], at: int) -> Token:
    text = match.group()
    match match.lastgroup:
        case "moment":
            return Token(Kind.MOMENT, text, at, text)
        case "span":
            return Token(Kind.SPAN, text, at, _seconds(text))
        case "number":
            return Token(Kind.NUMBER, text, at, _number(text))
        case "infinity":
            return Token(Kind.NUMBER, text, at, float(text))
        case "text":
            return Token(Kind.TEXT, text, at, re.sub(r"\\(.)", _unescaped, text[1:-1], flags=re.DOTALL))
        case "word":
            quoted = text.startswith("`")
            return Token(Kind.WORD, text, at, text.strip("`") if quoted else text, quoted)
        case "sign":
            return Token(Kind.SIGN, text, at, text)
        case _:
            return Token(Kind.LOOSE, text, at, text)


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


def _number(text: str) -> int | float:
    plain = text.replace("_", "")
    return int(plain) if re.fullmatch(r"[+-]?\d+", plain) else float(plain)


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", text)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


def _unreadable(query: str, at: int) -> QueryError:
    sign = query[at]
    if sign in "\"'`":
        return QueryError(query, at, f"The quote {sign} is not closed.", len(query) - at)
    return QueryError(query, at, f"{sign} is no part of a search here. Compare with == != < <= > >= ~ !~ or in.")
