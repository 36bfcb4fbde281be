"""`make demo`: serve the example lab, and start one run of each experiment so that its first screen is alive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

LAB = Path(__file__).parent / "demo"
COMMAND = [sys.executable, "-m", "flasklab.cli"]


def main() -> int:
    """Make the lab unless it is there, serve it until Ctrl-C; returns the server's exit status."""
    if not (LAB / "app.py").exists():
        subprocess.run([*COMMAND, "new", str(LAB)], check=True, stdout=subprocess.DEVNULL)
        threading.Thread(target=_fill, daemon=True).start()
    port = next(port for port in range(8750, 8800) if _is_free(port))
    return subprocess.call([*COMMAND, "-C", str(LAB), "serve", "--port", str(port)])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _fill() -> None:
    """One run of each experiment, one after the other, through the command line."""
    for arguments in (
        ["double", "-p", "param=21"],
        ["heat"],
        ["train", "-p", "epochs=30"],
        ["classify", "-p", "dataset=wine", "-p", "model=forest"],
        ["describe", "--file", f"data=@{_penguins()}"],
    ):
        subprocess.run(
            [*COMMAND, "-C", str(LAB), "run", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=False,
            start_new_session=True,
        )


def _penguins() -> str:
    """The table of penguins that comes with the package `palmerpenguins`."""
    import importlib.util

    spec = importlib.util.find_spec("palmerpenguins")
    if spec is None or spec.origin is None:
        raise SystemExit("make setup installs palmerpenguins, which the demo describes.")
    return os.fspath(Path(spec.origin).parent / "data" / "penguins.csv")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
