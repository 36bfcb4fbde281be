from __future__ import annotations

import pytest

from flasklab.errors import InvalidParametersError
from flasklab.runs.presets import LONGEST_NAME, checked_name


@pytest.mark.parametrize("name", ["", "  \n", "x" * (LONGEST_NAME + 1), "a\x07b"])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        checked_name(name)
    assert [one.param for one in refused.value.errors] == ["name"]


def test_a_name_is_trimmed() -> None:
    assert checked_name("  quick\n try ") == "quick try"
