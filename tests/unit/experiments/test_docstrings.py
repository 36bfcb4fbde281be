"""Docstrings of both styles give help, and the rest stays as it was written."""

from __future__ import annotations

import pytest

from flasklab.experiments.docstrings import read_docstring

GOOGLE = """Train a classifier
    and report its accuracy.

    The rows are shuffled first.

    Args:
        test_size (float): share of the rows
            held out
        epochs: rounds

    Returns:
        The accuracy.
    """
NUMPY = """Train a classifier
    and report its accuracy.

    The rows are shuffled first.

    Parameters
    ----------
    test_size : float
        share of the rows
        held out
    epochs, rounds : int
        rounds

    Returns
    -------
    dict
        The accuracy.
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY])
def test_both_styles_give_help_in_one_line(text: str) -> None:
    helps = read_docstring(text).helps

    assert helps["test_size"] == "share of the rows held out"
    assert helps["epochs"] == "rounds"


def test_names_that_share_a_help_each_have_it() -> None:
    assert read_docstring(NUMPY).helps["rounds"] == "rounds"


@pytest.mark.parametrize("text", [GOOGLE, NUMPY])
def test_the_body_leaves_the_parameters_out_and_keeps_the_rest(text: str) -> None:
    found = read_docstring(text)

    assert found.summary == "Train a classifier and report its accuracy."
    assert "test_size" not in found.body
    assert "held out" not in found.body
    assert "The rows are shuffled first." in found.body
    assert "The accuracy." in found.body


@pytest.mark.parametrize("text", [None, "", "   \n  "])
def test_nothing_said_is_nothing_known(text: str | None) -> None:
    found = read_docstring(text)

    assert (found.summary, found.body, found.helps) == ("", "", {})


def test_a_docstring_of_no_style_is_its_own_body() -> None:
    text = "Twice the parameter.\n\n* one: two\n  Args are not a section here"

    assert read_docstring(text).body == text
