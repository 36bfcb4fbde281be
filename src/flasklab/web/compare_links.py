"""What a comparison was asked for, and the addresses that ask for it a little differently."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request, url_for

from flasklab.runs.comparing import Directions
from flasklab.web.presenters.run_colors import slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flasklab.runs.run import Run

_MOST_TEXT = 200  # characters of a filter
_MOST_APART = 8  # runs that have an argument each in an address; a page of fifty has a hundred addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedComparison:
    """The query of `/compare`: everything that its page shows follows from it."""

    runs: tuple[str, ...]  # ids or numbers
    baseline: str = ""  # an id or a number; "" for none
    tab: str = ""  # "" is the overview
    every: bool = False  # also what does not differ, and what is left out as too much
    lower: tuple[str, ...] = ()  # values and metrics that are better when they are lower
    higher: tuple[str, ...] = ()
    left: str = ""  # the two runs that are told apart line by line
    right: str = ""
    name: str = ""  # part of the names of the figures that are shown
    colors: tuple[int, ...] = ()  # of the runs, in their order, where they are not as they would be anyway

    @property
    def directions(self) -> Directions:
        """What is said of directions."""
        return Directions(lower=self.lower, higher=self.higher)

    def fields(self) -> list[tuple[str, str]]:
        """Names and values, as an address or the hidden fields of a form hold them."""
        pairs = [("run", run) for run in self.runs]
        for name in ("baseline", "tab", "left", "right", "name"):
            pairs += [(name, text)] if (text := getattr(self, name)) else []
        pairs += [("all", "1")] if self.every else []
        pairs += [("lower", name) for name in self.lower] + [("higher", name) for name in self.higher]
        pairs += [("colors", ".".join(map(str, self.colors)))] if self.colors else []
        return pairs

    def address(self, **changes: Any) -> str:
        """The address of the comparison with these changes."""
        asked = replace(self, **changes)
        pairs = asked.fields()
        if len(asked.runs) > _MOST_APART:
            pairs = [("run", ",".join(asked.runs)), *pairs[len(asked.runs) :]]
        return f"{url_for('flasklab.compare')}?{urlencode(pairs, safe=',')}"

    def switched(self, name: str, *, lower: bool) -> AskedComparison:
        """The same, with the other direction for a value; what its name says anyway needs no word."""
        less, more = (tuple(one for one in said if one != name) for said in (self.lower, self.higher))
        if Directions(lower=less, higher=more).is_lower(name) != lower:
            less, more = ((*less, name), more) if lower else (less, (*more, name))
        return replace(self, lower=less, higher=more)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonLinks:
    """Addresses around one comparison."""

    asked: AskedComparison
    colors: Mapping[str, int]
    runs: Sequence[Run]

    def tab(self, key: str) -> str:
        """Another view."""
        return self._address(self.runs, tab="" if key == "overview" else key, name="", every=False)

    def without(self, run_id: str) -> str:
        """Without a run."""
        changes = {name: "" for name in ("baseline", "left", "right") if self._means(getattr(self.asked, name), run_id)}
        return self._address([run for run in self.runs if run.id != run_id], **changes)

    def baseline(self, run_id: str) -> str:
        """Told by another run; by none with ""."""
        return self._address(self.runs, baseline=run_id)

    def everything(self, every: bool) -> str:
        """With all rows, or without those that do not differ."""
        return self._address(self.runs, every=every)

    def switch(self, name: str, lower: bool) -> str:
        """The other direction for a value."""
        switched = self.asked.switched(name, lower=lower)
        return self._address(self.runs, lower=switched.lower, higher=switched.higher)

    def run(self, run_id: str) -> str:
        """A run's page."""
        return url_for("flasklab.results", run_id=run_id)

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that adds runs."""
        return replace(self.asked, colors=self._pins(self.runs)).fields()

    @property
    def pair_fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that chooses two of them."""
        return [(name, text) for name, text in self.fields if name not in ("left", "right")]

    @property
    def figure_fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that filters figures."""
        return [(name, text) for name, text in self.fields if name != "name"]

    @property
    def here(self) -> str:
        """Where such a form leads."""
        return url_for("flasklab.compare")

    @property
    def curves(self) -> str:
        """Where the curves are fetched."""
        return url_for("flasklab.compared_curves")

    def _address(self, runs: Sequence[Run], **changes: Any) -> str:
        return self.asked.address(**{"runs": tuple(run.id for run in runs), "colors": self._pins(runs), **changes})

    def _pins(self, runs: Sequence[Run]) -> tuple[int, ...]:
        """The colours, where these runs would not have them anyway."""
        kept = {run.id: self.colors[run.id] for run in runs}
        return () if slots(runs) == kept else tuple(kept.values())

    def _means(self, text: str, run_id: str) -> bool:
        return any(text in (run.id, str(run.number), f"#{run.number}") for run in self.runs if run.id == run_id)


def asked_comparison() -> AskedComparison:
    """The comparison that the present request asks for; `?run=12,15` and `?run=12 15` name two runs."""
    arguments = request.args
    return AskedComparison(
        runs=tuple(text for one in arguments.getlist("run") for text in re.split(r"[\s,;]+", one) if text),
        baseline=arguments.get("baseline", ""),
        tab=arguments.get("tab", ""),
        every="all" in arguments,
        lower=tuple(dict.fromkeys(arguments.getlist("lower"))),
        higher=tuple(dict.fromkeys(arguments.getlist("higher"))),
        left=arguments.get("left", ""),
        right=arguments.get("right", ""),
        name=arguments.get("name", "").strip()[:_MOST_TEXT],
        colors=tuple(int(text) for text in arguments.get("colors", "").split(".") if re.fullmatch(r"[0-9]{1,2}", text)),
    )
