"""Presets, as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from flasklab.runs.presets import Preset
from flasklab.store.tables import presets

if TYPE_CHECKING:
    from sqlalchemy import Connection


class PresetRows:
    """The presets table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, experiment: str) -> list[Preset]:
        """An experiment's presets, by name."""
        asked = select(presets).where(presets.c.experiment == experiment).order_by(presets.c.name)
        return [Preset(**row) for row in self._connection.execute(asked).mappings()]

    def find(self, experiment: str, preset_id: str) -> Preset | None:
        """The experiment's preset of this id, or None."""
        return self._one(presets.c.experiment == experiment, presets.c.id == preset_id)

    def find_by_name(self, experiment: str, name: str) -> Preset | None:
        """The experiment's preset of this name, or None."""
        return self._one(presets.c.experiment == experiment, presets.c.name == name)

    def count(self, experiment: str) -> int:
        """How many the experiment has."""
        asked = select(func.count()).select_from(presets).where(presets.c.experiment == experiment)
        return int(self._connection.execute(asked).scalar_one())

    def put(self, preset: Preset) -> None:
        """Keep a preset, in the place of the one of its id if there is one."""
        values = {name: getattr(preset, name) for name in ("experiment", "name", "saved_by", "saved_at")}
        values["params"] = dict(preset.params)
        changed = update(presets).where(presets.c.id == preset.id).values(values)
        if self._connection.execute(changed).rowcount == 0:
            self._connection.execute(insert(presets), {**values, "id": preset.id})

    def delete(self, preset_id: str) -> None:
        """Remove a preset."""
        self._connection.execute(delete(presets).where(presets.c.id == preset_id))

    def _one(self, *conditions: Any) -> Preset | None:
        row = self._connection.execute(select(presets).where(*conditions)).mappings().first()
        return None if row is None else Preset(**row)
