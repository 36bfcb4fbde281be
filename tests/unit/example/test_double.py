from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_double_returns_twice_its_parameter(example: Callable[[str], Any]) -> None:
    assert example("double").double(param=21) == {"output": 42.0}
    assert example("double").double() == {"output": 42.0}
