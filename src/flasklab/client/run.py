"""A run of a lab, held from afar."""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from flasklab.client.errors import LabUnreachableError, RunFailedError
from flasklab.runs.json import non_finite
from flasklab.runs.state import FINAL_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.client.transport import Transport

_WAIT = 25.0  # seconds that one request waits
_PAUSE = 0.5  # seconds between two where the lab does not wait
_PIECE = 1 << 18  # bytes


class Series(NamedTuple):
    """All points of a metric, column by column."""

    steps: list[int]
    values: list[float]
    times: list[float]  # Unix seconds


class LabRun:
    """A handle on one run; `json` is what the lab said of it last."""

    def __init__(self, transport: Transport, json: Mapping[str, Any]) -> None:
        self._transport = transport
        self.json = json
        """The run as the REST API tells it."""

    def __repr__(self) -> str:
        return f"<run #{self.number} of {self.experiment}: {self.state}>"

    @property
    def id(self) -> str:
        """What stands in its addresses."""
        return str(self.json["id"])

    @property
    def number(self) -> int:
        """Its number in the lab."""
        return int(self.json["number"])

    @property
    def experiment(self) -> str:
        """The experiment's name."""
        return str(self.json["experiment"])

    @property
    def params(self) -> Mapping[str, Any]:
        """All parameters, defaults filled in."""
        found: Mapping[str, Any] = self.json["params"]
        return found

    @property
    def state(self) -> str:
        """Where it stood when the lab was asked last."""
        return str(self.json["state"])

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"{self._transport.url}/results/{self.id}"

    def refresh(self) -> LabRun:
        """Ask the lab how it stands now."""
        self.json = self._transport.json("GET", self._path())
        return self

    def wait(self, timeout: float | None = None) -> LabRun:
        """Wait for its end.

        Args:
            timeout: seconds; for ever unless given

        Raises:
            TimeoutError: it has not ended by then.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.state not in FINAL_STATES:
            left = _WAIT if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Run #{self.number} of {self.experiment} is {self.state} after {timeout} s.")
            asked = time.monotonic()
            self.json = self._transport.json("GET", self._path(), {"wait": f"{min(left, _WAIT):.3f}"})
            if self.state not in FINAL_STATES and time.monotonic() - asked < _PAUSE:
                self._transport.sleep(min(_PAUSE, max(left, 0.0)))  # too many wait already
        return self

    @property
    def result(self) -> Any:
        """What the experiment returned; waits for the run's end.

        Raises:
            RunFailedError: it has ended without a result.
        """
        self.wait()
        if self.state != "succeeded":
            raise RunFailedError(self.json)
        return revived(self.json["output"])

    def cancel(self) -> LabRun:
        """Ask it to stop; `wait` tells when it has. One that has ended stays as it is."""
        if self.refresh().state not in FINAL_STATES:
            self.json = self._transport.json("POST", self._path("/cancel"))
        return self

    def logs(self) -> str:
        """What it has printed so far."""
        with self._transport.opened("GET", self._path("/logs"), {"format": "text"}) as answer:
            return answer.read().decode("utf-8", "replace")

    def metrics(self, key: str, points: int | None = None) -> Series:
        """A metric's points.

        Args:
            key: the metric's name
            points: about so many of them, extremes kept; all unless given

        Raises:
            KeyError: the run has no such metric.
        """
        found = self._transport.json("GET", self._path("/metrics"), {"key": key, "points": points})["metrics"]
        if key not in found:
            raise KeyError(key)
        return Series(found[key]["steps"], [revived(value) for value in found[key]["values"]], found[key]["times"])

    def download(self, name: str | None = None, to: str | Path = ".") -> Path:
        """Save one of its files, or all of it as a zip.

        Args:
            name: the file's name; all of it unless given
            to: a folder that is there, or the path of the file

        Returns:
            Where it lies.

        Raises:
            LabAnswerError: it has no such file.
            LabUnreachableError: less arrived than the lab has.
        """
        target = Path(to)
        if target.is_dir():
            target /= Path(name).name if name else f"{self.experiment}-{self.number}.zip"
        path = f"/download/{quote(self.id)}" + ("" if name is None else f"/{quote(name, safe='/')}")
        unfinished = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        digest = hashlib.sha256()
        try:
            with self._transport.opened("GET", path) as answer, unfinished.open("xb") as file:
                while piece := answer.read(_PIECE):
                    digest.update(piece)
                    file.write(piece)
                promised = (answer.headers.get("ETag") or "").strip('"')
            if name is not None and promised and promised != digest.hexdigest():
                raise LabUnreachableError(f"{name} did not arrive as it is in the lab. Try again.")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target

    def _path(self, further: str = "") -> str:
        return f"/api/v1/runs/{quote(self.id)}{further}"


def revived(value: Any) -> Any:
    """`value` with the texts "NaN", "Infinity" and "-Infinity", at any depth, as the numbers they stand for."""
    if isinstance(value, str):
        number = non_finite(value)
        return value if number is None else number
    if isinstance(value, dict):
        return {key: revived(item) for key, item in value.items()}
    return [revived(item) for item in value] if isinstance(value, list) else value
