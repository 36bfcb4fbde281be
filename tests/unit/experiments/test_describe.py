"""A description holds all that pages need, and travels as JSON."""

from __future__ import annotations

from flasklab.experiments.catalog import from_json, to_json
from flasklab.experiments.definition import definition_of, experiment
from flasklab.experiments.describe import describe
from flasklab.experiments.description import BrokenModule, Catalog, Description, WatchedFile
from flasklab.runs.json import encode


@experiment(timeout="30m", memory="1 GiB", retries=2, retry_on=Exception, tags=["vision"], isolation="warm")
def count_cells(size: int = 3) -> int:
    """Count the cells.

    They are many.

    Args:
        size: of the grid
    """
    return size**2


def described() -> Description:
    definition = definition_of(count_cells)
    assert definition is not None
    return describe(definition)


def test_a_description_says_what_its_author_wrote() -> None:
    found = described()

    assert (found.name, found.title, found.function) == ("count_cells", "count cells", "count_cells")
    assert (found.summary, found.doc) == ("Count the cells.", "Count the cells.\n\nThey are many.")
    assert (found.file, found.line, found.module) == (__file__, 12, __name__)
    assert found.defaults == {"size": 3}
    assert (found.timeout_seconds, found.memory_bytes, found.retries) == (1800.0, 2**30, 2)
    assert (found.retry_on, found.retries_memory) == (("Exception",), True)  # a MemoryError is one
    assert (found.tags, found.isolation) == (("vision",), "warm")


def test_an_experiment_is_missing_or_broken() -> None:
    broken = BrokenModule(module="experiments.b", file="b.py", line=3, error="SyntaxError: x", traceback="")
    other = BrokenModule(module="experiments.c", file="c.py", line=1, error="KeyError: y", traceback="")
    whole = Catalog(fingerprint="f", experiments=(described(),))
    assert whole.why_broken("b") == ""
    part = Catalog(fingerprint="f", experiments=(described(),), broken=(other, broken))
    assert part.why_broken(described().name) == ""
    assert part.why_broken("b") == "b.py: SyntaxError: x"
    assert part.why_broken("anything") == "c.py: KeyError: y"


def test_a_catalog_travels_as_json() -> None:
    catalog = Catalog(
        fingerprint="f",
        ready=True,
        experiments=(described(),),
        broken=(BrokenModule(module="m", file="m.py", line=3, error="e", traceback="t", needs="pillow"),),
        watched=(WatchedFile(path="p", mtime_ns=1, size=2),),
        described_at=1.5,
    )

    assert from_json(to_json(catalog)) == catalog
    assert from_json(encode(to_json(catalog))) == catalog
