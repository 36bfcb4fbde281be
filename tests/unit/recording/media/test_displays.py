from __future__ import annotations

import base64
from typing import Any

from flasklab.recording.media.displays import rich_display

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00\x00\x00\x07\x00\x00\x00\x05"


def forms(obj: Any) -> dict[str, Any]:
    bundle = rich_display(obj)
    return {} if bundle is None else {each.media_type: each.content for each in bundle.renderings}


class Html:
    def _repr_html_(self) -> str:
        return "<b>é</b>"


class Png:
    def _repr_png_(self) -> bytes:
        return PNG


class WithMetadata:
    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return PNG, {"width": 7}


class Bundled:
    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        content = {
            "text/plain": "plain",
            "image/png": base64.b64encode(PNG).decode(),
            "application/vnd.plotly.v1+json": {"data": []},
            "application/x-unknown": "?",
        }
        return content, {}


class Failing:
    def _repr_mimebundle_(self, **_: Any) -> Any:
        raise RuntimeError("no")

    def _repr_html_(self) -> str:
        raise RuntimeError("no")

    def _repr_svg_(self) -> str:
        return "<svg/>"


class WrongTypes:
    def _repr_html_(self) -> int:
        return 3

    def _repr_png_(self) -> str:
        return "not base 64: é"


class Answering:
    """Answers to every name, as mocks and remote objects do."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: "<i>anything</i>"


class OnlyPlain:
    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": "plain"}


def test_html_is_kept_as_utf_8() -> None:
    assert forms(Html()) == {"text/html": "<b>é</b>".encode()}


def test_png_is_kept_with_its_size() -> None:
    for obj in (Png(), WithMetadata()):
        bundle = rich_display(obj)
        assert bundle is not None
        assert bundle.renderings[0].content == PNG
        assert bundle.renderings[0].meta == {"width": 7, "height": 5}


def test_a_bundle_gives_all_forms_the_best_first_and_plain_text_only_alone() -> None:
    assert list(forms(Bundled())) == ["application/vnd.plotly.v1+json", "image/png"]
    assert forms(Bundled())["image/png"] == PNG


def test_a_method_that_raises_leaves_the_others() -> None:
    assert forms(Failing()) == {"image/svg+xml": b"<svg/>"}


def test_what_is_not_really_rich_is_left_to_others() -> None:
    for obj in (WrongTypes(), Answering(), OnlyPlain(), Html, object()):
        assert rich_display(obj) is None
