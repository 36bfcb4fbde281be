from __future__ import annotations

import json
from typing import Any

import pytest

from flasklab.runs.artifacts import Artifact
from flasklab.web.presenters.results import figures, files, output_rest, output_values, steps


def artifact(name: str, media_type: str, **values: Any) -> Artifact:
    facts: dict[str, Any] = {"name": name, "media_type": media_type, "size": 1000, "sha256": "0" * 64}
    return Artifact(**(facts | values))


def test_a_figure_is_drawn_as_svg_and_offers_both(make: Any) -> None:
    pair = [artifact("f.png", "image/png", shown="f"), artifact("f.svg", "image/svg+xml", shown="f")]
    (figure,) = figures(pair, make.links())
    assert (figure.kind, figure.last.url) == ("image", "/shown/key/f.svg?v=00000000")
    assert [file.label for file in figure.last.files] == ["PNG", "SVG"]


def test_a_heavy_svg_gives_way_to_its_png(make: Any) -> None:
    pair = [
        artifact("f.png", "image/png", shown="f"),
        artifact("f.svg", "image/svg+xml", shown="f", size=5_000_000),
    ]
    (figure,) = figures(pair, make.links())
    assert figure.last.url == "/shown/key/f.png?v=00000000"


def test_what_has_scripts_is_drawn_in_the_sandbox_only(make: Any) -> None:
    found = figures(
        [
            artifact("r.plotly.json", "application/vnd.plotly.v1+json", shown="r", order=1),
            artifact("h.html", "text/html", shown="h", order=2),
        ],
        make.links(),
    )
    assert [(figure.kind, figure.last.url) for figure in found] == [
        ("plotly", "/shown/key/r.plotly.json?v=00000000"),
        ("html", "/shown/key/h.html?v=00000000"),
    ]


def test_steps_of_one_name_are_frames_in_their_order(make: Any) -> None:
    shown = [
        artifact(f"t (step {step}).png", "image/png", shown="t", step=step, order=order)
        for order, step in enumerate((100, 20, 3))
    ]
    (figure,) = figures(shown, make.links())
    assert (figure.count, figure.last.step, figure.steps_url) == (3, 100, "/steps/x?shown=t")
    found = steps(shown, "t", make.links())
    assert [frame["step"] for frame in found] == [3, 20, 100]
    save = "/download/x/t (step 3).png"
    assert found[0] == {
        "step": 3,
        "rows": "",
        "parts": [
            {"url": "/shown/key/t (step 3).png?v=00000000", "caption": "", "save": save, "width": None, "height": None}
        ],
        "files": [{"label": "PNG", "title": "t (step 3).png, 1.0 kB", "url": save}],
    }
    assert steps(shown, "another", make.links()) == []


def test_pictures_of_one_name_are_a_gallery_and_the_page_holds_its_first_ones(make: Any) -> None:
    shown = [
        artifact(
            f"g/{number}.{ending}",
            f"image/{kind}",
            shown="g",
            order=number,
            meta={"part": number, "caption": str(number), "width": 8, "height": 6},
        )
        for number in range(1, 31)
        for ending, kind in (("png", "png"), ("svg", "svg+xml"))
    ]
    (figure,) = figures(shown, make.links())
    assert (figure.kind, figure.detail, figure.wide) == ("gallery", "30 images", True)
    assert (len(figure.last.parts), len(figure.pictures), figure.last.files) == (30, 24, ())
    assert figure.steps_url == "/steps/x?shown=g"
    second = figure.pictures[1]
    assert (second.url, second.caption, second.save) == ("/shown/key/g/2.svg?v=00000000", "2", "/download/x/g/2.svg")
    (few,) = figures(shown[:4], make.links())
    assert (few.kind, few.steps_url) == ("gallery", "")


def test_a_histogram_has_one_scale_for_all_its_steps(make: Any) -> None:
    kind = "application/vnd.flasklab.histogram+json"
    metas = ({"min": -1.0, "max": 2.0, "top": 5, "values": 7}, {"min": 0.0, "max": 4.0, "top": 9, "values": 1000})
    shown = [artifact(f"{at}.histogram.json", kind, shown="w", step=at, meta=meta) for at, meta in enumerate(metas)]
    (figure,) = figures(shown, make.links())
    assert (figure.kind, figure.limits, figure.top, figure.detail) == ("histogram", (-1.0, 4.0), 9, "1,000 values")


