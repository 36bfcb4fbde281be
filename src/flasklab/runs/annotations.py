"""Tags and notes: what people may write, and what comes of it where the run itself writes too.

Neither undoes the other. What a run says comes on top of what is there: it adds tags, and lines to the note. A tag
that a person has taken off stays off, however often the run sets it; what the run adds to a note while somebody edits
it stays below what they wrote.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import InvalidParametersError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TAGS = 100  # of one run, as far as people set them
LONGEST_TAG = 100  # characters
LONGEST_NOTE = 50_000  # characters
_MARK = re.compile(r"([0-9]{1,18})-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants changed of runs; what is None stays as it is."""

    tags: tuple[str, ...] | None = None  # all of them: others are taken off
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    note: str | None = None  # all of it
    note_seen: str | None = None  # `note_mark` of the note that they saw; None for whatever it is

    def checked(self) -> Wish:
        """The same as it is stored: names trimmed and told once, lines ended alike.

        Raises:
            InvalidParametersError: it is longer than anything may be; all of that at once.
        """
        errors: list[ParameterError] = []
        tags = None if self.tags is None else _names("tags", self.tags, errors)
        added = _names("add_tags", self.add_tags, errors)
        removed = tuple(dict.fromkeys((*self.remove_tags, *map(_plain, self.remove_tags))))
        note = None if self.note is None else self.note.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
        if note is not None and len(note) > LONGEST_NOTE:
            errors.append(
                ParameterError(
                    "note", f"has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept. Save more as a file"
                )
            )
        if errors:
            raise InvalidParametersError(tuple(errors))
        return Wish(tags=tags, add_tags=added, remove_tags=removed, note=note, note_seen=self.note_seen)

    def tags_after(self, present: Iterable[str]) -> tuple[str, ...]:
        """The tags of a run that has the `present` ones, once this is done.

        Raises:
            InvalidParametersError: they would be too many.
        """
        kept = present if self.tags is None else self.tags
        wanted = (name for name in (*kept, *self.add_tags) if name not in self.remove_tags)
        found = tuple(dict.fromkeys(wanted))
        if len(found) > MOST_TAGS and set(found) - set(present):
            told = f"would be {len(found)}; a run has at most {MOST_TAGS}"
            raise InvalidParametersError((ParameterError("tags", told),))
        return found


def _plain(name: str) -> str:
    return " ".join(name.split())


def _names(field: str, names: Iterable[str], errors: list[ParameterError]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_plain(name) for name in names))
    for name in found:
        if not name:
            errors.append(ParameterError(field, "has a tag without a name"))
        elif len(name) > LONGEST_TAG:
            told = f"{name[:30]}… has {len(name):,} characters; a tag has at most {LONGEST_TAG}"
            errors.append(ParameterError(field, told))
        elif not name.isprintable():
            errors.append(ParameterError(field, f"{name[:100]!r} has characters that cannot be seen"))
    return found


def split_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """The tags that are written in one field, divided by commas."""
    return tuple(name for text in texts for part in text.split(",") if (name := part.strip()))


def tags_with(present: Iterable[str], added: Iterable[str], unwanted: Iterable[str] = ()) -> tuple[str, ...]:
    """The tags once a run has set more of them.

    Args:
        present: those that are there
        added: those that it sets
        unwanted: those that a person has taken off
    """
    gone = set(unwanted)
    return tuple(dict.fromkeys((*present, *(name for name in added if name not in gone))))


def note_with(present: str, text: str) -> str:
    """The note once a run has added a line to it."""
    return f"{present}\n{text}" if present else text


def note_mark(note: str) -> str:
    """Stands for a note as somebody saw it: its length, and a hash."""
    return f"{len(note)}-{hashlib.sha256(note.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def edited_note(present: str, text: str, seen: str | None) -> str | None:
    """The note once somebody has written `text` in the place of the one they saw.

    What was added below it since stays.

    Args:
        present: the note as it is
        text: what they wrote
        seen: `note_mark` of what they saw; None for whatever is there

    Returns:
        None where what they saw was changed meanwhile: theirs would undo that.
    """
    if seen is None or seen == note_mark(present):
        return text
    match = _MARK.fullmatch(seen)
    length = int(match[1]) if match else -1
    if length < 0 or length > len(present) or note_mark(present[:length]) != seen:
        return None
    since = present[length:]
    if length and not since.startswith("\n"):
        return None  # the line itself was changed
    return note_with(text, since.removeprefix("\n"))
