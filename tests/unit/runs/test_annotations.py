from __future__ import annotations

import pytest

from flasklab.errors import InvalidParametersError
from flasklab.runs.annotations import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    Wish,
    edited_note,
    note_mark,
    note_with,
    tags_with,
)


def test_names_are_trimmed_and_told_once() -> None:
    wish = Wish(tags=("  good  one ", "good one", "x"), add_tags=(" y",), remove_tags=("x ",)).checked()
    assert wish.tags_after(("old",)) == ("good one", "y")


def test_what_is_not_named_stays() -> None:
    assert Wish(add_tags=("b", "a"), remove_tags=("c", "unknown")).checked().tags_after(("c", "a")) == ("a", "b")
    assert Wish(note="x").checked().tags_after(("c", "a")) == ("c", "a")


def test_lines_of_a_note_end_alike() -> None:
    assert Wish(note="\r\n  a\r\nb\rc \n\n").checked().note == "  a\nb\nc"


@pytest.mark.parametrize(
    ("wish", "param", "words"),
    [
        (Wish(tags=("",)), "tags", "without a name"),
        (Wish(add_tags=("t" * (LONGEST_TAG + 1),)), "add_tags", f"at most {LONGEST_TAG}"),
        (Wish(add_tags=("a\u202eb",)), "add_tags", "cannot be seen"),
        (Wish(note="n" * (LONGEST_NOTE + 1)), "note", "50,001 characters"),
    ],
)
def test_what_is_too_much_is_refused_with_its_limit(wish: Wish, param: str, words: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        wish.checked()
    [error] = refused.value.errors
    assert error.param == param
    assert words in error.message


def test_a_run_has_so_many_tags_and_loses_some_even_where_it_has_more() -> None:
    many = tuple(map(str, range(MOST_TAGS + 5)))  # set by its own code
    with pytest.raises(InvalidParametersError, match="at most 100"):
        Wish(add_tags=("new",)).tags_after(many)
    assert len(Wish(remove_tags=("1",)).tags_after(many)) == MOST_TAGS + 4


def test_a_run_sets_no_tag_that_a_person_took_off() -> None:
    assert tags_with(("a",), ("b", "a", "c"), {"c"}) == ("a", "b")
    assert note_with(note_with("", "one"), "two") == "one\ntwo"


@pytest.mark.parametrize(
    ("seen", "present", "after"),
    [
        ("", "", "mine"),
        ("old", "old", "mine"),
        ("old", "old\nthe run's", "mine\nthe run's"),  # it added a line meanwhile
        ("", "the run's", "mine\nthe run's"),
        ("old", "olden", None),  # somebody changed the line
        ("old", "new", None),
        ("longer than it", "short", None),
    ],
)
def test_an_edit_keeps_what_was_added_since_and_undoes_no_other(seen: str, present: str, after: str | None) -> None:
    assert edited_note(present, "mine", note_mark(seen)) == after


def test_an_edit_that_saw_nothing_takes_the_place_of_whatever_is_there() -> None:
    assert edited_note("x", "mine", None) == "mine"
    assert edited_note("x", "mine", "no mark") is None
    assert edited_note("old\nmore", "", note_mark("old")) == "more"
