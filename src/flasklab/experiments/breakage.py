"""From an exception at import to what its page says: the author's line, a short traceback, what lacks."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import flasklab
from flasklab.errors import DefinitionError
from flasklab.experiments.description import BrokenModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OWN = str(Path(flasklab.__file__).parent) + os.sep
_IMPORT = str(Path(importlib.util.__file__).parent) + os.sep
# Packages that are installed under another name than they are imported by.
_DISTRIBUTIONS = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "Crypto": "pycryptodome",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.protobuf": "protobuf",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


def broken_by(error: BaseException, module: str, file: str, search: str) -> BrokenModule:
    """What `error` says of the module that raised it.

    Args:
        error: what importing or describing the module raised
        module: the module's name
        file: absolute path of its source
        search: the lab's folder on sys.path; the deepest frame below it is where it broke
    """
    if isinstance(error, DefinitionError):
        message = str(error).removeprefix(f"{error.file}:{error.line}: ")
        return BrokenModule(module=module, file=error.file, line=error.line, error=message, traceback="")
    place, line = _place(error, file, search)
    return BrokenModule(
        module=module,
        file=place,
        line=line,
        error=_in_one_line(error),
        traceback=_trimmed(error),
        needs=_missing(error, file),
    )


def _place(error: BaseException, file: str, search: str) -> tuple[str, int | None]:
    below = search.rstrip(os.sep) + os.sep
    installed = installed_below(below)

    def is_of_the_lab(name: str) -> bool:
        return name == file or (name.startswith(below) and not name.startswith((_OWN, *installed)))

    if isinstance(error, SyntaxError) and error.filename and is_of_the_lab(error.filename):
        return error.filename, error.lineno
    place: tuple[str, int | None] = (file, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_of_the_lab(frame.f_code.co_filename):
            place = (frame.f_code.co_filename, line)
    return place


def installed_below(folder: str) -> tuple[str, ...]:
    """Folders of installed packages inside `folder` (a virtual environment in a lab), with a final slash."""
    places = {f"{path}{os.sep}" for path in (sys.prefix, *sysconfig.get_paths().values())}
    return tuple(sorted(place for place in places if place.startswith(folder)))


def _in_one_line(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        code = "" if error.code is None else repr(error.code)
        return f"SystemExit: the module ended Python with sys.exit({code})"
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg}"
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001, RUF100 - an author's exception may fail to say what it is
        text = ""
    return f"{kind}: {text}" if text else kind


def _trimmed(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames that led into the lab's code."""
    told = traceback.TracebackException.from_exception(error)
    for one in _chain(told):
        own = [frame for frame in one.stack if not _is_foreign(frame.filename)]
        one.stack = traceback.StackSummary.from_list(own)
    return "".join(told.format()).rstrip() + "\n"


def _chain(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    waiting = [told]
    while waiting:
        one = waiting.pop()
        yield one
        inner: Iterable[traceback.TracebackException | None] = (one.__cause__, one.__context__)
        waiting.extend(found for found in (*inner, *(one.exceptions or ())) if found is not None)


def _is_foreign(filename: str) -> bool:
    return filename.startswith((_OWN, _IMPORT, "<frozen importlib"))


def _missing(error: BaseException, file: str) -> str | None:
    """The distribution to install for the import that failed; None where it is the lab's own or installed."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    top = error.name.partition(".")[0]
    beside = Path(file).with_name(top)  # `import helper` where `from experiments import helper` was meant
    if top in sys.stdlib_module_names or beside.exists() or beside.with_suffix(".py").exists():
        return None
    if top in sys.modules or _is_installed(top):
        return None
    return _DISTRIBUTIONS.get(top, top)


def _is_installed(top: str) -> bool:
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False
