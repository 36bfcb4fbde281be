"""What the lab knows of an experiment without importing it: values that travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One experiment, as its form, its REST operation and its command line need it."""

    name: str  # unique in the lab; the function's name
    title: str  # the name with spaces, for people
    summary: str  # the docstring's first sentence; "" without one
    doc: str  # the docstring without its Args section
    module: str  # "experiments.classify"
    function: str  # qualified name within the module
    file: str  # absolute path of its source
    line: int  # where its definition begins
    parameters: dict[str, Any]  # JSON Schema (draft 2020-12) of type object, made by `schema`
    defaults: dict[str, Any] = field(default_factory=dict)  # JSON values of the parameters that have one
    tags: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    max_file_bytes: int | None = None  # of the largest file that a run may write
    cancel_grace: float = 10.0  # seconds to end by itself, for code that looks at `run.canceling`
    retries: int = 0
    retry_on: tuple[str, ...] = ()  # names of exception classes
    retries_memory: bool = False  # whether a run that used too much memory is tried again
    retry_wait: float = 0.0  # seconds before the first retry
    priority: int = 0
    concurrency: int | None = None  # runs of it at once; None is no limit
    resources: dict[str, int] = field(default_factory=dict)  # units of the lab's pools that each run takes
    isolation: str = "fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenModule:
    """A module that could not be used, or an experiment in it that could not be described."""

    module: str
    file: str
    line: int | None  # where it broke, in `file`
    error: str  # the exception in one line
    traceback: str  # "" where the error says all
    needs: str | None = None  # the distribution to install when a missing import is the cause
    experiment: str | None = None  # the one that could not be described, where the rest of the module can be used


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFile:
    """A source file as it was when it was imported."""

    path: str  # absolute
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All that is known of the lab's experiments at one state of their code."""

    fingerprint: str  # hash of the sources' names, sizes and times; "" before the first import
    ready: bool = False  # False while modules are still being imported
    experiments: tuple[Description, ...] = ()
    broken: tuple[BrokenModule, ...] = ()
    watched: tuple[WatchedFile, ...] = ()  # sources outside the experiments folder that were imported too
    environment_id: str | None = None
    described_at: float = 0.0  # Unix seconds

    @property
    def concurrency(self) -> dict[str, int]:
        """How many runs at once the experiments allow that have a limit, by name."""
        return {one.name: one.concurrency for one in self.experiments if one.concurrency is not None}

    def find(self, name: str) -> Description | None:
        """The experiment of this name, or None."""
        return next((found for found in self.experiments if found.name == name), None)

    def why_broken(self, name: str) -> str:
        """Why an experiment is missing that one of the broken modules may hold; "" where none can."""
        if not self.broken or self.find(name) is not None:
            return ""
        likely = (one for one in self.broken if name in {one.experiment, one.module.rpartition(".")[2]})
        found = next(likely, self.broken[0])
        return f"{found.file}: {found.error}"
