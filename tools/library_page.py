"""The page of the library, chapters/library.md: an entry for each public name, made from its docstring.

autodoc finds the docstrings and numpydoc reads their sections.  What makes them part of the book is here: two
directives, ``entries`` and ``names``, and links from a docstring to the chapters and to other entries.
"""

import inspect
import re
from importlib import import_module

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from book_site import chapter_number

PAGE = "chapters/library"
PACKAGE = "softmax_lib"
MENTION = re.compile(r"\(((?:definition|result|quoted)-[\w-]+)\)|\bchapter\s(\d+)\b")
CLASS = re.compile(r"\b([A-Z]\w+)\b")


class Entries(SphinxDirective):
    """Entries for the public names that are listed, one a line.

    Equations in docstrings are in no chapter's ledger.  That no equation may slip past a ledger in this way, the
    directive takes names and nothing else, and only the page of the library may use it.
    """

    has_content = True

    def run(self):
        if self.env.docname != PAGE:
            raise self.error(f"entries from docstrings belong on {PAGE}, not on {self.env.docname}")
        found = []
        for name in self.content:
            path, _, last = f"{PACKAGE}.{name}".rpartition(".")
            public = getattr(import_module(path), last, None)
            if public is None:
                raise self.error(f"{path} has no name {last!r}")
            kind = "class" if inspect.isclass(public) else "function"
            found += self.parse_text_to_nodes(f"```{{eval-rst}}\n.. auto{kind}:: {path}.{last}\n```\n")
        chapters = {chapter_number(docname): docname for docname in self.env.found_docs}
        for entry in found:
            link_mentions(entry, chapters)
            head_methods(entry)
        return found


def head_methods(entry):
    """Put a heading over the methods of a class, as over the other parts of its docstring."""
    method = next((node for node in entry.findall(addnodes.desc) if node is not entry), None)
    if method is not None:
        method.parent.insert(method.parent.index(method) - 1, nodes.rubric("", "Methods"))  # before its index entry


class Names(SphinxDirective):
    """A table of all entries of the page, layer by layer, each with the first sentence of its docstring."""

    def run(self):
        return [names_table()]


class names_table(nodes.Element):
    """Where the table of names will be."""


def fill_tables(app, doctree):
    """Make the table, once the entries are there."""
    for place in list(doctree.findall(names_table)):
        body = nodes.tbody()
        for section in doctree.findall(nodes.section):
            entries = [child for child in section.children if isinstance(child, addnodes.desc)]
            if entries:
                title = section.next_node(nodes.title).astext()
                layer = nodes.reference("", title, refid=section["ids"][0], internal=True)
                body += row([layer], classes=["layer"])
            for signature, content in entries:
                name = nodes.literal("", signature["fullname"])
                link = nodes.reference("", "", name, refid=signature["ids"][0], internal=True)
                summary = content.next_node(nodes.paragraph).deepcopy()
                body += row([link], summary.children)
        group = nodes.tgroup("", nodes.colspec(colwidth=1), nodes.colspec(colwidth=2), body, cols=2)
        place.replace_self(nodes.table("", group, classes=["names"]))


def row(*cells, classes=()):
    """A row of a table with two columns; a single cell spans both."""
    entries = [nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells]
    if len(entries) == 1:
        entries[0]["morecols"] = 1
    return nodes.row("", *entries, classes=list(classes))


# ---------------------------------------------------------------------------------------------------- links


def reference(text, **target):
    """A reference that is plain text if there is no such target."""
    return addnodes.pending_xref("", text, refdoc=PAGE, refexplicit=True, from_docstring=True, **target)


def link_mentions(entry, chapters):
    """Link what a docstring mentions: chapters and their equations, and the library's own classes as types."""
    for text in list(entry.findall(nodes.Text)):
        parent = text.parent
        if isinstance(parent, nodes.paragraph):
            if not re.search(r"Source:\s(?!chapter)", parent.astext()):  # else it is a chapter of another book
                parent.replace(text, list(with_chapters(text, chapters)))
        elif isinstance(parent, (nodes.term, nodes.classifier)):
            parent["support_smartquotes"] = False  # "mean" is a string of Python
            parts = enumerate(CLASS.split(text))
            parent.replace(text, [library_reference(part) if i % 2 else nodes.Text(part) for i, part in parts])


def with_chapters(text, chapters):
    """The parts of a text: plain ones, and references to chapters and equations."""
    first, *rest = MENTION.split(text)
    yield nodes.Text(first)
    for label, number, after in zip(rest[0::3], rest[1::3], rest[2::3], strict=True):
        if label:
            yield reference(nodes.inline("", f"({label})"), refdomain="math", reftype="eq", reftarget=label)
        elif int(number) in chapters:
            page = "/" + chapters[int(number)]
            yield reference(nodes.inline("", f"chapter {number}"), refdomain="std", reftype="doc", reftarget=page)
        else:
            yield nodes.Text(f"chapter {number}")
        yield nodes.Text(after)


def library_reference(name, node=nodes.inline):
    return reference(node("", name), refdomain="py", reftype="obj", reftarget=name)


def library_name(role, rawtext, text, lineno, inliner, options=None, content=None):
    """The role of `name` in a docstring: code, and a link if the library has an entry of that name."""
    found = library_reference(text, nodes.literal)
    context = inliner.document.settings.env.ref_context
    found["py:module"], found["py:class"] = context.get("py:module"), context.get("py:class")
    return [found], []


def resolve(app, env, node, contnode):
    """A name that stands in another module of the library; plain text if there is none."""
    if not node.get("from_docstring"):
        return None
    if node["refdomain"] == "py":
        for name, entry in env.domains["py"].objects.items():
            if entry.objtype in ("function", "class") and name.rpartition(".")[2] == node["reftarget"]:
                return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, name)
    return contnode


def skip_foreign(app, what, name, member, skip, options):
    """Leave out what a class has from elsewhere: scikit-learn's set_fit_request, a named tuple's fields."""
    function = getattr(member, "fget", None) or getattr(member, "func", None) or member
    return None if str(getattr(function, "__module__", "")).startswith(PACKAGE) else True


def setup(app):
    app.add_directive("entries", Entries)
    app.add_directive("names", Names)
    app.add_node(names_table)
    app.add_role("library_name", library_name)
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("doctree-read", fill_tables)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
