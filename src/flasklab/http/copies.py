"""A start as code that can be pasted: curl, Python, the command line.

Only parameters that differ from their defaults are written; the rest is the experiment's to say.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from flask import url_for

from flasklab.experiments import parameters
from flasklab.http.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flasklab.experiments.description import Description
    from flasklab.runs.run import Run

_WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """One start in three languages."""

    curl: str  # for a terminal
    python: str  # for a notebook or script, with requests
    command: str  # for the `flasklab` command


def copies_of_run(description: Description, run: Run) -> Copies:
    """The start that would make this run again."""
    return copies_of(description, {name: run.params[name] for name in run.given if name in run.params})


def copies_of(description: Description, values: Mapping[str, Any]) -> Copies:
    """A start with these parameters; those equal to their defaults are left out.

    A required file that is not chosen yet is written under a name that stands for it.
    """
    given = {name: value for name, value in values.items() if not _is_default(description, name, value)}
    chosen = {name: value["file"] for name, value in given.items() if _is_file(value)}
    plain = {name: value for name, value in given.items() if name not in chosen}
    files = chosen | _missing_files(description, values)
    url = url_for("flasklab.start", experiment=description.name, _external=True)
    texts = [
        (name, text) for name, found in parameters.to_text(description.parameters, plain).items() for text in found
    ]
    return Copies(
        curl=_curl(url, texts, files),
        python=_python(url, plain, files),
        command=_command(description.name, texts, files),
    )


def _missing_files(description: Description, values: Mapping[str, Any]) -> dict[str, str]:
    return {
        leaf.name: f"{leaf.name.rpartition('.')[2]}{next(iter(leaf.marks.get('accept') or ()), '')}"
        for leaf in leaves(description.parameters)
        if leaf.is_file and leaf.required and not leaf.nullable and leaf.value_in(values) is None
    }


def _is_default(description: Description, name: str, value: Any) -> bool:
    return name in description.defaults and description.defaults[name] == value


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and "sha256" in value and "file" in value


def _curl(url: str, texts: Iterable[tuple[str, str]], files: Mapping[str, str]) -> str:
    words = ["curl"]
    for name, text in texts:
        if files:
            words += ["--form-string", f"{name}={text}"]
        elif quote_plus(text, safe=",.:/-_") == text:
            words += ["-d", f"{name}={text}"]
        else:
            words += ["--data-urlencode", f"{name}={text}"]
    for name, filename in files.items():
        words += ["-F", f"{name}=@{filename}"]
    if len(words) == 1:
        words += ["-X", "POST"]
    return shlex.join([*words, f"{url}?wait={_WAIT_SECONDS}"])


def _python(url: str, plain: Mapping[str, Any], files: Mapping[str, str]) -> str:
    lines = [
        "import requests",
        "",
        "run = requests.post(",
        f"    {url!r},",
        f'    params={{"wait": {_WAIT_SECONDS}}},',
    ]
    if files:
        opened = ", ".join(f"{name!r}: open({filename!r}, 'rb')" for name, filename in files.items())
        lines += [f"    data={dict(plain)!r},"] * bool(plain) + [f"    files={{{opened}}},"]
    else:
        lines += [f"    json={dict(plain)!r},"]
    return "\n".join([*lines, ").json()", 'print(run["state"], run["output"])'])


def _command(name: str, texts: Iterable[tuple[str, str]], files: Mapping[str, str]) -> str:
    words = ["flasklab", "run", name]
    for param, text in texts:
        words += ["-p", f"{param}={text}"]
    for param, filename in files.items():
        words += ["--file", f"{param}=@{filename}"]
    return shlex.join(words)
