"""Named places where a test lets a process die, stop or fail, to see that nothing is lost there.

Chance alone rarely strikes between an effect and its commit. The places are part of the program, so that what is tested
is what runs; without the environment variables below, passing one costs a look at an empty dictionary. Never set them
in a lab that anybody needs.

`FLASKLAB_FAILPOINT` arms places for as long as a process lives: `name=action` or `name=action:probability@seed`, more
of them after a semicolon. `FLASKLAB_FAILPOINT_FOLDER` names a folder in which whoever tests may arm a place at any
time, for one process that comes by: a file named after the place, with the action in it. The process that takes it
renames it to `<name>.taken-<pid>`.

Actions: `exit`, `kill` (SIGKILL), `stop` (SIGSTOP, until somebody sends SIGCONT), `enospc` (the disk is full), `busy`
(the database is), `sleep(seconds)`.
"""

from __future__ import annotations

import errno
import os
import random
import signal
import time
from pathlib import Path

from flasklab.errors import StoreBusyError

VARIABLE = "FLASKLAB_FAILPOINT"
FOLDER_VARIABLE = "FLASKLAB_FAILPOINT_FOLDER"
STATUS = 70
"""What a process exits with at an `exit`."""


class _Lasting:
    """A place armed for good: acts with a probability, from a seed, otherwise in each process."""

    def __init__(self, word: str) -> None:
        action, _, chance = word.partition(":")
        probability, _, seed = chance.partition("@")
        self._action = action.strip()
        self._probability = float(probability or 1)
        self._seed = seed.strip()
        self._pid = 0
        self._random = random.Random()

    def pass_by(self, name: str) -> None:
        """Act, or do nothing."""
        if self._pid != os.getpid():  # a fork would draw what its parent draws
            self._pid = os.getpid()
            self._random.seed(f"{self._seed}/{self._pid}/{name}")
        if self._random.random() < self._probability:
            act(self._action, name)


_lasting: dict[str, _Lasting] = {}
_folder = ""
_armed: dict[str, bool] = {}  # anything in it: a place is worth a look


def failpoint(name: str) -> None:
    """Do what is armed for this place, nothing otherwise.

    Raises:
        OSError: "enospc" is armed.
        StoreBusyError: "busy" is armed.
    """
    if _armed:
        _pass_by(name)


def arm(lasting: str, folder: str) -> None:
    """Arm places, as the environment of this process does when it begins.

    Args:
        lasting: as in `FLASKLAB_FAILPOINT`; "" arms none
        folder: as in `FLASKLAB_FAILPOINT_FOLDER`; "" for none

    Raises:
        ValueError: it cannot be read.
    """
    global _folder
    _lasting.clear()
    _armed.clear()
    _folder = folder
    for part in filter(None, (one.strip() for one in lasting.split(";"))):
        name, found, word = part.partition("=")
        if not found:
            raise ValueError(f"{VARIABLE}: {part!r} is not name=action:probability@seed")
        _lasting[name.strip()] = _Lasting(word)
    if _lasting or _folder:
        _armed["any"] = True


def act(action: str, name: str) -> None:
    """Do one of the actions, at the place `name`.

    Raises:
        OSError: for "enospc".
        StoreBusyError: for "busy".
        ValueError: there is no such action.
    """
    word, _, seconds = action.partition("(")
    match word:
        case "exit":
            os._exit(STATUS)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "enospc":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"failpoint {name}")
        case "busy":
            raise StoreBusyError(f"failpoint {name}")
        case "sleep":
            time.sleep(float(seconds.rstrip(")")))
        case _:
            raise ValueError(f"failpoint {name}: there is no action {action!r}")


def _pass_by(name: str) -> None:
    if name in _lasting:
        _lasting[name].pass_by(name)
    if _folder:
        armed = Path(_folder, name)
        taken = armed.with_name(f"{name}.taken-{os.getpid()}")
        try:
            armed.rename(taken)  # of several processes, one takes it
            action = taken.read_text(encoding="ascii")
        except OSError:
            return
        act(action.strip(), name)


arm(os.environ.get(VARIABLE, ""), os.environ.get(FOLDER_VARIABLE, ""))
