"""Whatever users may rely on is documented: settings, commands, routes, template blocks, public names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from flask import Flask
from jinja2 import Environment
from jinja2.nodes import Block

import flasklab
from flasklab import Lab
from flasklab.api.schemas import SCHEMAS
from flasklab.cli.entrance import FLAGS
from flasklab.cli.group import COMMANDS
from flasklab.cli.group import flasklab as command
from flasklab.config import NAMES, PREFIX, load_settings
from flasklab.execution.endings import Intent
from flasklab.experiments.definition import ISOLATIONS, experiment
from flasklab.recording.memory import MemoryRecorder
from flasklab.recording.proxy import RunProxy
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[3] / "docs"
TEMPLATES = Path(flasklab.__file__).parent / "templates" / "flasklab"
CATCH_ALL = "flasklab_api.unknown"  # whatever no route takes


def page(name: str) -> str:
    return (DOCS / name).read_text()


def rows(text: str) -> dict[str, list[str]]:
    """The rows of all tables by the code in their first cell."""
    found = {}
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found[name] = cells
    return found


SETTINGS = rows(page("settings.md"))


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_documented_with_its_flag(name: str) -> None:
    key = name.removeprefix(PREFIX).lower()

    assert key in FLAGS, f"{name} has no flag of `flasklab serve`"
    assert SETTINGS[name][2] == f"`--{key.replace('_', '-')}`"
    assert SETTINGS[name][3]


@pytest.mark.parametrize("name", NAMES)
def test_documented_defaults_are_the_real_ones(name: str, tmp_path: Path) -> None:
    key = name.removeprefix(PREFIX).lower()
    default = SETTINGS[name][1]
    bare = load_settings(tmp_path, environ={})

    if key in ("workers", "database_url"):  # these depend on the machine and on another setting
        assert not default.startswith("`")
    elif default.startswith("none"):
        assert getattr(bare, key) in ((), {})
    else:
        given = load_settings(tmp_path, environ={name: default.strip("`")})
        assert getattr(given, key) == getattr(bare, key)


def test_settings_that_do_not_exist_are_not_documented() -> None:
    named = set(re.findall(r"FLASKLAB_[A-Z_]+", "".join(path.read_text() for path in DOCS.glob("*.md"))))

    assert named - set(NAMES) - {"FLASKLAB_WOKERS", "FLASKLAB_"} == set()


def documented_commands() -> dict[str, str]:
    parts = re.split(r"^## flasklab (\w+)$", page("commands.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(of: click.Command) -> Iterator[str]:
    for parameter in of.params:
        if isinstance(parameter, click.Option):
            yield from parameter.opts


def test_every_command_has_its_section_and_no_other_has_one() -> None:
    assert list(documented_commands()) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_stands_in_its_section(name: str) -> None:
    found = command.get_command(click.Context(command), name)
    assert found is not None
    section, head = documented_commands()[name], page("commands.md").partition("\n## ")[0]
    settings = {f"--{key.replace('_', '-')}" for key in ("results", "database_url", "experiments")}

    for option in options(found):
        where = head if option in settings and name != "serve" else section
        assert re.search(rf"`{re.escape(option)}[` ]", where), f"{name} {option} is not documented"
    for argument in found.params:
        if isinstance(argument, click.Argument):
            assert argument.make_metavar(click.Context(found)).rstrip(".") in section


def test_every_option_of_the_group_is_documented() -> None:
    for option in options(command):
        assert f"`{option}" in page("commands.md").partition("\n## ")[0]


def bare(route: str) -> str:
    """A route without what its variables are called."""
    return re.sub(r"<[^>]*>", "<>", route)


def test_every_route_is_documented_and_no_other(tmp_path: Path) -> None:
    app = Flask("documented", root_path=str(tmp_path))
    Lab(app)
    routes = {
        f"{method} {bare(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("flasklab") and rule.endpoint != CATCH_ALL
    }
    documented = set(re.findall(r"`((?:GET|POST|PATCH|DELETE) /[^`?]*)", page("http.md")))

    assert {bare(route) for route in documented} == routes


def test_every_field_of_a_run_is_documented() -> None:
    table = rows(page("http.md").partition("## A run as JSON")[2].partition("\n## ")[0])

    assert SCHEMAS["Run"]["properties"].keys() <= table.keys()


def test_every_state_is_documented() -> None:
    assert list(RunState) == list(rows(page("running.md").partition("## The queue")[0]))


def test_every_kind_of_end_that_the_lab_itself_brings_is_named() -> None:
    kinds = {
        Intent.CANCEL: "Canceled",
        Intent.TIMEOUT: "Timeout",
        Intent.MEMORY: "OutOfMemory",
        Intent.SHUTDOWN: "Lost",
    }

    assert kinds.keys() == set(Intent) - {Intent.NONE}
    assert all(f"`{kind}`" in page("running.md") for kind in (*kinds.values(), "Exit", "Signal"))


@pytest.mark.parametrize("path", [path.relative_to(TEMPLATES).as_posix() for path in sorted(TEMPLATES.rglob("*.html"))])
def test_every_template_block_is_documented(path: str) -> None:
    tree = Environment(autoescape=True).parse((TEMPLATES / path).read_text())
    blocks = {block.name for block in tree.find_all(Block)}
    row = rows(page("flask.md")).get(path)

    assert (row is not None) == path.startswith(("layouts/", "pages/")), f"{path} is no page, and pages are documented"
    assert blocks == (set(re.findall(r"`(\w+)`", row[1])) if row else set())


@pytest.mark.parametrize("name", flasklab.__all__)
def test_every_public_name_is_used_in_an_example(name: str) -> None:
    code = "".join(re.findall(r"```python.*?```", page("experiments.md") + page("flask.md"), re.DOTALL))

    assert re.search(rf"from flasklab import [^\n]*\b{name}\b", code)


def public(of: type[Any]) -> list[str]:
    return [name for name in vars(of) if not name.startswith("_")]


def test_everything_that_run_offers_is_documented() -> None:
    table = rows(page("experiments.md"))
    names = {re.split(r"[(\s]", name)[0] for name in table if name.startswith("run.")}

    assert names >= {f"run.{name}" for name in public(RunProxy)}


def test_what_a_local_recorder_knows_is_documented() -> None:
    section = page("experiments.md").partition("## In notebooks and tests")[2].partition("\n## ")[0]
    own = {*public(MemoryRecorder), *(name for name in vars(MemoryRecorder()) if not name.startswith("_"))}
    for_recorders = {"metrics", "event", "progress", "note", "drop", "order", "keeps", "names", "staging", "facts"}
    for_recorders |= {"checkpoint", "restored", "is_canceling"}

    assert {name for name in own - for_recorders if f"`{name}`" not in section} == set()


def test_every_option_of_the_decorator_is_documented() -> None:
    table = rows(page("experiments.md").partition("## The decorator")[2].partition("\n## ")[0])
    named = set(experiment.__kwdefaults__ or {})

    assert named
    assert named <= table.keys()
    assert all(f'`"{isolation}"`' in " ".join(table["isolation"]) for isolation in ISOLATIONS)
