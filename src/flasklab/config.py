"""The lab's settings: every name, its default, and where its value comes from.

A flag beats an environment variable, which beats the config file (`app.config`), which beats the default.
This is the one place where a setting's name is spelled out.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "FLASKLAB_"
# Variables that steer the build or the tests, not a lab.
_NOT_SETTINGS = frozenset({"FLASKLAB_NODE", "FLASKLAB_CHROMIUM", "FLASKLAB_TOKEN", "FLASKLAB_URL"})
_NOT_SETTINGS_PREFIXES = ("FLASKLAB_TEST_", "FLASKLAB_RUN_", "FLASKLAB_FAILPOINT")

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_MOST_GRACE_SECONDS = 3600.0
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "ms": 0.001, "min": 60.0}


def size_bytes(text: str | float) -> int:
    """Bytes meant by `text`: 1048576, "512 MiB", "2GB".

    Raises:
        ValueError: it is no size.
    """
    if isinstance(text, (int, float)):
        return int(text)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"{text!r} is no size; write bytes or a number with KB, MB, GB, KiB, MiB or GiB")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def duration_seconds(text: str | float) -> float:
    """Seconds meant by `text`: 90, "90s", "30m", "1h 30m", "2d".

    Raises:
        ValueError: it is no duration.
    """
    if isinstance(text, (int, float)):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([a-z]*)", "", text.strip().lower()).strip():
        raise ValueError(f'{text!r} is no duration; write seconds or a number with s, m, h or d, like "30m"')
    unknown = [unit for _, unit in parts if unit not in _SECONDS]
    if unknown:
        raise ValueError(f"{text!r} has the unknown unit {unknown[0]!r}; use s, m, h or d")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def is_pool_name(name: object) -> bool:
    """Whether a pool of units may have this name: letters, digits, "_" and "-", like "gpu" or "license"."""
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,49}", name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a lab, with absolute paths and plain numbers."""

    root: Path  # the lab's folder; relative paths in the settings start here
    results: Path  # where runs leave everything
    experiments: str  # absolute path of a folder or file, or a package's dotted name
    database_url: str  # SQLAlchemy URL
    executor: str = "local"  # what executes runs; "celery" is refused until it is there
    workers: int = 1  # runs at once
    host: str = "127.0.0.1"  # address the server listens on
    port: int = 8750
    max_upload: int = 1024**3  # bytes of one request body
    max_queued: int = 100_000  # runs waiting before a start is refused
    max_file: int = 0  # bytes of the largest file a run may write; 0 is no limit
    resources: Mapping[str, int] = field(default_factory=dict, hash=False)  # units of each pool that runs share
    max_log: int = 256 * 1024**2  # bytes of log kept per run
    min_free: int = 256 * 1024**2  # bytes free on the disk, below which no run is started
    grace: float = 5.0  # seconds that running work gets when the lab is stopped
    system_metrics: bool = True  # whether CPU, memory, disk, network and GPUs are recorded with each run
    keep_days: float = 0.0  # days after which a run that has ended goes to the bin, unless it is pinned; 0 is never
    bin_days: float = 7.0  # days that a deleted run can be restored
    trusted_hosts: tuple[str, ...] = ()  # host names besides loopback that requests may be addressed to
    cors_origins: tuple[str, ...] = ()  # origins of other front ends; empty is off
    record_env: tuple[str, ...] = ()  # names of environment variables recorded with a run

    def to_json(self) -> dict[str, Any]:
        """As JSON values, for a process of the lab; `from_json` reads it back."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """The settings that `to_json` wrote."""
        values = dict(data)
        for name in ("root", "results"):
            values[name] = Path(values[name])
        for name in ("trusted_hosts", "cors_origins", "record_env"):
            values[name] = tuple(values[name])
        return cls(**values)

    def to_environ(self) -> dict[str, str]:
        """As environment variables, which beat a config file; for a process that reads its settings anew."""
        values = {key: value for key, value in asdict(self).items() if key != "root"}
        return {PREFIX + key.upper(): _as_text(value) for key, value in values.items()}

    def replaced(self, **changes: Any) -> Settings:
        """A copy with some settings changed."""
        return replace(self, **changes)


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={units}" for name, units in value.items())
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(str(part) for part in value)


def _whole(least: int, most: int | None = None) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise ValueError("it must be a whole number") from None
        if number < least:
            raise ValueError(f"it must be at least {least}")
        if most is not None and number > most:
            raise ValueError(f"it must be at most {most}")
        return number

    return read


def _patience(value: Any) -> float:
    seconds = duration_seconds(value)
    if not 0 <= seconds <= _MOST_GRACE_SECONDS:
        raise ValueError("it must be at least 0 and at most one hour")
    return seconds


def _switch(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in {*_ON, *_OFF}:
        raise ValueError('it is "on" or "off"')
    return word in _ON


def _pools(value: Any) -> dict[str, int]:
    pairs = value.items() if hasattr(value, "items") else (part.partition("=")[::2] for part in _names(value))
    pools = {}
    for name, units in pairs:
        name, count = str(name).strip(), str(units).strip()
        if not is_pool_name(name) or not count.isdecimal():
            raise ValueError(f'{name}={units} is no pool of units; write "gpu=2, license=1"')
        pools[name] = int(count)
    return pools


def _executor(value: Any) -> str:
    if value == "celery":
        raise ValueError('executing with Celery is not there yet; write "local"')
    if value != "local":
        raise ValueError('it is "local"')
    return str(value)


def _days(value: Any) -> float:
    if isinstance(value, str) and value.strip().lower() in _OFF:
        return 0.0
    try:
        days = float(value)
    except (TypeError, ValueError):
        raise ValueError('it must be a number of days, or "off"') from None
    if not 0 <= days <= _MOST_DAYS:
        raise ValueError(f"it must be from 0 to {_MOST_DAYS} days")
    return days


_MOST_DAYS = 36_500
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
_READERS: dict[str, Callable[[Any], Any]] = {
    "executor": _executor,
    "workers": _whole(1),
    "host": str,
    "port": _whole(0, 65535),
    "max_upload": size_bytes,
    "max_queued": _whole(0),
    "max_file": size_bytes,
    "resources": _pools,
    "max_log": size_bytes,
    "min_free": size_bytes,
    "grace": _patience,
    "system_metrics": _switch,
    "keep_days": _days,
    "bin_days": _days,
    "trusted_hosts": _names,
    "cors_origins": _names,
    "record_env": _names,
}
NAMES: tuple[str, ...] = tuple(PREFIX + field.name.upper() for field in fields(Settings) if field.name != "root")


def load_settings(
    root: Path,
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings of the lab in folder `root`.

    Args:
        root: the lab's folder
        flags: values given on the command line, by full name (`FLASKLAB_PORT`); None values are left out
        environ: environment variables; the process's own when not given
        config: the config file's or `app.config`'s values, by full name

    Raises:
        SettingsError: a name is unknown or a value cannot be used; the message names it and the mend.
    """
    given: dict[str, tuple[Any, str]] = {}
    for source, where in (
        (config or {}, "the app's config"),
        (os.environ if environ is None else environ, "the environment"),
        (flags or {}, "the command line"),
    ):
        for name, value in source.items():
            if not name.startswith(PREFIX) or value is None or _is_foreign(name):
                continue
            if name not in NAMES:
                raise SettingsError(_unknown(name, where))
            given[name] = (value, where)
    values: dict[str, Any] = {}
    for name, (value, where) in given.items():
        key = name.removeprefix(PREFIX).lower()
        try:
            values[key] = _READERS.get(key, str)(value)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"{name}={value!r} from {where} cannot be used: {error}.") from None
    return _with_defaults(root.resolve(), values)


def _is_foreign(name: str) -> bool:
    return name in _NOT_SETTINGS or name.startswith(_NOT_SETTINGS_PREFIXES)


def _unknown(name: str, where: str) -> str:
    # What all names begin with would make any two of them near.
    known = [one.removeprefix(PREFIX) for one in NAMES]
    nearest = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
    hint = f" Did you mean {PREFIX}{nearest[0]}?" if nearest else f" Known: {', '.join(NAMES)}."
    return f"{name} in {where} is not a setting of Flasklab.{hint}"


def _with_defaults(root: Path, values: dict[str, Any]) -> Settings:
    results = (root / values.pop("results", "results")).resolve()
    experiments = values.pop("experiments", "experiments")
    if (root / experiments).exists() or "/" in experiments or experiments == "experiments":
        experiments = str((root / experiments).resolve())
    values.setdefault("database_url", f"sqlite:///{results / 'lab.db'}")
    values.setdefault("workers", os.cpu_count() or 1)
    return Settings(root=root, results=results, experiments=experiments, **values)
