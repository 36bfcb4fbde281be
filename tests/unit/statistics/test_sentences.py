from __future__ import annotations

import math

import pytest

from flasklab.statistics.comparing import Comparison, Method, compare
from flasklab.statistics.samples import Sample
from flasklab.statistics.sentences import p_in_words, sentence
from flasklab.statistics.summaries import Interval, Summary


def comparison(**changes: object) -> Comparison:
    """Ten runs of each, the first one better by 0.021."""
    plain: dict[str, object] = {
        "metric": "accuracy",
        "first_name": "svm",
        "second_name": "forest",
        "first": Summary(n=10, least=0.8, greatest=0.9),
        "second": Summary(n=10, least=0.7, greatest=0.9),
        "higher_is_better": True,
        "level": 0.95,
        "difference": 0.0213,
        "interval": Interval(low=0.0081, high=0.0337),
        "method": Method.WELCH,
        "p": 0.0042,
        "cliffs_delta": 0.6,
    }
    return Comparison(**{**plain, **changes})  # type: ignore[arg-type]


def flat(low: float, high: float, n: int = 5) -> Summary:
    return Summary(n=n, least=low, greatest=high)


CASES: list[tuple[dict[str, object], str]] = [
    (
        {},
        (
            "svm is better than forest by 0.021 accuracy (95 % interval 0.008 to 0.034, n = 10 and 10): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"higher_is_better": False, "metric": "loss"},
        (
            "forest is better than svm by 0.021 loss (95 % interval 0.008 to 0.034, n = 10 and 10): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"difference": -0.0213, "interval": Interval(low=-0.0337, high=-0.0081), "p": 1e-9},
        (
            "forest is better than svm by 0.021 accuracy (95 % interval 0.008 to 0.034, n = 10 and 10): "
            "very unlikely to be luck (p < 0.001)."
        ),
    ),
    (
        {"pairs": 9, "method": Method.PAIRED_T, "metric": ""},
        (
            "svm is better than forest by 0.021 (95 % interval 0.008 to 0.034, 9 pairs of equal seeds): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"interval": Interval(low=-0.004, high=0.041), "p": 0.41},
        (
            "No difference between svm and forest is shown: svm less forest is 0.021 accuracy (95 % interval "
            "-0.004 to 0.041, n = 10 and 10, p = 0.41). That does not show that they are equal."
        ),
    ),
    (
        {"interval": Interval(low=-0.001, high=0.041), "p": 0.0499},
        (
            "Whether svm and forest differ is on the edge of what so many runs can tell: svm less forest is 0.021 "
            "accuracy (95 % interval -0.001 to 0.041, n = 10 and 10, p = 0.0499). Run more of each."
        ),
    ),
    (
        {"adjusted_p": 0.08, "comparisons": 20},
        (
            "Whether svm and forest differ is on the edge of what so many runs can tell: svm less forest is 0.021 "
            "accuracy (95 % interval 0.008 to 0.034, n = 10 and 10, p = 0.08 for 20 comparisons). Among 20 "
            "comparisons such a difference can well be luck. Run more of each."
        ),
    ),
    (
        {"adjusted_p": 0.0312, "comparisons": 7},
        (
            "svm is better than forest by 0.021 accuracy (95 % interval 0.008 to 0.034, n = 10 and 10): "
            "unlikely to be luck (p = 0.0312 for 7 comparisons)."
        ),
    ),
    (
        {"method": Method.MANN_WHITNEY},
        (
            "svm tends to be better than forest: a run of svm is better than one of forest 80 % of the time "
            "(n = 10 and 10): unlikely to be luck (p = 0.004). The means differ by 0.021 accuracy, which outliers move."
        ),
    ),
    (
        {"method": Method.SIGNED_RANK, "pairs": 10, "cliffs_delta": -0.8},
        (
            "forest tends to be better than svm: forest wins 90 % of the pairs (10 pairs of equal seeds): "
            "unlikely to be luck (p = 0.004). The means differ by 0.021 accuracy, which outliers move."
        ),
    ),
    (
        {"method": Method.MANN_WHITNEY, "p": 0.6, "cliffs_delta": -0.1, "higher_is_better": False},
        (
            "No difference between svm and forest is shown: a run of svm is better than one of forest 55 % of the time "
            "(n = 10 and 10, p = 0.60). That does not show that they are equal."
        ),
    ),
    (
        {"difference": 21300.0, "interval": Interval(low=8100.0, high=33700.0), "metric": "ms"},
        (
            "svm is better than forest by 21,000 ms (95 % interval 8,000 to 34,000, n = 10 and 10): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"difference": 2.13e-9, "interval": Interval(low=8.1e-10, high=3.37e-9)},
        (
            "svm is better than forest by 2.13e-09 accuracy (95 % interval 8.1e-10 to 3.37e-09, n = 10 and 10): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"level": 0.99, "p": 0.0042},
        (
            "svm is better than forest by 0.021 accuracy (99 % interval 0.008 to 0.034, n = 10 and 10): "
            "unlikely to be luck (p = 0.004)."
        ),
    ),
    (
        {"first": flat(0, 1, 2), "second": flat(0, 1, 3)},
        "With 2 and 3 runs nothing can be said: run at least 5 of each.",
    ),
    (
        {"first": flat(0, 1, 3), "second": flat(0, 1, 3)},
        "With 3 runs each nothing can be said: run at least 5 of each.",
    ),
    ({"first": flat(0, 1, 1), "second": flat(0, 1, 1)}, "With 1 run each nothing can be said: run at least 5 of each."),
    ({"first": Summary(n=0), "second": Summary(n=0)}, "With no runs nothing can be said: run at least 5 of each."),
    ({"pairs": 5, "needed": 6}, "With 5 pairs nothing can be said: run at least 6 of each."),
    (
        {"first": flat(0.9, 0.9), "second": flat(0.9, 0.9), "difference": 0.0, "p": 1.0},
        "svm and forest gave the same accuracy in every run, 0.9 (n = 5 and 5).",
    ),
    (
        {"first": Summary(n=9, nan=1, least=0.8, greatest=0.9), "repeated": 2},
        (
            "svm is better than forest by 0.021 accuracy (95 % interval 0.008 to 0.034, n = 9 and 10): unlikely to be "
            "luck (p = 0.004). 1 run of svm gave no finite number and is left out, which may flatter it. "
            "2 runs repeat a seed of the same group, which is no new evidence."
        ),
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_a_comparison_is_told_in_plain_words(changes: dict[str, object], expected: str) -> None:
    assert sentence(comparison(**changes)) == expected


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [(2, 3, "2 and 3 runs"), (3, 3, "3 runs each"), (1, 1, "1 run each"), (0, 0, "no runs"), (4, 50, "4 and 50 runs")],
)
def test_too_few_runs_say_nothing_but_how_many_to_run(first: int, second: int, counts: str) -> None:
    found = sentence(comparison(first=flat(0, 1, first), second=flat(0, 1, second)))
    assert found == f"With {counts} nothing can be said: run at least 5 of each."


def test_too_few_pairs_say_nothing_but_how_many_to_run() -> None:
    assert sentence(comparison(pairs=5, needed=6)) == "With 5 pairs nothing can be said: run at least 6 of each."


def test_groups_that_do_not_vary_are_asked_for_their_seed() -> None:
    found = sentence(compare(Sample(name="a", values=[0.9] * 5), Sample(name="b", values=[0.8] * 5), metric="score"))

    assert found == (
        "a tends to be better than b: a run of a is better than one of b 100 % of the time (n = 5 and 5): unlikely to "
        "be luck (p = 0.008). The means differ by 0.1 score. "
        "Runs of the same group do not differ at all: does the seed have any effect?"
    )


def test_ninety_nine_and_a_half_percent_are_not_all() -> None:
    found = sentence(comparison(method=Method.MANN_WHITNEY, cliffs_delta=0.999))
    assert "99 % of the time" in found


def test_no_sentence_is_about_what_is_missing() -> None:
    diverged = Sample(name="b", values=[math.nan] * 5)
    found = sentence(compare(Sample(name="a", values=[1.0, 2.0, 3.0, 4.0, 5.0]), diverged))

    assert found == (
        "With 5 and 0 runs nothing can be said: run at least 5 of each. "
        "5 runs of b gave no finite number and are left out, which may flatter it."
    )


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.004, "p = 0.004"),
        (0.0499, "p = 0.0499"),
        (0.05, "p = 0.05"),
        (1, "p = 1.00"),
    ],
)
def test_p_values_have_the_digits_that_matter(p: float, words: str) -> None:
    assert p_in_words(p) == words
