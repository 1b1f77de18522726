"""Find every displayed equation in a page's text, however it is written in MyST."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

MARKDOWN = (
    MarkdownIt("commonmark", {"html": True})
    .enable("table")
    .use(dollarmath_plugin, allow_labels=True, double_inline=True)
    .use(amsmath_plugin)
    .use(colon_fence_plugin)
    .use(deflist_plugin)
    .use(footnote_plugin)
)
#: Directives whose content is MyST again.  Any other directive could display anything, so it counts as untied.
READ_ON = {"admonition", "dropdown", "figure", "note", "tip", "warning", "div"}
#: They take no text: `names` and `entries` show docstrings, on the page of the library and nowhere else, and
#: `result-map` links to equations.
NO_MATHEMATICS = {"bibliography", "names", "entries", "result-map"}
#: Mathematics written in HTML.
HTML_MATHEMATICS = re.compile(r"<(math|su[bp]|i|var)\b|\\\[|\$\$")


@dataclass(frozen=True)
class Displayed:
    latex: str
    label: str | None


def displayed_equations(markdown):
    r"""Yield the displayed equations of a MyST text: ``$$``, ``{math}``, ``\begin{align}``, and inside directives.

    What could display an equation in a way that cannot be followed (another directive, HTML, a paragraph that is
    nothing but inline mathematics) is yielded without a label, so that it is tied to nothing and found out.
    """
    yield from _from_tokens(MARKDOWN.parse(markdown))


def _from_tokens(tokens):
    for before, token in pairwise([None, *tokens]):
        if token.type in ("math_block", "math_block_label"):
            yield Displayed(token.content.strip(), token.info or None)
        elif token.type in ("amsmath", "math_inline_double"):
            yield Displayed(token.content.strip(), None)
        elif token.type in ("fence", "colon_fence"):
            yield from _from_directive(token.info.strip(), token.content)
        elif token.type in ("html_block", "html_inline") and HTML_MATHEMATICS.search(token.content):
            yield Displayed(token.content, None)
        elif before is not None and before.type == "paragraph_open" and _only_mathematics(token.children):
            yield Displayed(token.content, None)
        elif token.children:
            yield from _from_tokens(token.children)


def _only_mathematics(children):
    words = "".join(child.content for child in children if child.type == "text").strip(" .,;:")
    return not words and any(child.type == "math_inline" and "=" in child.content for child in children)


def _from_directive(info, content):
    name = re.match(r"\{([\w:-]+)\}\s*(.*)", info)
    if name is None:
        return  # a plain block of code
    if name[1] == "math":
        label = re.search(r"^:label:\s*(\S+)", content, re.M)
        body = re.sub(r"^:\w+:.*$", "", content, flags=re.M).strip()
        yield Displayed(f"{name[2]} {body}".strip(), label and label[1])
    elif name[1] in READ_ON:
        yield from displayed_equations(name[2])
        yield from displayed_equations(content)
    elif name[1] not in NO_MATHEMATICS:
        yield Displayed(content, None)
