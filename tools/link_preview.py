"""What a page says of itself to search engines, and to programs that show a link with a picture.

The description is the sentences that open the page, as many whole ones as fit, up to the first formula.
Addresses are absolute only when _config.yml names the address where the book is published (html: baseurl).
"""

import html
import re
from posixpath import join, relpath

from docutils import nodes

SHORTEST, LONGEST = 60, 200  # characters of a description; what shows links cuts longer ones
FORMULA = "\N{REPLACEMENT CHARACTER}"  # stands for mathematics, which a plain text cannot show
PICTURE, WIDTH, HEIGHT = "_static/preview.png", 1200, 630  # drawn by tools/pictures.py
PICTURE_ALT = "Penguins in the plane of two measurements, and the regions that softmax regression finds."

WITHOUT_PROSE = {
    "search": "Search the chapters of the book, its results, the index of questions, the glossary and the library.",
    "404": "There is no page at this address: here are the ways back into the book.",
}


def opening(text):
    """The first whole sentences of a text, up to LONGEST characters; of a long one what stands before its colon."""
    taken = ""
    for sentence in re.split(r"(?<=[.?!])\s+(?=[^a-z])", " ".join(text.split())):
        longer = f"{taken} {sentence}".strip()
        if len(longer) > LONGEST or FORMULA in longer:
            clause = re.match(r"[^:;]+(?=[:;])", sentence)
            clause = f"{taken} {clause[0]}.".strip() if clause else ""
            return clause if len(taken) < SHORTEST <= len(clause) <= LONGEST and FORMULA not in clause else taken
        taken = longer
    return taken


def description(doctree):
    """The opening of the first paragraph of a section that is more than a line."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            words = paragraph.deepcopy()
            for formula in list(words.findall(nodes.math)):
                formula.replace_self(nodes.Text(FORMULA))
            words = opening(words.astext())
            if len(words) >= SHORTEST:
                return words
    return ""


def preview(config, pagename, title, doctree):
    """The page's meta elements, name to content."""
    whole = pagename == config.root_doc
    title = config.project if whole else html.unescape(re.sub(r"<[^>]*>", "", title))
    words = description(doctree) if doctree else WITHOUT_PROSE.get(pagename, "")
    base = config.html_baseurl
    found = {
        "description": words,
        "og:type": "website" if whole else "article",
        "og:site_name": config.project,
        "og:title": title,
        "og:description": words,
        "og:url": join(base, pagename + ".html") if base else "",
        "og:image": join(base, PICTURE) if base else relpath(PICTURE, join(pagename, "..")),
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": PICTURE_ALT,
        "twitter:card": "summary_large_image",
    }
    return {name: text for name, text in found.items() if text}
