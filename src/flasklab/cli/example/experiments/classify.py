"""Train a classifier on a table of one's own, or on a well-known one."""

from typing import Annotated, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.figure import Figure
from pydantic import Field
from sklearn import datasets
from sklearn.base import ClassifierMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, auc, classification_report, roc_curve
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from flasklab import Upload, experiment, run

BUNDLED = {
    "digits": datasets.load_digits,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
}
MODELS = {
    "svm": lambda seed: SVC(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(random_state=seed),
    "boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "logistic": lambda seed: LogisticRegression(max_iter=1000, random_state=seed),
    "neighbors": lambda seed: KNeighborsClassifier(),  # noqa: ARG005 - nothing random in it
}
MOST_CLASSES = 50


@experiment(timeout="30m", tags=["scikit-learn"])
def classify(
    data: Annotated[pd.DataFrame, Upload(".csv", ".tsv", ".parquet", ".xlsx")] | None = None,
    dataset: Literal["digits", "wine", "breast cancer"] = "digits",
    target: str = "",
    model: Literal["svm", "forest", "boosting", "logistic", "neighbors"] = "svm",
    test_size: Annotated[float, Field(ge=0.05, le=0.5, json_schema_extra={"step": 0.05})] = 0.2,
    curve_points: Annotated[int, Field(ge=1, le=50)] = 10,
    seed: int = 0,
):
    """Train a classifier, watch it learn from more and more rows, and see where it errs.

    Args:
        data: a table of your own; numbers, words and missing values are all welcome
        dataset: what to learn from when no table is given
        target: the column to predict; the last one when left empty
        model: the kind of classifier
        test_size: share of the rows held out to measure the accuracy on
        curve_points: points of the learning curve
        seed: decides which rows are held out
    """
    features, labels = split_off(bundled(dataset) if data is None else data, target)
    train_x, test_x, train_y, test_y = train_test_split(
        features, labels, test_size=held_out(labels, test_size), stratify=labels, random_state=seed
    )
    untrained = prepared(MODELS[model](seed))

    sizes = np.linspace(len(train_y), min(20, len(train_y)), curve_points).astype(int)[::-1]
    for rows in run.track(sizes):
        if train_y[:rows].nunique() < 2:
            continue  # nothing to tell apart yet
        fitted = clone(untrained).fit(train_x[:rows], train_y[:rows])
        accuracy = fitted.score(test_x, test_y)
        run.log(step=rows, train_accuracy=fitted.score(train_x[:rows], train_y[:rows]), accuracy=accuracy)

    guesses = fitted.predict(test_x)
    run.show(report(test_y, guesses), name="report")
    run.show(confusion_matrix(test_y, guesses), name="confusion matrix")
    run.show(roc(fitted, test_x, test_y), name="ROC")
    run.save("model.joblib", fitted)
    return {"accuracy": accuracy, "rows": len(labels), "classes": labels.nunique()}


def bundled(name: str) -> pd.DataFrame:
    """One of scikit-learn's own tables, its classes by their names."""
    found = BUNDLED[name](as_frame=True)
    return found.frame.assign(target=found.target_names[found.target])


def split_off(table: pd.DataFrame, target: str) -> tuple[pd.DataFrame, pd.Series]:
    """The features and the labels of a table.

    Raises:
        ValueError: nothing can be learned from the table; the message says why.
    """
    table = table.rename(columns=str)
    if len(table.columns) < 2:
        raise ValueError("The table needs at least two columns: one to predict and one to predict it from.")
    target = target or table.columns[-1]
    if target not in table.columns:
        raise ValueError(f"There is no column {target!r}. The table has: {', '.join(table.columns)}.")
    table = table[table[target].notna()]
    labels = table[target].astype(str)

    counts = labels.value_counts()
    if len(counts) < 2:
        raise ValueError(f"Column {target!r} holds {len(counts)} classes; two or more are needed.")
    if len(counts) > MOST_CLASSES:
        raise ValueError(f"Column {target!r} holds {len(counts)} different values: too many to be classes.")
    if counts.min() < 2:
        raise ValueError(f"Class {counts.idxmin()!r} of column {target!r} has one row only; two are needed.")
    features = cleaned(table.drop(columns=target))
    if features.columns.empty:
        raise ValueError(f"Every column but {target!r} is empty: there is nothing to predict it from.")
    return features, labels


def cleaned(features: pd.DataFrame) -> pd.DataFrame:
    """The features with numbers as floats, everything else as words, and no empty columns."""
    features = features.replace([np.inf, -np.inf], np.nan).dropna(axis="columns", how="all")
    numeric = [pd.api.types.is_numeric_dtype(kind) for kind in features.dtypes]
    return features.astype(dict(zip(features, np.where(numeric, "float", "str"), strict=True)))


def held_out(labels: pd.Series, share: float) -> int:
    """How many rows to hold out: the share asked for, but at least one of each class on either side."""
    classes = labels.nunique()
    return int(np.clip(round(share * len(labels)), classes, len(labels) - classes))


def prepared(classifier: ClassifierMixin) -> Pipeline:
    """The classifier behind what it needs: scaled numbers without gaps, words as yes-or-no columns."""
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False)
    columns = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("words", words, make_column_selector(dtype_exclude="number")),
        ]
    )
    return Pipeline([("columns", columns), ("classifier", classifier)])


def report(truth: pd.Series, guesses: np.ndarray) -> pd.DataFrame:
    """Precision, recall and F1 of every class, and their means."""
    rows = classification_report(truth, guesses, output_dict=True, zero_division=0)
    rows.pop("accuracy", None)
    return pd.DataFrame(rows).T.rename_axis("class").reset_index()


def confusion_matrix(truth: pd.Series, guesses: np.ndarray) -> Figure:
    """Which class was taken for which."""
    figure = Figure(layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        truth, guesses, ax=figure.subplots(), cmap="Blues", colorbar=False, xticks_rotation="vertical"
    )
    return figure


def roc(model: Pipeline, rows: pd.DataFrame, truth: pd.Series) -> go.Figure:
    """One curve per class against all others, with the area under it."""
    if hasattr(model, "predict_proba"):
        scores = model.predict_proba(rows)
    else:
        scores = model.decision_function(rows)
        scores = scores if scores.ndim == 2 else np.column_stack([-scores, scores])

    figure = go.Figure(layout={"xaxis_title": "false positive rate", "yaxis_title": "true positive rate"})
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": "gray"}, name="chance")
    for label, score in zip(model.classes_, scores.T, strict=True):
        false_rate, true_rate, _ = roc_curve(truth == label, score)
        figure.add_scatter(x=false_rate, y=true_rate, name=f"{label} ({auc(false_rate, true_rate):.3f})")
    return figure
