"""What keeps the lab from taking runs now, so that pages say so before anybody fills in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.errors import NoSpaceError, StoreError
from flasklab.services.free_space import FreeSpace

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.store.store import Store


class LabTrouble:
    """Looks, in microseconds, at what starts would be refused for.

    Args:
        store: where runs are kept
        settings: for the floor of free space
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._space = FreeSpace(settings)

    def __call__(self) -> str:
        """Why no run can be started, in a sentence with the mend; "" where nothing is known to be wrong."""
        try:
            self._store.check_usable()
            self._space.require()
        except (StoreError, NoSpaceError) as error:
            return str(error)
        return ""
