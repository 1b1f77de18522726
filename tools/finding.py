"""Finding the way in the built site: what the search finds by name, and what a link to an equation shows.

While the pages are written, this Sphinx extension notes every named thing: labelled equations, numbered figures, the
words of the glossary and the index of questions.  It leaves them in two kinds of scripts, which load from disk too:

* ``_static/named.js``, the list that ``static/search.js`` searches;
* ``_static/previews/<page>.js``, the page's equations as typeset, which ``static/preview.js`` fetches when a reader
  rests on a link to one of them.
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes

from book_site import KINDS, equation_kind, typeset
from search_names import equation_name, formula_words

#: Pages whose definition lists are searched term by term, and what such a term is called.
TERMS = {"chapters/glossary": "Glossary", "chapters/questions": "Question"}


def plain(node):
    """The text of a node on one line, formulas as a screen reader gets them: Δz, not \\Delta z."""
    parts = []
    for part in node.findall(lambda each: isinstance(each, (nodes.Text, nodes.math))):
        if isinstance(part, nodes.math):
            mathml = typeset(part.astext(), part, display=False).partition("<annotation")[0]
            parts.append(html.unescape(re.sub(r"<[^>]*>", "", mathml)))
        elif not isinstance(part.parent, nodes.math):
            parts.append(part.astext())
    return " ".join("".join(parts).split())


def equations(app, docname, doctree):
    """Yield (name, kind, number, anchor, words, typeset formula) of the labelled equations of a page."""
    known = app.env.get_domain("math").equations
    elsewhere = {label for label, (page, _) in known.items() if page != docname}
    for node in doctree.findall(nodes.math_block):
        label = node.get("label")
        kind = KINDS.get(equation_kind(label))
        if kind:
            latex = node.astext()
            words = f"{formula_words(latex)} {label.replace('-', ' ')}"
            words += " derivative" * (r"\partial" in latex)
            name, formula = equation_name(label, elsewhere), typeset(latex, node, display=True)
            yield name, kind, node["number"], node["ids"][0], words, formula


def figures(app, docname, doctree):
    """Yield (name, kind, number, anchor, words) of the numbered figures of a page; the name opens the caption."""
    numbers = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    for node in doctree.findall(nodes.figure):
        caption = next(iter(node.findall(nodes.caption)), None)
        if node["ids"] and caption is not None:
            text = plain(caption)
            name = text.split(". ")[0].rstrip(".")
            number = ".".join(map(str, numbers.get(node["ids"][0], ())))
            yield name, "Figure", number, node["ids"][0], text


def terms(docname, doctree):
    """Yield (name, kind, number, anchor, words) of the terms of a definition list."""
    for item in doctree.findall(nodes.definition_list_item) if docname in TERMS else ():
        term, text = item[0], item[-1]
        anchors = [name for node in term.findall(nodes.Element) for name in node.get("ids", ())]
        if anchors:
            yield plain(term), TERMS[docname], "", anchors[0], plain(text)


def collect(app, doctree, docname):
    """Note what a page holds; every page is written in every build."""
    named, previews = app.book_named, {}
    title = app.env.titles[docname].astext()
    for name, kind, number, anchor, words, formula in equations(app, docname, doctree):
        named.append([name, kind, number, docname, anchor, title, words])
        previews[anchor] = [f"{kind} {number}", name, formula]
    for name, kind, number, anchor, words in (*figures(app, docname, doctree), *terms(docname, doctree)):
        named.append([name, kind, number, docname, anchor, title, words])
    if previews:
        app.book_previews[docname] = previews


def start(app):
    app.book_named, app.book_previews = [], {}


def write(app, exception):
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    order = {page: i for i, page in enumerate(app.env.toctree_includes.get(app.config.root_doc, ()))}
    named = sorted(app.book_named, key=lambda item: order.get(item[3], len(order)))  # stable: book order, page order
    (static / "named.js").write_text(f"bookNamed({json.dumps(named, **compact)});\n", encoding="utf-8")
    (static / "previews").mkdir(exist_ok=True)
    for page, previews in app.book_previews.items():
        script = f"bookPreviews({json.dumps(page)},{json.dumps(previews, **compact)});\n"
        (static / "previews" / f"{page.rsplit('/', 1)[-1]}.js").write_text(script, encoding="utf-8")


def setup(app):
    app.connect("builder-inited", start)
    app.connect("doctree-resolved", collect)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
