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
def headings(path):
    """(anchor, level, line) of every heading of a page, with the anchor that MyST gives to it."""
    found = []
    for node in SyntaxTreeNode(MARKDOWN.parse(markdown_of(path))).walk():
        if node.type == "heading" and int(node.tag[1]) <= 4:  # myst_heading_anchors
            slug = compute_unique_slug(node, [anchor for anchor, *_ in found])
            found.append((slug, int(node.tag[1]), node.map[0]))
    return found


def anchors(path):
    """The anchors that MyST gives to the headings of a page."""
    return [anchor for anchor, *_ in headings(path)]


def sections(path):
    """The text of each section of a page, with its subsections, by its anchor."""
    lines, heads, found = markdown_of(path).split("\n"), headings(path), {}
    for i, (anchor, level, start) in enumerate(heads):
        end = next((line for _, depth, line in heads[i + 1 :] if depth <= level), len(lines))
        found[anchor] = "\n".join(lines[start:end])
    return found


def set_anchors(path):
    """The anchors that a page sets itself, as [words]{#anchor}."""
    return re.findall(r"\]\{#([\w-]+)\}", markdown_of(path))
