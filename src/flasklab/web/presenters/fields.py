"""One field of a form as a page draws it: which native control, with which value, limits and words.

Without JavaScript every control sends what it shows; the form's island only adds sliders, dice and reset dots.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from flasklab.web.presenters import formats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SEGMENTS = 4  # choices that still fit side by side
_SLIDER_STEPS = 200
_FILE_KINDS = ("file", "table", "array")
_CONTROLS = {
    "integer": "number",
    "number": "number",
    "decimal": "number",
    "multiline": "textarea",
    "list": "textarea",
    "objects": "textarea",
    "json": "textarea",
    "object": "textarea",
    "boolean": "check",
    "choices": "checks",
    "date": "date",
    "datetime": "datetime-local",
    "time": "time",
}
# What the browser's own controls hold; any other text is shown as text, so that nothing typed is lost.
_HELD = {
    "number": re.compile(r"|-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.I),
    "date": re.compile(r"|\d{4}-\d\d-\d\d"),
    "datetime-local": re.compile(r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?"),
    "time": re.compile(r"|\d\d:\d\d(:\d\d(\.\d{1,3})?)?"),
}
_HINTS = {
    "list": "One item per line.",
    "objects": "One item per line, as JSON.",
    "json": "JSON.",
    "object": "JSON.",
    "duration": "Like 90s, 30m or 1h 30m.",
}


class Choice(Protocol):
    """One option."""

    @property
    def value(self) -> str:
        """What is sent."""

    @property
    def label(self) -> str:
        """What people read."""


class Spec(Protocol):
    """What a field's parameter says of it; `flasklab.web.forms.FieldSpec` is one."""

    @property
    def name(self) -> str:
        """The parameter, dotted."""

    @property
    def label(self) -> str:
        """What stands above the control."""

    @property
    def kind(self) -> str:
        """The parameter's kind."""

    @property
    def unit(self) -> str:
        """Of a number."""

    @property
    def help(self) -> str:
        """From the docstring."""

    @property
    def required(self) -> bool:
        """Has no default."""

    @property
    def minimum(self) -> float | str | None:
        """Smallest value."""

    @property
    def maximum(self) -> float | str | None:
        """Largest value."""

    @property
    def step(self) -> float | None:
        """Between two values."""

    @property
    def multiple_of(self) -> float | None:
        """What a number must be a multiple of."""

    @property
    def min_length(self) -> int | None:
        """Characters of a text."""

    @property
    def max_length(self) -> int | None:
        """Characters of a text."""

    @property
    def pattern(self) -> str | None:
        """A regular expression that a text matches."""

    @property
    def choices(self) -> Sequence[Choice]:
        """The options."""

    @property
    def accept(self) -> Sequence[str]:
        """Endings of a file."""

    @property
    def max_bytes(self) -> int | None:
        """Of a file."""

    @property
    def multiple(self) -> bool:
        """Several values."""

    @property
    def nullable(self) -> bool:
        """May mean "none"."""

    @property
    def logarithmic(self) -> bool:
        """Orders of magnitude matter."""

    @property
    def group(self) -> str:
        """The title of the nested parameters it belongs to."""


class Field(Protocol):
    """A WTForms field made from a parameter."""

    @property
    def spec(self) -> Spec:
        """What is known of it."""

    @property
    def id(self) -> str:
        """Of its control."""

    @property
    def name(self) -> str:
        """What it is sent as."""

    @property
    def data(self) -> Any:
        """A text, a list of texts, a bool for a box, a file's value."""

    @property
    def errors(self) -> Sequence[str]:
        """What is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field as it is drawn."""

    id: str
    name: str
    label: str
    kind: str  # the parameter's
    control: str  # an input's type, or "textarea", "select", "segments", "check", "checks", "file"
    value: str  # of a control with one text
    values: tuple[str, ...]  # what is chosen
    options: tuple[tuple[str, str], ...]  # (value, label)
    default: str  # the default as text, several lines for several values; what the reset dot goes back to
    has_default: bool
    errors: tuple[str, ...]
    help: str
    hint: str  # how to write it
    unit: str
    limits: str  # "0.05 to 0.5 · a multiple of 0.05"
    minimum: str
    maximum: str
    step: str
    slider_step: str  # "" without a slider
    logarithmic: bool
    required: bool
    code: bool  # set in the fixed-width face
    accept: str
    kept: str  # JSON of an upload that is in the lab already
    kept_text: str  # "penguins.csv · 15.2 kB"
    several: bool  # several files
    dice: bool  # a seed, which may be drawn
    placeholder: str  # what an empty control means; "" where that is no value

    @property
    def grouped(self) -> bool:
        """Several controls under one label, so a fieldset."""
        return self.control in ("segments", "checks")

    @property
    def described(self) -> str:
        """Ids of what describes the control."""
        parts = ((self.help or self.hint, "help"), (self.errors, "error"))
        return " ".join(f"{self.id}-{suffix}" for present, suffix in parts if present)


