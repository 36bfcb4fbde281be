"""Uploaded files become what the function asked for, or an error that says what is wrong with the file."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from flasklab.errors import InvalidParametersError
from flasklab.experiments.definition import definition_of, experiment
from flasklab.experiments.markers import Upload
from flasklab.experiments.parameters import validate
from flasklab.experiments.schema import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def written(save: Callable[[Any], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


FILES: dict[str, bytes] = {
    "t.csv": b"a,b\n1,x\n2,y\n",
    "T.CSV": b"\xef\xbb\xbfa;b\n1;x\n2;y\n",
    "t.tsv": b"a\tb\n1\tx\n2\ty\n",
    "t.parquet": written(lambda stream: TABLE.to_parquet(stream)),
    "t.jsonl": b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
    "t.ndjson": b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
    "t.json": b'[{"a":1,"b":"x"},{"a":2,"b":"y"}]',
    "t.xlsx": written(lambda stream: TABLE.to_excel(stream, index=False)),
}


class Lab:
    """Keeps files under their hash, without an ending, as the store does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, data: bytes) -> dict[str, Any]:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.folder / sha256).write_bytes(data)
        return {"file": name, "sha256": sha256, "size": len(data)}

    def open_file(self, value: dict[str, Any]) -> Path:
        path: Path = self.folder / value["sha256"]
        if not path.exists():
            raise FileNotFoundError(path)
        return path

    def bind(self, annotation: Any, value: Any) -> Any:
        def function(x):  # type: ignore[no-untyped-def]
            return x

        function.__annotations__ = {"x": annotation}
        definition = definition_of(experiment(function))
        assert definition is not None
        found = Parameters(definition)
        checked = validate(found.json_schema(), {}, {"x": value})
        return found.bind(checked.params, self.open_file)["x"]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_read_by_pandas_whatever_its_ending(lab: Lab, name: str) -> None:
    found = lab.bind(Annotated[pd.DataFrame, Upload()], lab.keep(name, FILES[name]))

    assert found.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("name", [name for name in FILES if name != "t.xlsx"])
def test_a_table_is_read_by_polars_whatever_its_ending(lab: Lab, name: str) -> None:
    found = lab.bind(Annotated[pl.DataFrame, Upload()], lab.keep(name, FILES[name]))

    assert isinstance(found, pl.DataFrame)
    assert found.to_dict(as_series=False) == {"a": [1, 2], "b": ["x", "y"]}


def test_a_path_leads_to_the_file(lab: Lab) -> None:
    found = lab.bind(Annotated[Path | None, Upload(".bin")], lab.keep("a.BIN", b"data"))

    assert isinstance(found, Path)
    assert found.read_bytes() == b"data"


def test_several_files_are_a_list_of_paths(lab: Lab) -> None:
    values = [lab.keep("a.png", b"1"), lab.keep("b.png", b"2")]

    found = lab.bind(Annotated[list[Path], Upload(".png")], values)

    assert [path.read_bytes() for path in found] == [b"1", b"2"]


def test_an_optional_file_may_be_none(lab: Lab) -> None:
    assert lab.bind(Annotated[pd.DataFrame | None, Upload()], None) is None
    assert lab.bind(Annotated[pd.DataFrame, Upload()] | None, None) is None


def test_an_array_is_read_from_npy_and_from_an_npz_of_one(lab: Lab) -> None:
    array = np.arange(6).reshape(2, 3)
    annotation = Annotated[np.ndarray, Upload()]

    one = lab.bind(annotation, lab.keep("a.npy", written(lambda stream: np.save(stream, array))))
    other = lab.bind(annotation, lab.keep("a.npz", written(lambda stream: np.savez(stream, array))))

    assert np.array_equal(one, array)
    assert np.array_equal(other, array)


def test_arrays_by_name_are_read_from_npz(lab: Lab) -> None:
    data = written(lambda stream: np.savez(stream, a=np.zeros(2), b=np.ones(3)))

    found = lab.bind(Annotated[dict[str, np.ndarray], Upload()], lab.keep("a.npz", data))

    assert {name: array.sum() for name, array in found.items()} == {"a": 0.0, "b": 3.0}


class Exploding:
    def __reduce__(self) -> tuple[Any, ...]:
        return (sys.exit, ("a pickle ran",))


@pytest.mark.filterwarnings("ignore:dtype:DeprecationWarning")
def test_a_pickle_in_an_array_is_never_run(lab: Lab) -> None:
    data = written(lambda stream: np.save(stream, np.array([Exploding()], dtype=object), allow_pickle=True))

    with pytest.raises(InvalidParametersError, match="cannot be read as npy"):
        lab.bind(Annotated[np.ndarray, Upload()], lab.keep("a.npy", data))


@pytest.mark.parametrize(
    ("annotation", "name", "data", "says"),
    [
        (Annotated[pd.DataFrame, Upload()], "t.csv", b"", "t.csv cannot be read as csv: No columns"),
        (Annotated[pd.DataFrame, Upload()], "t.csv", b"a,b\n\xff\xfe,1\n", "it is not UTF-8 text"),
        (Annotated[pd.DataFrame, Upload()], "t.parquet", b"no parquet", "t.parquet cannot be read as parquet"),
        (Annotated[pl.DataFrame, Upload()], "t.parquet", b"no parquet", "t.parquet cannot be read as parquet"),
        (Annotated[pd.DataFrame, Upload()], "t.xlsx", b"no sheet", "t.xlsx cannot be read as xlsx"),
        (Annotated[pd.DataFrame, Upload()], "t.docx", b"", "must be a file that ends with .csv or .tsv"),
        (Annotated[Path, Upload(".csv", max_size=3)], "t.csv", b"1234", "at most 3 B; this one has 4 B"),
        (Annotated[np.ndarray, Upload()], "a.npy", b"no array", "a.npy cannot be read as npy"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(lab: Lab, annotation: Any, name: str, data: bytes, says: str) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        lab.bind(annotation, lab.keep(name, data))

    assert [error.param for error in caught.value.errors] == ["x"]
    assert says in caught.value.errors[0].message


def test_several_arrays_where_one_is_needed_are_named(lab: Lab) -> None:
    data = written(lambda stream: np.savez(stream, first=np.zeros(1), second=np.zeros(1)))

    with pytest.raises(InvalidParametersError, match="it holds 2 arrays \\(first, second\\), and one is needed"):
        lab.bind(Annotated[np.ndarray, Upload()], lab.keep("a.npz", data))


def test_a_reader_that_is_not_installed_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(InvalidParametersError, match=r"reading \.xlsx files needs the package openpyxl"):
        lab.bind(Annotated[pd.DataFrame, Upload()], lab.keep("t.xlsx", FILES["t.xlsx"]))


def test_a_file_that_is_gone_says_so(lab: Lab) -> None:
    value = {"file": "a.csv", "sha256": "0" * 64, "size": 1}

    with pytest.raises(InvalidParametersError, match=r"a\.csv is gone from the lab's results folder"):
        lab.bind(Annotated[Path, Upload()], value)
