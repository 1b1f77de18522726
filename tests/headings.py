"""The text of a page, and what a link to it may name: its headings and the anchors set in its text."""

from __future__ import annotations

import re
from functools import cache

from markdown_it.tree import SyntaxTreeNode
from myst_parser.mdit_to_docutils.base import compute_unique_slug

from chapters_as_run import stored
from displayed_equations import MARKDOWN


def markdown_of(path):
    """The text of a page, or of the text cells of a notebook."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in stored(path).cells if cell.cell_type == "markdown")


def tokens_of(text):
    """The tokens of a page and of its boxes, which share its link destinations."""
    environment = {}

    def read(part):
        for token in MARKDOWN.parse(part, environment):
            if token.type == "colon_fence":
                yield from read(token.content)
            else:
                yield token

    MARKDOWN.parse(text, environment)  # the destinations stand at the end of the page
    return list(read(text))


@cache
def anchors(path):
    """The anchors that MyST gives to the headings of a page."""
    slugs = []
    for node in SyntaxTreeNode(MARKDOWN.parse(markdown_of(path))).walk():
        if node.type == "heading" and int(node.tag[1]) <= 4:  # myst_heading_anchors
            slugs.append(compute_unique_slug(node, slugs))
    return slugs


def set_anchors(path):
    """The anchors that a page sets itself, as [words]{#anchor}."""
    return re.findall(r"\]\{#([\w-]+)\}", markdown_of(path))
