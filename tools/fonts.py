"""Fonts of the built site, cut down to the characters that the site shows: half of what a page would weigh.

The files in static/ stay whole; a character that only a reader types falls back to the next font of the style sheet.
"""

import html
import re
import string
from pathlib import Path

from fontTools import subset

NOT_SHOWN = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.S)


def characters(site):
    """Every character that the pages show, or that a script of the book may write."""
    found = set(string.printable.strip())
    for path in [*site.rglob("*.html"), *site.rglob("*.js"), *site.rglob("*.mjs")]:
        text = path.read_text(encoding="utf-8")
        found.update(html.unescape(NOT_SHOWN.sub("", text)) if path.suffix == ".html" else text)
    return found


def shrink(source, target, text):
    """Write the font file source to target with no characters but these."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    with subset.load_font(source, options, lazy=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(text))
        cutter.subset(font)
        subset.save_font(font, target, options)


def shrink_all(static, site):
    """Replace the fonts of a built site by those of the folder static, cut down."""
    text = sorted(characters(site))
    for source in sorted(Path(static).rglob("*.woff2")):
        target = Path(site, "_static", source.relative_to(static))
        if target.exists():
            shrink(source, target, text)
