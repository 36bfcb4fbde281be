"""A child in a fresh interpreter, for systems where a fork of a process with libraries loaded is not safe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from flasklab.execution.child import run_child
from flasklab.execution.spec import RunSpec
from flasklab.experiments.discovery import load_module, module_sources

_SPEC_NAME = "spec.json"


def spawn_fresh(order: dict[str, Any], spec: dict[str, Any], fds: tuple[int, ...]) -> int:
    """Start an interpreter that imports the experiment anew and runs it; returns its pid.

    Raises:
        OSError: no process could be started, or the spec could not be written.
    """
    path = Path(spec["folder"]) / _SPEC_NAME
    path.write_bytes(msgspec.json.encode({"order": order, "spec": spec}))
    for fd in fds:
        os.set_inheritable(fd, True)
    arguments = [sys.executable, "-P", "-m", "flasklab.execution.fresh", str(path), str(os.getpid())]
    return os.posix_spawn(
        sys.executable, [*arguments, *(str(fd) for fd in fds)], dict(os.environ), setsid=sys.platform == "linux"
    )


def main() -> None:
    """Entrance of the fresh interpreter: the spec's path, the zygote's pid and the three pipes."""
    path, parent, events, out, err = sys.argv[1:]
    told = msgspec.json.decode(Path(path).read_bytes())
    order, spec = told["order"], RunSpec.from_json(told["spec"])
    for source in module_sources(order["target"], Path(order["root"])):
        for definition in load_module(source).definitions:
            if definition.name == spec.experiment:
                run_child(spec, definition, (int(events), int(out), int(err)), int(parent))
    sys.exit(1)


if __name__ == "__main__":
    main()
