"""A lab, from afar."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flasklab.client.run import LabRun
from flasklab.client.runs import Runs
from flasklab.client.transport import Transport, checked_url, json_body
from flasklab.client.uploads import form_body

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment, as the lab describes it."""

    name: str
    summary: str
    tags: tuple[str, ...]
    parameters: Mapping[str, Any]  # JSON Schema
    defaults: Mapping[str, Any]


class Lab:
    """Starts and reads the runs of the lab at `url`.

    Args:
        url: the lab's address, with the prefix where an app mounts it
        timeout: seconds without an answer after which a request is given up
        tries: how often each is made

    Raises:
        ValueError: that is no address.
    """

    def __init__(self, url: str, *, timeout: float = 60.0, tries: int = 5) -> None:
        self._transport = Transport(url=checked_url(url), timeout=timeout, tries=max(1, tries))

    def __repr__(self) -> str:
        return f"Lab({self._transport.url!r})"

    def experiments(self) -> list[Experiment]:
        """The lab's experiments."""
        return [
            Experiment(
                name=found["name"],
                summary=found["summary"],
                tags=tuple(found["tags"]),
                parameters=found["parameters"],
                defaults=found["defaults"],
            )
            for found in self._transport.json("GET", "/api/v1/experiments")["experiments"]
        ]

    def start(self, experiment: str, /, **params: Any) -> LabRun:
        """Start a run; a `Path` among the parameters is a file that is sent.

        Raises:
            LabAnswerError: the lab refuses; its `errors` say which parameter is wrong.
            LabUnreachableError: the lab does not answer.
        """
        return self.submit(experiment, params)

    def submit(
        self,
        experiment: str,
        params: Mapping[str, Any],
        *,
        priority: int | None = None,
        not_before: datetime | str | None = None,
        key: str | None = None,
    ) -> LabRun:
        """Start a run.

        Args:
            experiment: its name
            params: its parameters; those left out have their defaults
            priority: queued runs of a higher one begin first
            not_before: it begins at this moment at the earliest
            key: a second start of the experiment with the same key gives the first run; drawn unless given, so that a
                start whose answer got lost is made again and still there once
        """
        with_files = any(isinstance(value, Path) for value in params.values())
        found = self._transport.json(
            "POST",
            f"/api/v1/experiments/{quote(experiment, safe='')}/runs",
            {"priority": priority, "not_before": getattr(not_before, "isoformat", lambda: not_before)()},
            body=form_body(params) if with_files else json_body(dict(params)),
            headers={"Idempotency-Key": key or secrets.token_hex(16)},
        )
        return LabRun(self._transport, found)

    def run(self, run_id: str) -> LabRun:
        """The run of this id.

        Raises:
            LabAnswerError: there is none.
        """
        return LabRun(self._transport, self._transport.json("GET", f"/api/v1/runs/{quote(run_id, safe='')}"))

    def runs(
        self, query: str = "", *, state: str | None = None, experiment: str | None = None, limit: int | None = None
    ) -> Runs:
        """The runs that a search finds, newest first; nothing is asked before they are looked at.

        Args:
            query: as in the lab's own search
            state: only runs in this state
            experiment: only runs of this experiment
            limit: the newest so many; all unless given
        """
        return Runs(self._transport, {"q": query or None, "state": state, "experiment": experiment}, limit)
