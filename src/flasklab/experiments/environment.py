"""What a run ran with: Python, packages, the Git commit and the very sources; enough to build it again.

It is recorded once per state of the code by the process that imported the experiments, as that one knows what
it really loaded.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GIT_SECONDS = 5.0  # a repository on a slow network drive must not hold up the lab


def record_environment(root: Path, sources: Iterable[str | Path], record_env: Iterable[str]) -> dict[str, Any]:
    """The environment as JSON values: python, implementation, platform, packages, git, files, code, env.

    Args:
        root: the lab's folder
        sources: the experiments' source files
        record_env: names of the environment variables to record; others are never looked at

    Returns:
        `files` maps each source, relative to `root`, to its SHA-256; `code` is 12 hex digits of the hash over
        them; `git` is None outside a repository.
    """
    files = {_relative(path, root): _sha256(path) for path in sorted(map(str, sources))}
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "packages": _packages(),
        "git": _git(root, tuple(files)),
        "files": files,
        "code": code_version(files),
        "env": {name: os.environ[name] for name in record_env if name in os.environ},
    }


def code_version(files: dict[str, str]) -> str:
    """12 hex digits that name a state of the sources, given their hashes by path."""
    lines = "".join(f"{path}\0{digest}\n" for path, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()[:12]


def _relative(path: str, root: Path) -> str:
    return Path(os.path.relpath(Path(path).resolve(), root.resolve())).as_posix()


def _sha256(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _packages() -> dict[str, str]:
    """Name and version of every installed distribution, names as their authors write them."""
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:  # a broken installation may have none
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _git(root: Path, files: Sequence[str]) -> dict[str, Any] | None:
    """Commit, branch and whether a tracked file or a source differs from it; None without a repository."""
    commit = _ask_git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    branch = _ask_git(root, "symbolic-ref", "--short", "-q", "HEAD")
    changed = _ask_git(root, "status", "--porcelain", "--untracked-files=no")
    inside = [file for file in files if not file.startswith("../")]
    strangers = _ask_git(root, "ls-files", "--others", "--", *inside) if inside else ""
    unknown = changed is None or strangers is None
    return {"commit": commit, "branch": branch, "dirty": None if unknown else bool(changed or strangers)}


def _ask_git(root: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    # Without optional locks, asking for the status never stands in the way of a commit made meanwhile.
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments; the names of sources stand behind "--"
            [git, *arguments],
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
