from __future__ import annotations

from html.parser import HTMLParser

import pytest

from flasklab.web.presenters.markdown import markdown_html

KNOWN = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onclick=alert(1)>bold</b> <iframe src=//evil></iframe>",
    "[a](javascript:alert(1)) [a](JaVaScRiPt:alert(1)) [a]( javascript:alert(1))",
    "[a](java&#115;cript:alert(1)) [a](javascript&colon;alert(1)) [a](&#x6A;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=) [a](vbscript:x) [a](file:///etc/passwd)",
    "<javascript:alert(1)> <data:text/html,x>",
    '![x](https://evil/beacon.png) ![x](javascript:alert(1)) [a](https://x "\\" onmouseover=alert(1) x=\\"")',
    "[a]: javascript:alert(1)\n\n[a] [b][a]",
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "| <script> | b |\n| :-: | - |\n| <svg onload=alert(1)> | [x](javascript:1) |",
    "<!-- --><style>*{}</style><svg><script>alert(1)</script></svg>",
    "$<script>alert(1)</script>$ $$<img src=x onerror=alert(1)>$$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)</script>",
    "[a](//evil.example/x) [a](/cancel/x) [a](../x)",
    "> " * 200 + "deep",
    "[" * 5000,
    "*a **a " * 3000,
]


class Found(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_makes_only_known_elements_and_links_that_are_read(source: str) -> None:
    found = Found(markdown_html(source))
    assert found.tags <= KNOWN
    assert found.attributes <= {"href", "title", "align", "class", "start"}
    assert all(link.startswith(("http://", "https://", "mailto:", "#")) for link in found.links)


def test_headings_lists_tables_code_and_links_are_set() -> None:
    html = markdown_html("# A\n\n- b\n\n| c | d |\n| - | -: |\n| 1 | 2 |\n\n~~e~~ `f` [g](https://example.org)\n")
    for part in ("<h1>A</h1>", "<li>b</li>", '<td align="right">2</td>', "<s>e</s>", "<code>f</code>"):
        assert part in html
    assert '<a href="https://example.org">g</a>' in html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("$a_1 * b_2 * c$", "<p><code>$a_1 * b_2 * c$</code></p>\n"),
        ("$$\n\\alpha_1 * x\n$$", "<p><code>$$\n\\alpha_1 * x\n$$</code></p>\n"),
        ("It costs $5 or *maybe* $10.", "<p>It costs $5 or <em>maybe</em> $10.</p>\n"),
        ("$ 5 $", "<p>$ 5 $</p>\n"),
        ("a $ b", "<p>a $ b</p>\n"),
        ("\\$1 *a* $2", "<p>$1 <em>a</em> $2</p>\n"),
    ],
)
def test_formulas_stay_as_they_are_written_and_prices_are_none(source: str, html: str) -> None:
    assert markdown_html(source) == html
