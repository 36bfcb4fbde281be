"""The one family of errors: each says what happened and what to do next.

Nothing here knows HTTP; `flasklab.http.problems` is the one place that maps an error to a status.
"""

from __future__ import annotations

from dataclasses import dataclass


class FlasklabError(Exception):
    """Something went wrong in the lab."""


class SettingsError(FlasklabError):
    """A setting is unknown or its value cannot be used."""


class ExperimentNotFoundError(FlasklabError):
    """No experiment has this name."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        self.name = name
        self.known = known
        nearest = f" Known: {', '.join(known)}." if known else " The lab has no experiments yet."
        super().__init__(f"There is no experiment named {name!r}.{nearest}")


class RunNotFoundError(FlasklabError):
    """No run has this id."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"There is no run {run_id!r}. It may have been deleted, or its number or id is mistyped.")


class FileMissingError(FlasklabError):
    """A run has no file of this name, or a stored file's content is gone."""


class WrongStateError(FlasklabError):
    """What was asked for is not possible in the run's present state."""


class QueueFullError(FlasklabError):
    """The lab takes no more runs for now."""

    def __init__(self, queued: int, limit: int, retry_after_seconds: int = 10) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"{queued} runs are queued already and this lab takes at most {limit}. "
            "Try again when some have finished, or raise FLASKLAB_MAX_QUEUED."
        )


class MissingResourcesError(FlasklabError):
    """A run takes more units of a pool than the lab has, so that it would wait for ever."""

    def __init__(self, experiment: str, sentences: tuple[str, ...]) -> None:
        super().__init__(f"No run of {experiment} can begin here. {' '.join(sentences)}")


class TooLargeError(FlasklabError):
    """What was sent is larger than the lab accepts."""


@dataclass(frozen=True, slots=True)
class ParameterError:
    """What is wrong with one parameter."""

    param: str  # its name; nested ones with dots: "optimizer.lr", "layers.0"
    message: str  # a sentence for the person who filled in the form


class InvalidParametersError(FlasklabError):
    """One or more parameters were refused; all of them are named at once."""

    def __init__(self, errors: tuple[ParameterError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.param}: {error.message}" for error in errors))


class MissingLibraryError(FlasklabError):
    """What was asked for is the work of a library that is not installed here."""

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        self.extra = extra
        super().__init__(f"This needs {library}, which is not installed. Run: pip install 'flasklab[{extra}]'")


class DefinitionError(FlasklabError):
    """An experiment's definition cannot be used; the message names file, line and mend."""

    def __init__(self, message: str, *, file: str, line: int) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {message}")


class StoreError(FlasklabError):
    """The database or the results folder cannot be used."""


class BackupError(FlasklabError):
    """A backup cannot be made, read or restored."""


class StoreRefusedError(StoreError):
    """The database takes everything but what it was given; trying again does not help."""


class StoreBusyError(StoreError):
    """Another process held the database for too long; nothing was changed."""


class StoreFullError(StoreError):
    """No room is left for what was to be stored; nothing was changed."""


class LeaseLostError(FlasklabError):
    """Another supervisor has taken the lab over: this process may not write any more."""


class NoSpaceError(FlasklabError):
    """So little disk is left that the lab takes no new runs."""


class ExportError(FlasklabError):
    """Runs cannot be written out in the way that was asked for."""


class ImportFailedError(FlasklabError):
    """What was to be imported cannot be read."""
