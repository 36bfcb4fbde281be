"""What is wrong with a search, and where."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_SHOWN = 60  # characters of the search that a message repeats


class QueryError(FlasklabError):
    """A search cannot be understood.

    Args:
        query: what was typed
        at: where in it, in characters from 0
        what: a sentence: what is wrong there and what was expected
        length: characters that are wrong
    """

    def __init__(self, query: str, at: int, what: str, length: int = 1) -> None:
        self.query = query
        self.at = at
        self.what = what
        self.length = length
        super().__init__(f"{what}\n{self.pointer}")

    @property
    def pointer(self) -> str:
        """Two lines: the part of the search around the place, and a mark below the place."""
        first = max(0, min(self.at - _MOST_SHOWN // 2, len(self.query) - _MOST_SHOWN))
        shown = self.query[first : first + _MOST_SHOWN].replace("\n", " ")
        marks = "^" * max(1, min(self.length, first + _MOST_SHOWN - self.at))
        return f"{shown}\n{' ' * (self.at - first)}{marks}"


def nearest(word: str, known: Iterable[str]) -> str:
    """ "Did you mean ...?" where a known word is close to `word`, else ""."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]}?" if found else ""
