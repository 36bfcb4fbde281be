"""How fast a loop goes, and what is left of it: smoothed, so that people can read it."""

from __future__ import annotations

import math

_MEMORY_SECONDS = 15.0  # older steps count for less than e to the minus one
_LEAST_WEIGHT = 0.8  # of the steps before, however long the present one took: about five of them always count
_RATE_AFTER_SECONDS = 0.5  # before that, a rate is noise
_LEFT_AFTER_SECONDS = 5.0
_GROWTH = 1.1  # what is left is said to grow only where it does so by more than a tenth and a second


class Pace:
    """Units a second as a moving average in which time counts, not the number of calls; times are monotonic seconds.

    A step's time counts when the step is done, so that a loop that waits keeps the pace it had.
    """

    __slots__ = ("_at", "_begun", "_done", "_ends", "_seconds", "_total", "_units")

    def __init__(self, done: float, now: float) -> None:
        self._restart(done, now)

    def _restart(self, done: float, now: float) -> None:
        self._done = done
        self._begun = self._at = now
        self._units = self._seconds = 0.0
        self._total: float | None = None
        self._ends: float | None = None  # when it is expected to be done

    def rest(self, done: float, now: float) -> None:
        """Go on from `done` at the pace so far: the time until now belongs to nobody."""
        self._done, self._at = done, now
        self._ends = None

    def take(self, done: float, total: float | None, now: float) -> None:
        """Note how far the loop has come; one that is back at less than half begins anew."""
        if total != self._total:
            self._ends = None
            self._total = total
        if done < self._done:
            if done <= self._done / 2:
                self._restart(done, now)
                self._total = total
            return
        units, seconds = done - self._done, now - self._at
        if not units:
            return
        weight = max(math.exp(-seconds / _MEMORY_SECONDS), _LEAST_WEIGHT)
        self._units = weight * self._units + units
        self._seconds = weight * self._seconds + seconds
        self._done, self._at = done, now

    def rate(self) -> float | None:
        """Units a second; None while nobody can tell."""
        if self._at - self._begun < _RATE_AFTER_SECONDS or self._seconds <= 0:
            return None
        rate = self._units / self._seconds
        return rate if math.isfinite(rate) and rate > 0 else None

    def left(self, now: float) -> float | None:
        """Seconds left; None while nobody can tell. It is not said to grow for a little."""
        rate = self.rate()
        if rate is None or self._total is None or self._at - self._begun < _LEFT_AFTER_SECONDS:
            return None
        left = max(0.0, self._total - self._done) / rate
        left = max(0.0, left - (now - self._at))
        if self._ends is not None:
            said = max(0.0, self._ends - now)
            if said <= left <= _GROWTH * said + 1.0:
                return said
        self._ends = now + left
        return left
