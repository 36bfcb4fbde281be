"""Parameters as a command line gives them: a file of them, then `-p name=text`, then `--file name=@path`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flasklab.runs.json import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flasklab.cli.desk import Desk
    from flasklab.experiments.description import Description
    from flasklab.experiments.shape import Schema


def parameter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-p`, `--file` and `--params`."""
    options = (
        click.option("-p", "texts", metavar="NAME=VALUE", multiple=True, help="A parameter; may be repeated."),
        click.option("--file", "files", metavar="NAME=@PATH", multiple=True, help="A parameter that is a file."),
        click.option(
            "--params",
            "params_file",
            metavar="PATH",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A YAML, TOML or JSON file of parameters; -p and --file beat it.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def given_parameters(
    desk: Desk,
    description: Description,
    *,
    texts: Sequence[str],
    files: Sequence[str],
    params_file: Path | None,
) -> dict[str, Any]:
    """The parameters' JSON values as far as they were given; not validated yet.

    Raises:
        click.UsageError: one is not written as name=value, or its file cannot be read.
    """
    from flasklab.experiments.parameters import from_text

    found = {} if params_file is None else read_parameters(params_file)
    pairs = _pairs(texts, "-p", "NAME=VALUE")
    require_no_files(description.parameters, pairs)
    found = merged(found, from_text(description.parameters, pairs))
    for name, paths in _pairs(files, "--file", "NAME=@PATH").items():
        values = [_upload(desk, name, path) for path in paths]
        several = description.parameters["properties"].get(name, {}).get("type") == "array"
        found[name] = values if several or len(values) > 1 else values[0]
    return found


def require_no_files(schema: Schema, pairs: Mapping[str, Sequence[str]]) -> None:
    """See that no `-p` names a file's path where a file is meant; its JSON value, as runs keep it, may be given.

    Raises:
        click.UsageError: one does; the message says how a file is given.
    """
    from flasklab.experiments.shape import FILES, kind_of, property_at

    for name, texts in pairs.items():
        found = property_at(schema, [*name.split(".")], schema)
        if found is None or kind_of(found, schema) not in FILES:
            continue
        for text in texts:
            if text.strip() and text.lstrip()[0] not in "{[":
                path = text.removeprefix("@")
                raise click.BadOptionUsage("-p", f"-p {name}={text}: it is a file; use --file {name}=@{path}.")


def read_parameters(path: Path) -> dict[str, Any]:
    """The JSON values in a YAML, TOML or JSON file of parameters.

    Raises:
        click.ClickException: it cannot be read, or is not a mapping of names.
    """
    import msgspec

    try:
        if path.suffix in (".yaml", ".yml"):
            values = msgspec.to_builtins(msgspec.yaml.decode(path.read_bytes()))
        elif path.suffix == ".toml":
            values = msgspec.to_builtins(msgspec.toml.decode(path.read_bytes()))
        else:
            values = decode(path.read_bytes())
    except ImportError as error:
        raise click.ClickException(
            f"Reading {path} needs PyYAML: pip install pyyaml, or write the parameters as JSON or TOML."
        ) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}.") from error
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise click.ClickException(f"{path} must hold parameters by name, like param: 21.")
    return values


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with what `above` says on top, nested parameters one by one; a file is replaced whole."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        if isinstance(old, dict) and isinstance(value, dict) and "sha256" not in value:
            value = merged(old, value)
        result[name] = value
    return result


def _pairs(texts: Sequence[str], option: str, form: str) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadOptionUsage(option, f"{option} {text}: write it as {form}.")
        pairs.setdefault(name.strip(), []).append(value)
    return pairs


def _upload(desk: Desk, name: str, text: str) -> dict[str, Any]:
    path = Path(text.removeprefix("@")).expanduser()
    if not path.is_file():
        raise click.BadOptionUsage("--file", f"--file {name}: there is no file {path}.")
    with path.open("rb") as stream:
        return desk.upload(stream, path.name, desk.settings.max_upload)
