"""Imports a lab's experiments to see whether they can be, in a process of its own: their code may do anything.

`import_experiments` is called by `flasklab check`; the module itself is the process. No supervisor is started for it,
so that looking at a lab sets nothing in motion.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.execution.processes import ZYGOTE_VARIABLE
from flasklab.experiments.description import BrokenModule

if TYPE_CHECKING:
    from flasklab.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What importing the experiments brought."""

    experiments: tuple[str, ...] = ()  # names
    broken: tuple[BrokenModule, ...] = ()


def import_experiments(settings: Settings, patience_seconds: float) -> Imported:
    """Import every module of the lab's experiments in a fresh process.

    Args:
        settings: the lab's
        patience_seconds: how long that may take; a module that takes longer is reported as broken
    """
    command = [sys.executable, "-P", "-m", "flasklab.cli.importing", str(settings.root), settings.experiments]
    # A module that makes a Flask app with Lab(app) makes none in such a process.
    environment = os.environ | {ZYGOTE_VARIABLE: "check"}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=settings.root, env=environment
    ) as process:
        try:
            out, _ = process.communicate(timeout=patience_seconds)
            why = _ending(process.returncode)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            why = f"its import took longer than {patience_seconds:.0f} s"
    lines = [msgspec.json.decode(line) for line in out.splitlines()]
    if lines and "found" in lines[-1]:
        return msgspec.convert(lines[-1]["found"], Imported)
    last = lines[-1] if lines else {"module": settings.experiments, "file": settings.experiments}
    return Imported(
        broken=(BrokenModule(module=last["module"], file=last["file"], line=None, error=why, traceback=""),)
    )


def _ending(status: int) -> str:
    if status < 0:
        return f"its import ended the process with {signal.Signals(-status).name}"
    return f"its import ended the process with status {status}"


def main(root: str, target: str) -> None:
    """Import the modules, and say each one's name before it is imported and what was found in the end."""
    from flasklab.experiments.discovery import load_module, module_sources, unite

    with os.fdopen(os.dup(1), "wb", buffering=0) as told:
        os.dup2(2, 1)  # what the modules print is not for the caller

        def tell(news: dict[str, Any]) -> None:
            told.write(msgspec.json.encode(news) + b"\n")

        loaded = []
        for source in module_sources(target, Path(root)):
            tell({"module": source.name, "file": str(source.file)})
            loaded.append(load_module(source))
        found = unite(loaded)
        names = tuple(sorted(one.name for one in found.descriptions))
        tell({"found": msgspec.to_builtins(Imported(experiments=names, broken=found.broken))})
        os._exit(0)  # threads that a module started are not waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
