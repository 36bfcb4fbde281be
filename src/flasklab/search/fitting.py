"""Values as the run's own fields are compared with: states that exist, moments, spans."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.search.errors import QueryError, nearest
from flasklab.search.expressions import Moment, Operator, Source, Span
from flasklab.search.fields import FieldKind

if TYPE_CHECKING:
    from flasklab.search.expressions import Name, Value
    from flasklab.search.fields import Field
    from flasklab.search.tokens import Token

_DAY_SECONDS = 86_400.0
_DAYS = {"today": 0.0, "yesterday": -_DAY_SECONDS}
_TEXTUAL = (FieldKind.TEXT, FieldKind.TAGS)
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)


def moment(text: str, now: float) -> Moment | None:
    """The moment that a text means: a date, a date and time (RFC 3339; UTC unless it says otherwise), today, yesterday.

    Args:
        text: what was typed
        now: Unix seconds

    Returns:
        The moment; of a date, its first. None for any other text.
    """
    if text.lower() in _DAYS:
        return Moment(now - now % _DAY_SECONDS + _DAYS[text.lower()], text)
    try:
        found = datetime.fromisoformat(text)
        return Moment((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), text)
    except (ValueError, OverflowError):
        return None


def fitted(field: Field, name: Name, operator: Operator, value: Value, query: str, token: Token, now: float) -> Value:
    """The value as this field is compared with it.

    Args:
        field: of the run
        name: as it was typed
        operator: between them
        value: as it was typed
        query: all that was typed
        token: where the value stands
        now: Unix seconds

    Raises:
        QueryError: it can never be equal to, or compared with, what the field holds.
    """
    contains = operator in (Operator.CONTAINS, Operator.LACKS)
    if contains and field.kind not in (*_TEXTUAL, FieldKind.STATE):
        raise QueryError(query, token.at, f"{name} is no text: compare it with == != < <= > >=.", len(token.text))
    if operator in _ORDERED and field.kind in (FieldKind.TAGS, FieldKind.STATE, FieldKind.FLAG):
        raise QueryError(query, token.at, f"{name} has no order: compare it with == or !=.", len(token.text))
    if value is None or contains:
        return value if value is None else token_text(token)
    found = _fit(field, value, token, now)
    if found is None:
        raise QueryError(query, token.at, _refusal(field, name, token), len(token.text))
    return found


def token_text(token: Token) -> str:
    """A value as a text: without its quotes, or as it was typed."""
    return token.value if isinstance(token.value, str) else token.text


def _fit(field: Field, value: Value, token: Token, now: float) -> Value:
    """The value; None where it does not fit."""
    number = not isinstance(value, bool) and isinstance(value, (int, float))
    match field.kind:
        case FieldKind.STATE:
            return value if value in tuple(RunState) else None
        case FieldKind.MOMENT:
            if isinstance(value, Span):
                return Moment(now + value.seconds, value.text)
            return moment(value, now) if isinstance(value, str) else value if isinstance(value, Moment) else None
        case FieldKind.SPAN:
            return Span(float(value), token.text) if number else value if isinstance(value, Span) else None  # type: ignore[arg-type]  # `number` says so
        case FieldKind.NUMBER:
            return value if number else None
        case FieldKind.FLAG:
            return value if isinstance(value, bool) else None
    return token_text(token)


def _refusal(field: Field, name: Name, token: Token) -> str:
    typed = token_text(token)
    if field.kind is FieldKind.STATE:
        states = ", ".join(RunState)
        told = f"{typed} is no state.{nearest(typed, tuple(RunState))} There are: {states}."
    else:
        told = f"{typed} cannot be compared with {name}: give {field.kind.value}."
    return told if name.source is Source.RUN else f"{told} For a parameter of that name, write params.{name}."
