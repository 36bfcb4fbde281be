"""A unit of work: every table's questions and changes, within one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.store.annotation_rows import AnnotationRows
from flasklab.store.artifact_rows import ArtifactRows
from flasklab.store.attempt_rows import AttemptRows
from flasklab.store.catalog_row import CatalogRow
from flasklab.store.environment_rows import EnvironmentRows
from flasklab.store.event_rows import EventRows
from flasklab.store.hot_writes import HotWrites
from flasklab.store.import_rows import ImportRows
from flasklab.store.keeping_rows import KeepingRows
from flasklab.store.lease_rows import LeaseRows
from flasklab.store.metric_chunks import MetricChunks
from flasklab.store.metric_cut import MetricCut
from flasklab.store.metric_reads import MetricReads
from flasklab.store.preset_rows import PresetRows
from flasklab.store.queue_rows import QueueRows
from flasklab.store.run_rows import RunRows
from flasklab.store.same_rows import SameRows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from flasklab.store.run_search import RunSearch


class Unit:
    """One transaction's view of the store; over when the `with` block that gave it ends."""

    __slots__ = (
        "_connection",
        "annotations",
        "artifacts",
        "attempts",
        "catalog",
        "cut",
        "environments",
        "events",
        "hot",
        "imports",
        "keeping",
        "leases",
        "metrics",
        "points",
        "presets",
        "queue",
        "runs",
        "same",
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.runs = RunRows(connection)
        self.annotations = AnnotationRows(connection)
        self.queue = QueueRows(connection)
        self.attempts = AttemptRows(connection)
        self.metrics = MetricChunks(connection)
        self.cut = MetricCut(connection)
        self.points = MetricReads(connection)
        self.artifacts = ArtifactRows(connection)
        self.events = EventRows(connection)
        self.hot = HotWrites(connection)
        self.imports = ImportRows(connection)
        self.catalog = CatalogRow(connection)
        self.environments = EnvironmentRows(connection)
        self.leases = LeaseRows(connection)
        self.keeping = KeepingRows(connection)
        self.same = SameRows(connection)
        self.presets = PresetRows(connection)

    def search(self, *, deleted: bool = False) -> RunSearch:
        """Searches for runs; those in the bin, or the others."""
        from flasklab.store.run_search import RunSearch  # not loaded by those who never search, as the supervisor

        return RunSearch(self._connection, deleted=deleted)
