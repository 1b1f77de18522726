"""The page of the map: chapters/map.json as rows with rails, for the book and for each chapter.

A row is a chapter, a definition or a result, in the order of the book.  What something rests on stands above it: a rail
runs down from each row that is used, and a dot on the rail says where.  The rails are drawn, and hidden from screen
readers; the same is said in words behind each name.
"""

import html
import json

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util import logging

from book_site import KINDS, chapter_number, equation_kind
from result_map import FILE, reduced
from search_names import equation_name

logger = logging.getLogger(__name__)

LANE = 11  # pixels from rail to rail
MIDDLE = "0.92em"  # of the first line of a row, from its top
VERBS = {"proof": "its proof uses", "text": "its text cites", "again": "repeats"}


class result_map(nodes.General, nodes.Element):
    """Where the map goes, until all numbers are known."""


class ResultMap(Directive):
    def run(self):
        self.state.document.settings.env.note_dependency(str(FILE))
        return [result_map()]


def lanes(order, parents):
    """A lane for the rail of each row that is used, as near to the names as is free: {row: (lane, last user)}."""
    place = {row: i for i, row in enumerate(order)}
    last = {}
    for row in order:
        for parent in parents[row]:
            last[parent] = place[row]
    found = {}
    for row in sorted(last, key=lambda row: (last[row] - place[row], place[row])):  # the short ones nearest
        span = place[row], last[row]
        taken = {lane for other, (lane, end) in found.items() if place[other] < span[1] and span[0] < end}
        lane = next(lane for lane in range(len(order)) if lane not in taken)
        found[row] = lane, span[1]
    return found


