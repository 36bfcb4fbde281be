"""Keeping presets: saved from a form's values, chosen, renamed, removed, by anybody of the lab."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError, WrongStateError
from flasklab.runs.presets import MOST_PRESETS, Preset, checked_name
from flasklab.runs.run import new_run_id
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.json import Json
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


class PresetNotFoundError(FlasklabError):
    """The experiment has no such preset."""

    def __init__(self, experiment: str, wanted: str) -> None:
        super().__init__(f"{experiment} has no preset {wanted[:100]!r}. It may have been renamed or removed.")


class PresetKeep:
    """Keeps presets.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, experiment: str) -> list[Preset]:
        """An experiment's presets, by name."""
        with self._store.read() as unit:
            return unit.presets.of(experiment)

    def get(self, experiment: str, wanted: str) -> Preset:
        """The preset of this id, else of this name.

        Raises:
            PresetNotFoundError: there is none.
        """
        with self._store.read() as unit:
            return _get(unit, experiment, wanted)

    def save(
        self, experiment: str, name: str, params: Mapping[str, Json], by: str, *, replaces: bool = False
    ) -> Preset:
        """Keep parameters under a name.

        Args:
            experiment: whose they are
            name: unique among the experiment's
            params: validated, defaults filled in
            by: who saves them
            replaces: whether a preset of this name may be changed

        Raises:
            InvalidParametersError: the name cannot be used.
            WrongStateError: the name is taken, or there are too many presets.
        """
        name = checked_name(name)
        with self._store.write() as unit:
            there = unit.presets.find_by_name(experiment, name)
            if there is not None and not replaces:
                raise _taken(experiment, name)
            if there is None and unit.presets.count(experiment) >= MOST_PRESETS:
                raise WrongStateError(f"{experiment} has {MOST_PRESETS} presets already; remove one first.")
            preset_id = new_run_id() if there is None else there.id
            saved = Preset(id=preset_id, experiment=experiment, name=name, params=params, saved_by=by, saved_at=now())
            unit.presets.put(saved)
            return saved

    def rename(self, experiment: str, preset_id: str, name: str) -> Preset:
        """Give a preset another name.

        Raises:
            PresetNotFoundError: there is none.
            InvalidParametersError: the name cannot be used.
            WrongStateError: another one has it.
        """
        name = checked_name(name)
        with self._store.write() as unit:
            renamed = replace(_get(unit, experiment, preset_id), name=name)
            other = unit.presets.find_by_name(experiment, name)
            if other is not None and other.id != renamed.id:
                raise _taken(experiment, name)
            unit.presets.put(renamed)
            return renamed

    def delete(self, experiment: str, preset_id: str) -> Preset:
        """Remove a preset; it is returned as it was.

        Raises:
            PresetNotFoundError: there is none.
        """
        with self._store.write() as unit:
            gone = _get(unit, experiment, preset_id)
            unit.presets.delete(gone.id)
            return gone


def _get(unit: Unit, experiment: str, wanted: str) -> Preset:
    found = unit.presets.find(experiment, wanted) or unit.presets.find_by_name(experiment, " ".join(wanted.split()))
    if found is None:
        raise PresetNotFoundError(experiment, wanted)
    return found


def _taken(experiment: str, name: str) -> WrongStateError:
    return WrongStateError(f"{experiment} has a preset named {name!r} already. Choose another name, or replace it.")
