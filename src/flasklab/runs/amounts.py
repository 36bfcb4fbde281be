"""Numbers, sizes and durations in words, the same on pages, on the command line and in messages."""

from __future__ import annotations

import math

_GROUPED_FROM = 10_000  # below, a separator makes years and steps no easier to read
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")


def duration(seconds: float) -> str:
    """Seconds as "850 ms", "3.2 s", "12m 46s", "1h 04m" or "2d 03h"."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"


def size(count: float) -> str:
    """Bytes as "812 B", "1.2 MB" (decimal, as file managers and download bars count)."""
    for unit in _SIZES[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_SIZES[-1]}"


def memory(count: int) -> str:
    """Bytes as the powers of two that memory is asked for in: "2 GiB", "1.5 GiB"."""
    for unit, amount in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= amount:
            return f"{count / amount:.4g} {unit}"
    return size(count)


def number(value: float) -> str:
    """A number with four significant digits, grouped from 10,000 on, very small or large ones in e-notation."""
    if isinstance(value, int):
        return _grouped(value) if abs(value) < 10**15 else f"{value:.4g}"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e7:
        mantissa, _, exponent = f"{value:.3e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if value.is_integer():
        return _grouped(int(value))
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else _grouped(int(text))


def _grouped(value: int) -> str:
    return f"{value:,}" if abs(value) >= _GROUPED_FROM else str(value)