def rails_of(order, parents, kind_of):
    """The width of the rails, and an SVG for each row: what passes, starts or ends in it, its joints, its own mark."""
    rails = lanes(order, parents)
    place = {row: i for i, row in enumerate(order)}
    width = LANE * (1 + max((lane for lane, _ in rails.values()), default=-1)) + 20
    mark = width - 12

    def x_of(row):
        return mark - LANE * (rails[row][0] + 1)

    drawings = []
    for i, row in enumerate(order):
        drawn = []
        for other, (_, end) in rails.items():
            top, bottom = (MIDDLE if place[other] == i else 0), (MIDDLE if end == i else "100%")
            if place[other] <= i <= end:
                x = x_of(other)
                drawn.append(f'<line data-of="{other}" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        if row in rails:
            drawn.append(f'<line data-of="{row}" x1="{x_of(row)}" x2="{mark}" y1="{MIDDLE}" y2="{MIDDLE}"/>')
        for parent in parents[row]:
            x = x_of(parent)
            drawn.append(f'<line data-of="{parent}" class="joint" x1="{x}" x2="{mark}" y1="{MIDDLE}" y2="{MIDDLE}"/>')
            drawn.append(f'<circle data-of="{parent}" class="joint" cx="{x}" cy="{MIDDLE}" r="2.5"/>')
        if kind_of(row) == "definition":
            square = '<rect y="-5" width="10" height="10"/>'
            drawn.append(f'<svg x="{mark - 5}" y="{MIDDLE}" overflow="visible">{square}</svg>')
        else:
            drawn.append(f'<circle class="mark" cx="{mark}" cy="{MIDDLE}" r="5.5"/>')
        drawings.append(f'<svg class="rails" width="{width}" aria-hidden="true">{"".join(drawn)}</svg>')
    return width, drawings


def listing(rows, order, direct, kind_of):
    """The rows of one map as an ordered list; ``rows`` has the HTML behind each mark, ``direct`` what each rests on."""
    parents = {row: [parent for parent in direct[row] if parent in order] for row in order}
    width, drawings = rails_of(order, parents, kind_of)
    items = (
        f'<li class="map-{kind_of(row)}" id="map-{row}" data-on="{" ".join(direct[row])}">{drawing}'
        f"<div>{rows[row]}</div></li>"
        for row, drawing in zip(order, drawings, strict=True)
    )
    return f'<ol class="map" style="--rails: {width}px">{"".join(items)}</ol>'


def book_map(found, equations, titles):
    """The HTML of the page, from the map, {label: (page, number)} and {page: title}."""
    page_of = {label: equations[label][0] for label in found}
    pages = list(dict.fromkeys(page_of.values()))
    on = {label: [parent for way in ways.values() for parent in way] for label, ways in found.items()}
    users = {label: [user for user in found if label in on[user]] for label in found}

    def link(label):
        return f'<a href="#map-{label}">{equations[label][1]}</a>'

    def hidden(text):
        return f'<span class="visually-hidden">{text}</span>'

    def row(label):
        page = page_of[label]
        elsewhere = {other for other in equations if equations[other][0] != page}
        name = html.escape(equation_name(label, elsewhere))
        kind = KINDS[equation_kind(label)]
        target = f"{page.rsplit('/', 1)[-1]}.html#equation-{label}"
        number = f'<span class="map-number">{hidden(kind)} {equations[label][1]}</span>'
        said = [f'<a class="map-name" href="{target}">{number} {name}</a>']
        far, near = [], []
        for way, labels in found[label].items():
            here = [equations[other][1] for other in labels if page_of[other] == page]
            there = [link(other) for other in labels if page_of[other] != page]
            near += [f"{VERBS[way]} {', '.join(here)}"] if here else []
            far += [f"{VERBS[way]} {', '.join(there)}"] if there else []
        near_users = [equations[user][1] for user in users[label] if page_of[user] == page]
        far_users = [user for user in users[label] if page_of[user] != page]
        near += [f"used for {', '.join(near_users)}"] if near_users else []
        far += [f"used for {', '.join(map(link, far_users))}"] if far_users else []
        said += [hidden("; ".join(near) + ".")] if near else []
        said += [f'<span class="map-far">{"; ".join(far)}</span>'] if far else []
        return " ".join(said)

    def slug(page):
        return f"chapter-{chapter_number(page)}"

    direct = {slug(page): set() for page in pages}
    for label in found:
        direct[slug(page_of[label])] |= {slug(page_of[parent]) for parent in on[label]}
    direct = {chapter: on - {chapter} for chapter, on in direct.items()}
    over = {chapter: sorted(on, key=list(direct).index) for chapter, on in reduced(direct).items()}
    chapters = {}
    for page in pages:
        under = ", ".join(name.removeprefix("chapter-") for name in over[slug(page)])
        said = hidden(f"; rests on {under}.") if under else ""
        number = f'<span class="map-number">{chapter_number(page)}</span>'
        chapters[slug(page)] = (
            f'<a class="map-name" href="#{slug(page)}">{number} {html.escape(titles[page])}</a>{said}'
        )
    parts = ['<h2 id="the-chapters">The chapters</h2>', listing(chapters, list(chapters), over, lambda _: "chapter")]
    for page in pages:
        order = [label for label in found if page_of[label] == page]
        title = f"{chapter_number(page)} {html.escape(titles[page])}"
        parts.append(f'<h2 id="{slug(page)}">{title}</h2>')
        parts.append(listing({label: row(label) for label in order}, order, on, equation_kind))
    return "".join(parts) + '<script src="../_static/map.js" defer></script>'


def draw(app, doctree, docname):
    for node in list(doctree.findall(result_map)):
        found = json.loads(FILE.read_text(encoding="utf-8"))
        equations = app.env.get_domain("math").equations
        gone = ", ".join(sorted(set(found) - set(equations)))
        if gone:
            logger.warning("chapters/map.json is out of date, run tools/result_map.py; it has %s", gone, location=node)
            found = {}
        titles = {page: title.astext() for page, title in app.env.titles.items()}
        node.replace_self(nodes.raw("", book_map(found, equations, titles), format="html"))


def setup(app):
    app.add_node(result_map)
    app.add_directive("result-map", ResultMap)
    app.connect("doctree-resolved", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