def field_view(field: Field, defaults: Mapping[str, Sequence[str]]) -> FieldView:
    """The field as it is drawn.

    Args:
        field: the form's field
        defaults: the defaults of all parameters as texts
    """
    spec = field.spec
    values = () if spec.kind in _FILE_KINDS else _values(field.data)
    control = _control(spec, values)
    limits = tuple(_bound(limit) for limit in (spec.minimum, spec.maximum))
    return FieldView(
        id=field.id,
        name=field.name,
        label=spec.label,
        kind=spec.kind,
        control=control,
        value=_value(spec, control, values),
        values=values,
        options=_options(spec),
        default="\n".join(defaults.get(spec.name, ())),
        has_default=not spec.required and spec.kind not in _FILE_KINDS,
        errors=tuple(field.errors),
        help=_sentence(spec.help) if spec.kind in _HINTS else spec.help,
        hint=_HINTS.get(spec.kind, ""),
        unit=spec.unit,
        limits=_limits(spec),
        minimum=limits[0],
        maximum=limits[1],
        step=_step(spec),
        slider_step=_slider_step(spec) if control == "number" else "",
        logarithmic=_logarithmic(spec),
        required=spec.required,
        code=spec.kind in ("json", "object", "objects", "list"),
        accept=",".join(spec.accept),
        kept=str(getattr(field, "kept", "") or ""),
        kept_text=_kept(field),
        several=spec.multiple,
        dice=_is_seed(spec),
        placeholder=_placeholder(spec, control),
    )


def _values(data: Any) -> tuple[str, ...]:
    if data is None or data == "" or isinstance(data, dict):
        return ()
    if isinstance(data, bool):
        return ("true" if data else "false",)
    return tuple(str(part) for part in data) if isinstance(data, (list, tuple)) else (str(data),)


def _value(spec: Spec, control: str, values: tuple[str, ...]) -> str:
    if control != "textarea":
        return "".join(values[-1:])
    text = "\n".join(values)
    return _pretty(text) if spec.kind in ("json", "object") else text


def _control(spec: Spec, values: tuple[str, ...]) -> str:
    if spec.kind in _FILE_KINDS:
        return "file"
    if spec.kind == "choice" or (spec.kind == "boolean" and spec.nullable):
        return "segments" if len(_options(spec)) <= _SEGMENTS else "select"
    control = _CONTROLS.get(spec.kind, "text")
    held = _HELD.get(control)
    return "text" if held and not all(held.fullmatch(text) for text in values) else control


def _options(spec: Spec) -> tuple[tuple[str, str], ...]:
    if spec.kind == "boolean":
        return (("", "none"), ("true", "yes"), ("false", "no"))
    none = (("", "none"),) if spec.nullable and spec.kind == "choice" else ()
    return (*none, *((choice.value, choice.label) for choice in spec.choices))


def _kept(field: Field) -> str:
    """Uploads that are in the lab already, in words."""
    found = field.data if isinstance(field.data, list) else [field.data]
    known = [one for one in found if isinstance(one, dict) and {"file", "size"} <= one.keys()]
    return ", ".join(f"{one['file']} · {formats.size(one['size'])}" for one in known)


def _pretty(text: str) -> str:
    """JSON set over several lines; what is no JSON stays as typed."""
    try:
        return msgspec.json.format(text, indent=2) if text else ""
    except msgspec.DecodeError:
        return text


def _sentence(text: str) -> str:
    return f"{text}." if text and text[-1] not in ".!?" else text


def _said(limit: float | str | None) -> str:
    """A limit in words: whole numbers are read more easily in groups of thousands."""
    if isinstance(limit, (int, float)) and float(limit).is_integer() and 10_000 <= abs(limit) < 10**15:
        return f"{int(limit):,}"
    return _bound(limit)


def _bound(limit: float | str | None) -> str:
    if limit is None:
        return ""
    return limit if isinstance(limit, str) else formats.parameter(limit)


def _limits(spec: Spec) -> str:
    if spec.kind in _FILE_KINDS:
        parts = [" ".join(spec.accept), f"up to {formats.size(spec.max_bytes)}" if spec.max_bytes else ""]
    else:
        parts = [
            _range(_said(spec.minimum), _said(spec.maximum), ""),
            f"a multiple of {_said(spec.multiple_of)}" if spec.multiple_of else "",
            _range(_said(spec.min_length or None), _said(spec.max_length), " characters"),
            f"matches {spec.pattern}" if spec.pattern else "",
        ]
    return " · ".join(part for part in parts if part)


def _range(low: str, high: str, noun: str) -> str:
    if low and high:
        return f"{low}{noun}" if noun and low == high else f"{low} to {high}{noun}"
    return f"at least {low}{noun}" if low else (f"at most {high}{noun}" if high else "")


def _placeholder(spec: Spec, control: str) -> str:
    """What an empty control means."""
    if not spec.nullable or control in ("check", "checks", "segments", "select", "file"):
        return ""
    return "drawn at the start" if _is_seed(spec) else "none"


def _is_seed(spec: Spec) -> bool:
    return spec.kind == "integer" and spec.name.rpartition(".")[2] == "seed"


def _step(spec: Spec) -> str:
    if spec.kind == "integer":
        return formats.parameter(spec.step or 1)
    if spec.kind in ("number", "decimal"):
        return formats.parameter(spec.step) if spec.step else "any"
    return "1" if spec.kind in ("datetime", "time") else ""


def _logarithmic(spec: Spec) -> bool:
    """Whether a slider goes by orders of magnitude: where asked for, or where the limits span three."""
    low, high = spec.minimum, spec.maximum
    if not isinstance(low, (int, float)) or low <= 0:
        return False
    wide = spec.kind in ("number", "integer", "decimal") and isinstance(high, (int, float)) and high / low >= 1000
    return spec.logarithmic or wide


def _slider_step(spec: Spec) -> str:
    """The step of a slider: the number's own, or a round one that makes about two hundred."""
    low, high = spec.minimum, spec.maximum
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or high <= low:
        return ""
    if _logarithmic(spec):
        return "any"
    if spec.step:
        return formats.parameter(spec.step)
    if spec.kind == "integer":
        return "1"
    return f"{10 ** math.floor(math.log10((high - low) / _SLIDER_STEPS) + 0.5):g}"
