"""An experiment's definition as the description that travels to the web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.experiments.description import Description
from flasklab.experiments.docstrings import read_docstring
from flasklab.experiments.marks import words
from flasklab.experiments.schema import Parameters

if TYPE_CHECKING:
    from flasklab.experiments.definition import Definition


def describe(definition: Definition) -> Description:
    """All that the lab needs to know of an experiment.

    Raises:
        DefinitionError: its signature cannot be described; file, line, parameter and mend are named.
    """
    schema = Parameters(definition).json_schema()
    doc = read_docstring(definition.function.__doc__)
    return Description(
        name=definition.name,
        title=words(definition.name),
        summary=doc.summary,
        doc=doc.body,
        module=definition.module,
        function=definition.function.__qualname__,
        file=str(Path(definition.file).absolute()),
        line=definition.line,
        parameters=schema,
        defaults={name: found["default"] for name, found in schema["properties"].items() if "default" in found},
        tags=definition.tags,
        timeout_seconds=definition.timeout_seconds,
        memory_bytes=definition.memory_bytes,
        max_file_bytes=definition.max_file_bytes,
        cancel_grace=definition.cancel_grace,
        retries=definition.retries,
        retry_on=tuple(one.__name__ for one in definition.retry_on),
        retries_memory=issubclass(MemoryError, definition.retry_on),
        retry_wait=definition.retry_wait,
        priority=definition.priority,
        concurrency=definition.concurrency,
        resources=dict(definition.resources),
        isolation=definition.isolation,
    )
