"""One seed for every source of randomness an experiment usually draws from."""

from __future__ import annotations

import random
import sys
from contextlib import suppress

_NUMPY_SEEDS = 2**32  # NumPy's legacy generator takes 32 bits
_TORCH_SEEDS = 2**64


def seed_everything(seed: int) -> None:
    """Seed `random`, and NumPy's and torch's global generators where they are imported.

    Args:
        seed: any whole number; NumPy takes it modulo 2**32, torch modulo 2**64
    """
    random.seed(seed)
    # A library half imported or of another kind must not keep the run from starting.
    with suppress(Exception):
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed % _NUMPY_SEEDS)
    with suppress(Exception):
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed % _TORCH_SEEDS)
