"""`flasklab new`: a small lab with working experiments, to be changed into one's own."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# Where a distribution's package is imported under another name.
_IMPORTED_AS = {"scikit-learn": "sklearn"}


@click.command(short_help="Make a lab with working experiments.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Make a small lab with working experiments in DIR, a new or empty folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.ClickException(f"{folder} exists and is not an empty folder. Name another one.")
    example = files("flasklab.cli") / "example"
    copy_into(folder, example)

    experiments = sorted(file.stem for file in (folder / "experiments").glob("*.py"))
    click.echo(f"Made a lab in {folder} with the experiments {', '.join(experiments)}. Next:\n")
    click.echo(f"    cd {folder}\n    flasklab serve")
    missing = missing_packages((folder / "requirements.txt").read_text())
    if missing:
        click.echo("\nSome of its experiments need packages that are not installed here. To have them all:\n")
        click.echo(f"    pip install {' '.join(missing)}")


def copy_into(folder: Path, example: Traversable) -> None:
    """Copy the example lab to `folder`, with the permissions of new files."""
    with as_file(example) as source:
        for path in sorted(source.rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            target = folder / path.relative_to(source)
            if target.name == "gitignore":  # without its dot, so that it does not work within the package itself
                target = target.with_name(".gitignore")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def missing_packages(requirements: str) -> list[str]:
    """The distributions of a requirements file that cannot be imported here; nothing is imported to see."""
    named = [line.strip() for line in requirements.splitlines() if line.strip() and not line.startswith("#")]
    return [name for name in named if find_spec(_IMPORTED_AS.get(name, name.replace("-", "_"))) is None]
