"""HTTP with the standard library: questions are repeated where that does no harm, refusals become errors."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flasklab.client.errors import LabAnswerError, LabUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from email.message import Message

_LATER = frozenset({429, 502, 503, 504})  # statuses after which the same may do
_LONGEST_PAUSE = 30.0  # seconds
_TROUBLE = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent, made anew for every try."""

    media_type: str
    length: int  # bytes
    pieces: Callable[[], Iterable[bytes]]


def json_body(value: Any) -> Body:
    """A JSON value as a body."""
    data = json.dumps(value).encode()
    return Body(media_type="application/json", length=len(data), pieces=lambda: (data,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Asks one lab.

    Every request can be repeated: those that read change nothing, starts carry a key that makes a second one answer
    with the first run, and a run that is canceled twice is canceled once.
    """

    url: str  # of the lab, without a slash at its end
    timeout: float = 60.0  # seconds without a byte
    tries: int = 5
    sleep: Callable[[float], None] = field(default=time.sleep)

    def json(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """What the lab answers, as a JSON value.

        Raises:
            LabAnswerError: it refuses.
            LabUnreachableError: it does not answer.
        """
        with self.opened(method, path, query, body=body, headers=headers) as answer:
            try:
                return json.loads(answer.read())
            except _TROUBLE as error:
                raise self._unreachable(error) from error
            except ValueError as error:
                raise LabUnreachableError(f"{self.url} does not answer as a lab does: {path} is no JSON.") from error

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, to be read.

        Raises:
            LabAnswerError: it is a refusal.
            LabUnreachableError: there is none.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"{self.url}{path}{'?' if given else ''}{urlencode(given, doseq=True)}"
        with self._answer(method, address, body, {"Accept": "application/json", **(headers or {})}) as answer:
            yield answer

    def _answer(
        self, method: str, address: str, body: Body | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        for count in range(1, self.tries + 1):
            request = urllib.request.Request(address, method=method, headers=dict(headers))  # noqa: S310 - checked
            if body is not None:
                request.data = body.pieces()
                request.add_header("Content-Type", body.media_type)
                request.add_header("Content-Length", str(body.length))
            try:
                answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=self.timeout)  # noqa: S310
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in _LATER or count == self.tries:
                        raise LabAnswerError(error.code, _problem(error.read())) from error
                    pause = _asked_pause(error.headers)
            except _TROUBLE as error:
                if count == self.tries:
                    raise self._unreachable(error) from error
                pause = None
            else:
                return answer
            self.sleep(min(pause if pause is not None else 0.2 * 2**count, _LONGEST_PAUSE))
        raise AssertionError  # pragma: no cover - the last try returns or raises

    def _unreachable(self, error: Exception) -> LabUnreachableError:
        why = getattr(error, "reason", None) or error
        return LabUnreachableError(f"{self.url} does not answer ({why}). Is the lab served there?")


def checked_url(url: str) -> str:
    """The lab's address without a slash at its end.

    Raises:
        ValueError: it is none of HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f'{url!r} is no address of a lab; write "http://127.0.0.1:8750"')
    return url.rstrip("/")


def _problem(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _asked_pause(headers: Message) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
