"""Importing a lab's modules and describing the experiments in them; only the zygote does this.

A module may do anything when it is imported: raise, exit, take its time. What goes wrong becomes a value that
the web shows on a page of its own, and the other modules still work.
"""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.experiments.breakage import broken_by, installed_below
from flasklab.experiments.catalog import locate, sources
from flasklab.experiments.definition import definition_of
from flasklab.experiments.describe import describe
from flasklab.experiments.description import BrokenModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from flasklab.experiments.definition import Definition
    from flasklab.experiments.description import Description


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSource:
    """A module in which experiments are looked for."""

    name: str  # as it is imported: "experiments.classify"
    file: str  # absolute path of its source
    search: str  # the folder that must stand on sys.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was found in a module, or in several."""

    definitions: tuple[Definition, ...] = ()
    descriptions: tuple[Description, ...] = ()  # of the definitions, in their order
    broken: tuple[BrokenModule, ...] = ()


def module_sources(target: str, root: Path) -> list[ModuleSource]:
    """The modules to import: those of a folder and its packages, of a package by its name, or a single file.

    Files that start with "_" are left to those that import them; an `__init__.py` stands for its package.

    Args:
        target: a folder or a single file (absolute, or relative to `root`), or a package's dotted name
        root: the lab's folder
    """
    place = locate(target, root)
    if place is None:
        return []
    if place.is_file():
        package, search = _package_of(place, target, root)
        return [ModuleSource(name=f"{package}{place.stem}", file=str(place), search=str(search))]
    package, search = _package_of(place, target, root)
    found = []
    for file in sources(target, root):
        parts = [f"{package}{place.name}", *file.relative_to(place).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        if not any(part.startswith("_") for part in parts[1:]):
            found.append(ModuleSource(name=".".join(parts), file=str(file), search=str(search)))
    return found


def load_module(source: ModuleSource) -> Loaded:
    """Import a module and describe its experiments; nothing it does is raised, not even SystemExit."""
    if source.search not in sys.path:
        sys.path.insert(0, source.search)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(source.name)
    except BaseException as error:  # noqa: BLE001, RUF100 - a module may raise anything, SystemExit too
        return Loaded(broken=(broken_by(error, source.name, source.file, source.search),))
    taken = _taken_by_another(module, source)
    if taken is not None:
        return Loaded(broken=(taken,))
    loaded = [_describe(definition, source) for definition in _definitions(module)]
    return unite(loaded)


def unite(loaded: Iterable[Loaded]) -> Loaded:
    """All that several modules hold; of two experiments of one name the first keeps it."""
    definitions: list[Definition] = []
    descriptions: dict[str, Description] = {}
    broken: list[BrokenModule] = []
    for one in loaded:
        broken.extend(one.broken)
        for definition, description in zip(one.definitions, one.descriptions, strict=True):
            first = descriptions.get(description.name)
            if first is not None:
                broken.append(_same_name(description, (first.file, first.line)))
                continue
            descriptions[description.name] = description
            definitions.append(definition)
    return Loaded(definitions=tuple(definitions), descriptions=tuple(descriptions.values()), broken=tuple(broken))


def imported_sources(root: Path) -> list[str]:
    """The Python files below `root` that are imported by now, those of installed packages left out."""
    below = f"{root.resolve()}{os.sep}"
    installed = installed_below(below)
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py"):
            continue
        path = os.path.realpath(file)
        inside = path.removeprefix(below)
        if inside != path and not path.startswith(installed) and not _is_hidden(inside):
            found.add(path)
    return sorted(found)


def awaited_paths(broken: Iterable[BrokenModule], root: Path) -> list[str]:
    """The paths whose change may mend broken modules, which `imported_sources` cannot name.

    They are the files that they broke in and, where an import found nothing, the folders that it may come to.
    """
    below = f"{root.resolve()}{os.sep}"
    found: set[str] = set()
    for one in broken:
        if one.file.startswith(below):
            found.add(one.file)
        if one.needs is not None or one.error.startswith("ModuleNotFoundError"):
            found |= {str(root.resolve()), sysconfig.get_path("purelib")}
    return sorted(found)


def _is_hidden(inside: str) -> bool:
    parts = Path(inside).parts
    return any(part.startswith(".") or part in ("site-packages", "dist-packages") for part in parts)


def _package_of(place: Path, target: str, root: Path) -> tuple[str, Path]:
    """What stands before the name of `place` when it is imported ("" or "mylab."), and from which folder."""
    if Path(root, target).exists():
        return "", place.parent
    parents = target.split(".")[:-1]
    return "".join(f"{parent}." for parent in parents), place.parents[len(parents)]


def _definitions(module: ModuleType) -> Iterator[Definition]:
    """The experiments that `module` itself defines, in the order of their lines."""
    seen: dict[int, Definition] = {}
    for value in list(vars(module).values()):
        definition = definition_of(value)
        if definition is not None and definition.module == module.__name__:
            seen.setdefault(id(value), definition)
    yield from sorted(seen.values(), key=lambda definition: definition.line)


def _describe(definition: Definition, source: ModuleSource) -> Loaded:
    try:
        description = describe(definition)
    except Exception as error:  # noqa: BLE001, RUF100 - an author's types may raise anything when they are read
        broken = broken_by(error, source.name, source.file, source.search)
        return Loaded(broken=(replace(broken, experiment=definition.name),))
    shadowed = () if definition.shadows is None else (_same_name(description, definition.shadows),)
    return Loaded(definitions=(definition,), descriptions=(description,), broken=shadowed)


def _same_name(second: Description, first: tuple[str, int]) -> BrokenModule:
    file, line = first
    places = f"{file}:{line} and {second.file}:{second.line}"
    used = "second" if file == second.file else "first"
    return BrokenModule(
        module=second.module,
        file=second.file,
        line=second.line,
        error=(
            f"Two experiments are named {second.name!r}: {places}. The {used} one is used; "
            'rename the other, or give it a name: @experiment(name="...").'
        ),
        traceback="",
    )


def _taken_by_another(module: ModuleType, source: ModuleSource) -> BrokenModule | None:
    """What to tell where Python knew another module of that name, as it does for `random` or `json`."""
    file = getattr(module, "__file__", None)
    if file is not None and Path(file).resolve() == Path(source.file).resolve():
        return None
    other = file or "one that is built into Python"
    return BrokenModule(
        module=source.name,
        file=source.file,
        line=None,
        error=f"Python has another module named {source.name!r}: {other}. Rename {Path(source.file).name}.",
        traceback="",
    )
