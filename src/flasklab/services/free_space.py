"""The floor of free space below which the lab takes no new runs, so that those under way can end well."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.errors import NoSpaceError
from flasklab.runs import amounts

if TYPE_CHECKING:
    from flasklab.config import Settings


class FreeSpace:
    """Looks at the disks that runs write to. A look costs microseconds.

    Args:
        settings: for the folders, and the floor
    """

    def __init__(self, settings: Settings) -> None:
        self._floor = settings.min_free
        self._folders = [settings.results]
        kind, _, file = settings.database_url.partition(":///")
        if kind == "sqlite" and (folder := Path(file).parent) != settings.results:
            self._folders.append(folder)

    def least(self) -> tuple[int, Path]:
        """Bytes free where least are, and the folder there; a folder that is gone does not count."""
        found = [(self._free(folder), folder) for folder in self._folders]
        return min(found)

    def require(self) -> None:
        """Let a new run pass.

        Raises:
            NoSpaceError: less than the floor is free.
        """
        free, folder = self.least()
        if free < self._floor:
            raise NoSpaceError(
                f"Only {amounts.size(free)} are free where {folder} lies, and this lab takes no new runs below "
                f"{amounts.size(self._floor)} (FLASKLAB_MIN_FREE). Free some space there; runs that are queued or "
                "running go on."
            )

    @staticmethod
    def _free(folder: Path) -> int:
        try:
            disk = os.statvfs(folder)
        except OSError:
            return 2**63  # the store says better what is wrong with it
        return disk.f_bavail * disk.f_frsize
