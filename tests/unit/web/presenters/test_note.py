from __future__ import annotations

import re
from typing import Any

import pytest

from flasklab.runs.annotations import LONGEST_NOTE, note_mark
from flasklab.web.presenters.note import Typed, note_html, present_words


def test_a_note_is_set_from_elements_that_are_known() -> None:
    html = note_html("# Best so far\n\n**lr** matters:\n\n3. `0.1`\n4. ~~0.2~~\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n")
    assert html == (
        '<h3>Best so far</h3><p><strong>lr</strong> matters:</p><ol start="3"><li><code>0.1</code></li>'
        '<li><s>0.2</s></li></ol><table><thead><tr><th>a</th><th class="right">b</th></tr></thead>'
        '<tbody><tr><td>1</td><td class="right">2</td></tr></tbody></table>'
    )


def test_lines_of_a_run_stay_lines() -> None:
    assert note_html("one\ntwo  \nthree") == "<p>one\ntwo<br>three</p>"


@pytest.mark.parametrize(
    "source",
    [
        "<script>pwned()</script>",
        "<img src=x onerror=pwned()>",
        "[x](javascript:pwned())",
        "![x](http://elsewhere/x.png)",
        "```\n</pre><script>pwned()</script>\n```",
        '[x](https://a/"onmouseover="pwned())',
        "`<script>`",
        "<https://a/<script>>",
        "&lt;script&gt; &#60;script&#62;",
    ],
)
def test_nothing_in_a_note_acts(source: str) -> None:
    html = str(note_html(source))
    tags = re.findall(r"<[^>]*>", html)
    assert all(
        re.fullmatch(r'</?(p|pre|code|a)( class="code"| href="[^"]*" rel="[^"]*" target="_blank")?>', one)
        for one in tags
    )
    assert "script" not in " ".join(tags)


def test_a_link_is_followed_outside_and_without_a_trace() -> None:
    assert note_html("[paper](https://x.org/?a=1&b=2)") == (
        '<p><a href="https://x.org/?a=1&amp;b=2" rel="noopener noreferrer nofollow" target="_blank">paper</a></p>'
    )


def test_what_nobody_can_have_written_is_shown_as_it_is() -> None:
    assert note_html("*" * (LONGEST_NOTE + 1)).startswith('<pre class="code wrap">***')


def test_editors_hold_what_is_there_or_what_could_not_be_taken(make: Any) -> None:
    run = make.run(tags=("a",), note="x")
    words = present_words(run)
    assert (words.tags, words.note, words.seen, words.tag) == (("a",), "x", note_mark("x"), "")
    again = present_words(run, Typed(note="mine", why="Too long."))
    assert (again.note, again.note_problem, again.tag_problem) == ("mine", "Too long.", "")
    again = present_words(run, Typed(tag="b, c", why="Too many."))
    assert (again.note, again.note_problem, again.tag, again.tag_problem) == ("x", "", "b, c", "Too many.")
