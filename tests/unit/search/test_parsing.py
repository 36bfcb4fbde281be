"""What a search means, and what is said of one that means nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.search.errors import QueryError
from flasklab.search.expressions import (
    And,
    Comparison,
    Has,
    Mentions,
    Moment,
    Name,
    Not,
    OneOf,
    Operator,
    Or,
    Source,
    Span,
    Within,
    conjuncts,
)
from flasklab.search.ordering import NEWEST, Order, parse_order
from flasklab.search.parsing import parse

NOW = 1_000_000_000.0  # 2001-09-09 01:46:40 UTC
STATE = Name(("state",), Source.RUN)
TAGS = Name(("tags",), Source.RUN)


def name(*path: str, source: Source | None = None) -> Name:
    return Name(path, source)


def is_(what: Name, value: Any, operator: str = "==") -> Comparison:
    return Comparison(what, Operator(operator), value)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("", None),
        ("  ", None),
        ("failed", is_(STATE, "failed")),
        ("train  failed", And((Mentions("train"), is_(STATE, "failed")))),
        ('"failed"', Mentions("failed")),
        ("#12", Mentions("#12")),
        ("v1.5-beta", Mentions("v1.5-beta")),
        ("lr=0.1", is_(name("lr"), 0.1)),
        ("lr == 1_000", is_(name("lr"), 1000)),
        ("a-b/c >= -1e-3", is_(name("a-b/c"), -0.001, ">=")),
        ("x == TRUE y != None", And((is_(name("x"), True), is_(name("y"), None, "!=")))),
        ("x is none", is_(name("x"), None)),
        ("x is not 3", is_(name("x"), 3, "!=")),
        ("model == svm", is_(name("model"), "svm")),
        ("model == 'it\\'s'", is_(name("model"), "it's")),
        ("path ~ a.b", is_(name("path"), "a.b", "~")),
        ("x ~ 3", is_(name("x"), "3", "~")),
        ("metrics.`val loss`.max > 3", is_(name("val loss", "max", source=Source.METRICS), 3, ">")),
        ("`and` == 1", is_(name("and"), 1)),
        ("`params`.a == 1", is_(name("params", "a"), 1)),
        ("params == 1", is_(name("params"), 1)),
        ("a == 1 or b == 2 and c == 3", Or((is_(name("a"), 1), And((is_(name("b"), 2), is_(name("c"), 3)))))),
        ("(a or b) c", And((Or((Mentions("a"), Mentions("b"))), Mentions("c")))),
        ("not a b", And((Not(Mentions("a")), Mentions("b")))),
        ("not not a", Not(Not(Mentions("a")))),
        ("x in (1, 'a', none)", OneOf(name("x"), (1, "a", None))),
        ("x not in (1)", Not(OneOf(name("x"), (1,)))),
        ("'a' in tags", Within("a", TAGS)),
        ("a in tags", Within("a", TAGS)),
        ("tags != a", Not(Within("a", TAGS))),
        ("tags in (a, b)", Or((Within("a", TAGS), Within("b", TAGS)))),
        ("1 in layers", Within(1, name("layers"))),
        ("has a.b", Has(name("a", "b"))),
        ("has", Mentions("has")),
        ("took > 1h30m", is_(name("took"), Span(5400.0, "1h30m"), ">")),
        ("took > 5", is_(name("took"), Span(5.0, "5"), ">")),
        ("created > -1d", is_(name("created"), Moment(NOW - 86_400, "-1d"), ">")),
        ("created > 2001-09-09", is_(name("created"), Moment(NOW - 6400, "2001-09-09"), ">")),
        ("created > '2001-09-09T01:46:40Z'", is_(name("created"), Moment(NOW, "2001-09-09T01:46:40Z"), ">")),
        ("created >= today", is_(name("created"), Moment(NOW - 6400, "today"), ">=")),
        ("day == 2001-09-09", is_(name("day"), Moment(NOW - 6400, "2001-09-09"))),
        ("wait == 5m", is_(name("wait"), Span(300.0, "5m"))),
        ("params.state == open", is_(name("state", source=Source.PARAMS), "open")),
    ],
)
def test_means(query: str, meant: Any) -> None:
    assert parse(query, NOW) == meant


@pytest.mark.parametrize(
    ("query", "at", "what"),
    [
        ("a or", 4, "Expected a name, a text or (, found the end."),
        ("(a", 0, "This ( is not closed"),
        ("a)", 1, ") closes nothing."),
        ("x ==", 4, "Expected a value after x ==, found the end."),
        ("x == and y", 5, "Expected a value after x ==, found and."),
        ("3 < x", 0, "Put the name first, the value after it: name < 3."),
        ('x == "a', 5, 'The quote " is not closed.'),
        ("x > none", 0, "None is neither more nor less"),
        ("x in (1", 5, "Expected , or ), found the end."),
        ("failed lost", 7, "A run is in one state only: write failed or lost."),
        ("state == suceeded", 9, "suceeded is no state. Did you mean succeeded?"),
        ("state > failed", 8, "state has no order"),
        ("created > 5", 10, "5 cannot be compared with created: give a date"),
        ("created ~ x", 10, "created is no text"),
        ("pinned == 1", 10, "give true or false"),
        ("a run.foo == 3", 2, "A run has no foo."),
        ("run.creatd > -1d", 0, "Did you mean created?"),
        ("a in note", 5, "note is one value, no list"),
        ("x == 2026-13-01", 5, "There is no such date."),
        ("a. == 3", 3, "Expected the rest of the name after ."),
        ("(" * 60 + "a" + ")" * 60, 50, "parentheses"),
        ("not " * 60 + "a", 200, "parentheses"),
        ("a " * 400, 600, "A search may have 300 terms."),
        ("a" * 10_001, 10_000, "A search may have 10000 characters"),
    ],
)
def test_says_where_and_what(query: str, at: int, what: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query, NOW)
    assert raised.value.at == at
    assert what in raised.value.what


def test_the_place_is_marked_below_a_part_of_a_long_search() -> None:
    with pytest.raises(QueryError) as raised:
        parse(f"{'a ' * 100}state == nope {'b ' * 100}")
    shown, marks = raised.value.pointer.split("\n")
    assert len(shown) <= 60
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "nope"


@given(st.text(alphabet="ab .()\"'`,<>=!~-1#%\\\n", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_search_or_an_error_with_a_place_in_it(query: str) -> None:
    found: list[QueryError] = []
    try:
        parse(query, NOW)
    except QueryError as error:
        found.append(error)
    assert all(0 <= error.at <= len(query) and error.what for error in found)


def test_all_that_must_be_true_is_found_in_nested_ands() -> None:
    found = conjuncts(parse("a == 1 (b == 2 (c == 3 or d == 4))", NOW))
    assert [type(one) for one in found] == [Comparison, Comparison, Or]


@pytest.mark.parametrize(
    ("sort", "meant"),
    [
        ("accuracy", Order(name("accuracy"), descending=False)),
        ("-metrics.loss.min", Order(name("loss", "min", source=Source.METRICS), descending=True)),
        ("-run.number", NEWEST),
    ],
)
def test_orders(sort: str, meant: Order) -> None:
    assert parse_order(sort) == meant


@pytest.mark.parametrize("sort", ["", "-", "a b", "3", "run.note", "a > 3"])
def test_an_order_is_one_name(sort: str) -> None:
    with pytest.raises(QueryError):
        parse_order(sort)
