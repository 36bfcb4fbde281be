"""The examples of `docs/experiments.md` work: a block marked "try" is run as it stands.

Every experiment in it must be one that a form can be made of, and those whose parameters all have defaults are run.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from flasklab import record_locally
from flasklab.execution.calling import call
from flasklab.experiments.definition import definition_of
from flasklab.experiments.schema import Parameters
from flasklab.recording.output import present_output

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "experiments.md"


def snippets() -> Iterator[Any]:
    text = PAGE.read_text()
    for found in re.finditer(r"^```python try\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 1
        yield pytest.param("\n" * line + found[1], id=f"line {line}")


def test_every_python_example_is_marked_to_be_tried() -> None:
    assert re.findall(r"^```python(?! try$).*", PAGE.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("code", list(snippets()))
def test_examples_of_experiments_do_what_they_say(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", module)  # dataclasses look their module up
    exec(compile(code, str(PAGE), "exec"), vars(module))  # noqa: S102 - our own document

    definitions = [found for value in vars(module).values() if (found := definition_of(value)) is not None]
    assert definitions
    for definition in definitions:
        schema = Parameters(definition).json_schema()
        if not schema["required"]:
            with record_locally() as recorder:
                present_output(call(definition.function, {}, recorder), recorder)
            assert recorder.complaints == []
