"""The example lab's experiments, imported from where the wheel has them, as a lab imports them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import palmerpenguins
import pandas as pd
import pytest

import flasklab

if TYPE_CHECKING:
    from collections.abc import Callable

EXPERIMENTS = Path(flasklab.__file__).parent / "cli" / "example" / "experiments"


@pytest.fixture(scope="session")
def example() -> Callable[[str], Any]:
    """Takes a module's name and returns the module."""

    def load(name: str) -> Any:
        full = f"example_{name}"
        if full not in sys.modules:
            spec = importlib.util.spec_from_file_location(full, EXPERIMENTS / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            sys.modules[full] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[full])
        return sys.modules[full]

    return load


@pytest.fixture(scope="session")
def penguins() -> pd.DataFrame:
    """344 penguins: numbers, words and missing values."""
    return pd.read_csv(Path(palmerpenguins.__file__).parent / "data" / "penguins.csv")
