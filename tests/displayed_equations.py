"""Find every displayed equation in a page's text, however it is written in MyST."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

MARKDOWN = (
    MarkdownIt("commonmark", {"html": True})
    .enable("table")
    .use(dollarmath_plugin, allow_labels=True, double_inline=True)
    .use(amsmath_plugin)
    .use(colon_fence_plugin)
)


@dataclass(frozen=True)
class Displayed:
    latex: str
    label: str | None


def displayed_equations(markdown):
    r"""Yield the displayed equations of a MyST text: ``$$``, ``{math}``, ``\begin{align}``, and inside directives."""
    yield from _from_tokens(MARKDOWN.parse(markdown))


def _from_tokens(tokens):
    for token in tokens:
        if token.type in ("math_block", "math_block_label"):
            yield Displayed(token.content.strip(), token.info or None)
        elif token.type in ("amsmath", "math_inline_double"):
            yield Displayed(token.content.strip(), None)
        elif token.type in ("fence", "colon_fence"):
            yield from _from_directive(token.info.strip(), token.content)
        elif token.type in ("html_block", "html_inline") and re.search(r"<math|\\\[|\$\$", token.content):
            yield Displayed(token.content, None)
        elif token.children:
            yield from _from_tokens(token.children)


def _from_directive(info, content):
    if info.startswith("{math}"):
        label = re.search(r"^:label:\s*(\S+)", content, re.M)
        body = re.sub(r"^:\w+:.*$", "", content, flags=re.M).strip()
        yield Displayed(body, label and label[1])
    elif info.startswith("{") and not info.startswith("{code"):
        yield from displayed_equations(content)
