"""What is in this table? A first look at any file of rows and columns."""

from typing import Annotated

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

from flasklab import Upload, experiment, run

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx")


@experiment(timeout="10m", memory="4 GiB", tags=["data"])
def describe(
    data: Annotated[pd.DataFrame, Upload(*ENDINGS, max_size="500 MB")],
    bins: Annotated[int, Field(ge=2, le=200)] = 30,
    most_columns: Annotated[int, Field(ge=1, le=60)] = 16,
):
    """Describe a table: types, missing values, summary, histograms and correlations.

    Args:
        data: the table, up to 500 MB
        bins: bars of each histogram
        most_columns: numeric columns to draw, the first ones
    """
    if data.empty:
        raise ValueError(f"The table has {len(data)} rows and {len(data.columns)} columns: nothing to describe.")
    data = flat(data)

    run.show(data.head(20), name="first rows")
    run.show(columns(data), name="columns")
    numbers = data.select_dtypes("number").astype(float).replace([np.inf, -np.inf], np.nan)
    numbers = numbers.dropna(axis="columns", how="all")
    if not numbers.empty:
        run.show(numbers.describe().T.rename_axis("column").reset_index(), name="summary")
        run.show(histograms(numbers.iloc[:, :most_columns], bins), name="histograms")
    if len(numbers.columns) > 1:
        run.show(correlations(numbers.iloc[:, :most_columns]), name="correlations")
    return {
        "rows": len(data),
        "columns": len(data.columns),
        "missing": int(data.isna().sum().sum()),
        "duplicate_rows": int(data.duplicated().sum()),
    }


def flat(data: pd.DataFrame) -> pd.DataFrame:
    """The table with mixed and nested cells as text, so that they can be compared and counted."""
    mixed = [name for name in data if pd.api.types.is_object_dtype(data[name])]
    return data.astype(dict.fromkeys(mixed, "string"))


def columns(data: pd.DataFrame) -> pd.DataFrame:
    """One row per column: its type, what is missing, how many different values, an example."""
    return pd.DataFrame(
        {
            "column": data.columns.astype(str),
            "type": [str(kind) for kind in data.dtypes],
            "missing": data.isna().sum().to_numpy(),
            "missing %": (100 * data.isna().mean()).round(1).to_numpy(),
            "different": data.nunique().to_numpy(),
            "example": [str(next(iter(data[name].dropna()), "")) for name in data],
        }
    )


def histograms(numbers: pd.DataFrame, bins: int) -> Figure:
    """A histogram of every column, four in a row."""
    rows = -(-len(numbers.columns) // 4)
    figure = Figure(figsize=(12, 2.5 * rows), layout="constrained")
    axes = list(figure.subplots(rows, 4, squeeze=False).flat)
    for axis, name in zip(axes, numbers, strict=False):
        axis.hist(numbers[name].dropna(), bins=bins)
        axis.set_title(name)
    for axis in axes[len(numbers.columns) :]:
        axis.set_axis_off()
    return figure


def correlations(numbers: pd.DataFrame) -> Figure:
    """Pearson's correlation of every pair of columns."""
    matrix = numbers.corr()
    figure = Figure(figsize=(1.5 + 0.5 * len(matrix), 1 + 0.5 * len(matrix)), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r")
    axis.set_xticks(range(len(matrix)), matrix.columns, rotation="vertical")
    axis.set_yticks(range(len(matrix)), matrix.columns)
    figure.colorbar(image)
    return figure
