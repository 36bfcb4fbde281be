"""Markdown as HTML that cannot do anything: none of the text's own, links only to places that are read, no pictures.

The page takes only the elements that it knows out of the answer, see `web/src/islands/markdown.ts`; why it stands in
the page and not in a frame is told in docs/decisions/0013-markdown-in-the-page.md.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_SCHEMES = ("http://", "https://", "mailto:", "#")


def markdown_html(source: str) -> str:
    """`source` (CommonMark with tables and strikethrough) as HTML; formulas between dollars stay as written."""
    parser = _parser()
    return str(parser.renderer.render(markdown_tokens(source), parser.options, {}))


def markdown_tokens(source: str) -> list[Token]:
    """`source` in the parser's tokens, for those who write the HTML themselves."""
    tokens = _parser().parse(source)
    for token in tokens:
        if style := token.attrs.pop("style", None):  # a column's alignment; the pages' policy has no inline styles
            token.attrs["align"] = str(style).removeprefix("text-align:")
    return tokens


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # most pages show none

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.validateLink = lambda url: url.strip().lower().startswith(_SCHEMES)  # type: ignore[method-assign]
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """A formula between dollars, with no space within them, as in "$a_1 * b_2$": nothing in it is emphasis."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    fence = "$$" if source.startswith("$$", start) else "$"
    inner = start + len(fence)
    end = source.find(fence, inner)
    inline = len(fence) == 1
    if end <= inner or (
        inline and (source[inner].isspace() or source[end - 1].isspace() or "\n\n" in source[inner:end])
    ):
        return False
    stop = end + len(fence)
    if inline and source[stop : stop + 1].isdigit():  # "$5 and $10" are prices
        return False
    if not silent:
        token = state.push("code_inline", "code", 0)
        token.content = source[start:stop]
        token.markup = fence
    state.pos = stop
    return True
