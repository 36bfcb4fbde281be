"""What a path holds, and the reader for it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from flasklab.errors import ImportFailedError
from flasklab.foreign.mlflow_database import is_mlflow_database, runs_of_database
from flasklab.foreign.mlflow_folder import is_mlflow_folder, runs_of_folder
from flasklab.foreign.run_table import runs_of_table
from flasklab.foreign.tensorboard import is_tensorboard, runs_of_logs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.foreign.options import Options
    from flasklab.runs.arriving import Arriving, Passed


def kind_of(path: Path) -> str:
    """ "lab", "mlflow", "tensorboard" or "csv".

    Raises:
        ImportFailedError: nothing here reads it.
    """
    if path.is_dir():
        if is_mlflow_folder(path) or is_mlflow_folder(path / "mlruns"):
            return "mlflow"
        if is_tensorboard(path):
            return "tensorboard"
    elif zipfile.is_zipfile(path):
        return "lab"
    elif path.suffix.lower() == ".csv":
        return "csv"
    elif is_mlflow_database(path):
        return "mlflow"
    raise ImportFailedError(
        f"{path} is neither an export of a lab, a store of MLflow, TensorBoard's logs nor a CSV. Say what it is with "
        "--from."
    )


def runs_of(kind: str, path: Path, options: Options) -> Iterator[Arriving | Passed]:
    """The runs of a path that another tool, or a person, has left.

    Raises:
        ImportFailedError: it cannot be read as that.
    """
    if kind == "csv":
        return runs_of_table(path, options)
    if kind == "tensorboard":
        return runs_of_logs(path, options)
    if path.is_dir():
        return runs_of_folder(path if is_mlflow_folder(path) else path / "mlruns")
    return runs_of_database(path)
