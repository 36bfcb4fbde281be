"""A run's note: Markdown as HTML that stands in the page itself, and what its editor shows.

Every element is written here, from a list of those that are known, with no attribute but a checked link, a list's first
number and a column's alignment; all text is escaped here too. So nothing of the parser's own HTML enters the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from flasklab.runs.annotations import LONGEST_NOTE, note_mark
from flasklab.web.presenters.markdown import markdown_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it.token import Token

    from flasklab.runs.run import Run

_KNOWN = frozenset(
    {
        *("a", "blockquote", "em", "li", "ol", "p", "s", "strong", "ul"),
        *("h1", "h2", "h3", "h4", "h5", "h6"),
        *("table", "tbody", "td", "th", "thead", "tr"),
    }
)
_READ = re.compile(r"(?:https?:|mailto:)", re.IGNORECASE)
_LOWER = 2  # the page's own headings end at the second level, so a text's begin at the third


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody wrote about a run that could not be taken."""

    tag: str | None = None  # the field for more tags
    note: str | None = None  # the note's editor
    why: str = ""  # what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is written about a run, and what its editors hold."""

    tags: tuple[str, ...]
    html: Markup  # the note, set; "" without one
    note: str  # in its editor
    seen: str  # stands for the note as the editor's reader saw it
    note_problem: str  # what was wrong with what they wrote; ""
    tag: str  # in the field for more tags
    tag_problem: str


def present_words(run: Run, typed: Typed | None = None) -> Words:
    """What is written about `run`; `typed` is what could not be taken."""
    typed = typed or Typed()
    return Words(
        tags=run.tags,
        html=note_html(run.note),
        note=run.note if typed.note is None else typed.note,
        seen=note_mark(run.note),
        note_problem=typed.why if typed.note is not None else "",
        tag=typed.tag or "",
        tag_problem=typed.why if typed.tag is not None else "",
    )


def note_html(source: str) -> Markup:
    """`source` as HTML; one that is longer than anybody writes stays as it is."""
    if len(source) > LONGEST_NOTE:
        return Markup('<pre class="code wrap">{}</pre>').format(source)
    return Markup("").join(_built(markdown_tokens(source)))


def _built(tokens: Iterable[Token]) -> Iterator[Markup]:
    for token in tokens:
        match token.type:
            case "inline":
                yield from _built(token.children or ())
            case "softbreak":
                yield Markup("\n")
            case "hardbreak":
                yield Markup("<br>")
            case "hr":
                yield Markup("<hr>")
            case "code_inline":
                yield Markup("<code>{}</code>").format(token.content)
            case "code_block" | "fence":
                yield Markup('<pre class="code">{}</pre>').format(token.content)
            case _ if token.nesting == 0:
                yield escape(token.content)
            case _ if token.tag in _KNOWN and not token.hidden:
                yield _tag(token)


def _tag(token: Token) -> Markup:
    name = token.tag
    if re.fullmatch(r"h[1-6]", name):
        name = f"h{min(6, int(name[1]) + _LOWER)}"
    if token.nesting < 0:
        return Markup("</{}>").format(name)
    return Markup("<{}{}>").format(name, _attributes(token))


def _attributes(token: Token) -> Markup:
    target = str(token.attrs.get("href", ""))
    if token.tag == "a" and _READ.match(target):
        return Markup(' href="{}" rel="noopener noreferrer nofollow" target="_blank"').format(target)
    start = str(token.attrs.get("start", ""))
    if token.tag == "ol" and re.fullmatch(r"[0-9]{1,9}", start):
        return Markup(' start="{}"').format(start)
    align = str(token.attrs.get("align", ""))
    if token.tag in ("td", "th") and align in ("right", "center"):
        return Markup(' class="{}"').format(align)
    return Markup("")