@pytest.mark.parametrize(
    ("media_type", "size", "kind"),
    [
        ("audio/wav", 10, "audio"),
        ("video/mp4", 10, "video"),
        ("text/markdown", 10, "markdown"),
        ("text/csv", 10, "table"),
        ("application/yaml", 10, "text"),
        ("text/x-tex", 10, "text"),
        ("application/json", 10, "json"),
        ("application/json", 50_000_000, "text"),
        ("application/x-npz", 10, "file"),
    ],
)
def test_every_kind_of_file_is_drawn_its_own_way(make: Any, media_type: str, size: int, kind: str) -> None:
    (figure,) = figures([artifact("x", media_type, shown="x", size=size)], make.links())
    assert figure.kind == kind
    assert figure.last.rows == ("/rows/x/x" if media_type == "text/csv" else "")


def test_all_steps_of_an_array_share_one_scale(make: Any) -> None:
    shown = [
        artifact(f"{step}.array.json", "application/vnd.flasklab.array+json", shown="u", step=step, meta=meta)
        for step, meta in enumerate(({"min": -1.0, "max": 2}, {"min": None, "max": None}, {"min": 0.5, "max": 9.0}))
    ]
    (figure,) = figures(shown, make.links())
    assert figure.limits == (-1.0, 9.0)


def test_a_picture_keeps_the_place_of_the_rendering_that_is_drawn(make: Any) -> None:
    pair = [
        artifact("f.png", "image/png", shown="f", meta={"width": 800, "height": 600}),
        artifact("f.svg", "image/svg+xml", shown="f", meta={"width": 400, "height": 300}),
    ]
    (figure,) = figures(pair, make.links())
    assert (figure.last.width, figure.last.height) == (400, 300)


def test_a_table_tells_its_size_and_needs_width_only_when_it_is_wide(make: Any) -> None:
    def table(columns: int) -> Artifact:
        meta = {"rows": 1204, "columns": columns}
        return artifact("s.table.json", "application/vnd.flasklab.table+json", shown="s", meta=meta)

    (narrow,) = figures([table(1)], make.links())
    (wide,) = figures([table(30)], make.links())
    assert (narrow.kind, narrow.detail, narrow.wide, wide.wide) == ("table", "1,204 rows · 1 column", False, True)


def test_saved_files_are_no_figures_and_sort_by_their_numbers(make: Any) -> None:
    saved = [artifact(name, "text/plain") for name in ("b 10.txt", "b 9.txt", "a")]
    assert figures(saved, make.links()) == ()
    assert [(file.name, file.label) for file in files(saved, make.links())] == [
        ("a", "FILE"),
        ("b 9.txt", "TXT"),
        ("b 10.txt", "TXT"),
    ]


def test_output_is_values_and_the_rest_without_what_was_shown(make: Any) -> None:
    run = make.run(output={"accuracy": 0.97345, "layers": [64, 32], "figure": {"$shown": "figure"}, "loss": "NaN"})
    assert [(value.name, value.text, value.numeric) for value in output_values(run)] == [
        ("accuracy", "0.9735", True),
        ("layers", "64, 32", False),
        ("loss", "NaN", True),
    ]
    assert output_rest(run) == ""


def test_no_value_of_a_nested_output_is_left_out(make: Any) -> None:
    run = make.run(
        output={
            "fit": {"slope": 2.0, "note": None, "name": "", "range": [0, 1], "long": list(range(100)), "rows": [[1]]},
            "none": None,
        }
    )
    assert [(value.name, value.text, value.nothing) for value in output_values(run)] == [
        ("fit.slope", "2", False),
        ("fit.note", "none", True),
        ("fit.name", "empty", True),
        ("fit.range", "0, 1", False),
        ("none", "none", True),
    ]
    assert json.loads(output_rest(run)) == {"fit.long": list(range(100)), "fit.rows": [[1]]}
    assert output_rest(make.run(output=[[1], 2])) == "[[1],2]"


def test_an_output_of_values_only_leaves_no_rest(make: Any) -> None:
    assert output_rest(make.run(output={"a": {"b": 1}})) == output_rest(make.run(output=None)) == ""
