from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flasklab.runs.json import decode, encode
from flasklab.runs.sameness import params_hash, params_text, same_code

CODE = {"code": "abc", "python": "3.11.7", "implementation": "CPython", "packages": {"numpy": "2.0"}}

scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text()
params = st.dictionaries(
    st.text(), st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)


@given(params)
def test_what_is_stored_and_read_back_is_the_same(given: dict[str, Any]) -> None:
    turned = dict(reversed(decode(encode(given)).items()))
    assert params_hash("e", turned) == params_hash("e", given)
    assert -(2**63) <= params_hash("e", given) < 2**63


def test_other_values_and_other_experiments_are_others() -> None:
    hashes = {
        params_hash("e", {"a": 1}),
        params_hash("e", {"a": "1"}),
        params_hash("e", {"a": True}),
        params_hash("e", {"a": None}),
        params_hash("e", {}),
        params_hash("f", {"a": 1}),
    }
    assert len(hashes) == 6
    assert params_text({"b": {"d": 1, "c": [2]}, "a": 0}) == b'{"a":0,"b":{"c":[2],"d":1}}'


def test_code_is_sources_packages_and_python() -> None:
    assert same_code(CODE, {**CODE, "git": {"commit": "x"}, "env": {"A": "1"}})
    assert not same_code(CODE, {**CODE, "code": "abd"})
    assert not same_code(CODE, {**CODE, "packages": {"numpy": "2.1"}})
    assert not same_code(CODE, {})
