"""Which lab a command works on, and its settings: flags over environment over config file over defaults."""

from __future__ import annotations

import os
import runpy
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flasklab.cli.served import find_limits, find_served
from flasklab.config import PREFIX, load_settings
from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flasklab.config import Settings

_EXPERIMENTS = f"{PREFIX}EXPERIMENTS"
_FLAGS = "flasklab.flags"  # where a command's context keeps the settings given as flags

# What each setting's flag says in `--help`; a test fails when one is missing.
FLAGS = {
    "results": "Folder where runs leave everything.",
    "experiments": "Folder, file or package of the experiments.",
    "database_url": "Database, as SQLAlchemy writes it; SQLite in the results folder unless given.",
    "executor": "What executes runs: local.",
    "workers": "Runs at once.",
    "host": "Address to listen on.",
    "port": "Port to listen on.",
    "max_upload": 'Largest upload, like "1 GiB".',
    "max_queued": "Runs that may wait before a start is refused.",
    "max_file": 'Largest file that a run may write, like "10 GiB"; 0 is no limit.',
    "resources": 'Units that runs share, like "gpu=2, license=1".',
    "max_log": 'Log kept per run, like "256 MiB".',
    "min_free": 'Free space below which no run is started, like "256 MiB".',
    "grace": 'What running work gets when the lab is stopped, like "10s".',
    "system_metrics": "Whether CPU, memory, disk, network and GPUs are recorded: on or off.",
    "keep_days": "Days after which a run goes to the bin, unless it is pinned; off: never.",
    "bin_days": "Days that a deleted run can be restored.",
    "trusted_hosts": "Host names the lab answers to besides this machine's, with commas.",
    "cors_origins": "Origins of other front ends that may ask, with commas.",
    "record_env": "Environment variables to record with each run, with commas.",
}
# Where the lab's things are: what every command needs to know.
WHERE = ("results", "experiments", "database_url")


@dataclass(slots=True, kw_only=True)
class Entrance:
    """The lab that this process's command works on; `serve FILE` may choose another."""

    folder: Path
    config: Mapping[str, Any] | None = None  # `app.config` under `flask lab`; config.py is read when None
    known: Settings | None = None  # the app's own settings under `flask lab`
    app_file: Path | None = None  # the app's file under `flask lab`
    defaults: dict[str, Any] = field(default_factory=dict)  # settings that the command's arguments imply

    @classmethod
    def of(cls, ctx: click.Context) -> Entrance:
        """The entrance through which this command was called; the current folder where none was named."""
        return ctx.find_object(cls) or cls(folder=Path())

    def settings(self, flags: Mapping[str, Any], *, as_served: bool = False) -> Settings:
        """The lab's settings.

        Args:
            flags: above all others, by full name
            as_served: take the experiments that the lab was last served with where nothing names any, and the limits
                of the server that serves it now

        Raises:
            SettingsError: config.py cannot be read, or a setting cannot be used.
        """
        given = self.defaults | dict(flags)
        if self.known is not None and not given:
            return self.known
        config = read_config(self.folder) if self.config is None else self.config
        settings = load_settings(self.folder, flags=given, config=config)
        if not as_served or self.config is not None:
            return settings
        served = find_served(settings.results)
        if served is not None and _EXPERIMENTS not in {*given, *config, *os.environ}:
            settings = load_settings(self.folder, flags=given, config={**config, _EXPERIMENTS: served})
        return settings.replaced(**find_limits(settings.results))


def read_config(folder: Path) -> dict[str, Any]:
    """The FLASKLAB_ names that `config.py` in this folder sets; none when there is no such file.

    Raises:
        SettingsError: it cannot be run; the message names the line.
    """
    file = folder / "config.py"
    if not file.is_file():
        return {}
    try:
        names = runpy.run_path(str(file))
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        where = str(file) if line is None else f"{file}:{line}"
        raise SettingsError(f"{where}: {type(error).__name__}: {error}.") from error
    return {name: value for name, value in names.items() if name.startswith(PREFIX)}


def setting_flags(*keys: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command flags for these settings; `lab_settings` takes them into account."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for key in reversed(keys):
            flag = click.option(
                f"--{key.replace('_', '-')}",
                key,
                metavar="VALUE",
                expose_value=False,
                callback=_keep,
                help=FLAGS[key],
            )
            command = flag(command)
        return command

    return decorate


def _keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None and param.name is not None:
        ctx.meta.setdefault(_FLAGS, {})[PREFIX + param.name.upper()] = value


def given_flags() -> dict[str, str]:
    """The settings that were given as flags to the command that is being called, by full name."""
    flags: dict[str, str] = click.get_current_context().meta.get(_FLAGS, {})
    return flags


def lab_settings() -> Settings:
    """The settings for the command that is being called.

    Raises:
        SettingsError: one cannot be used.
    """
    return Entrance.of(click.get_current_context()).settings(given_flags(), as_served=True)
