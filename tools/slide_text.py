"""MyST to HTML for slides and their notes: the part of MyST that the chapters use, with the book's own numbers.

Mathematics is typeset by KaTeX as in the book. In the notes only its MathML is kept: the speaker's window has no
style sheet of ours, and a browser shows MathML without one.
"""

import html
import re
from dataclasses import dataclass

from docutils.nodes import make_id
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from pybtex.database import parse_file

import book_site

DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
OPTION = re.compile(r":([\w-]+):\s*(.*)\n?")
BOXES = {"admonition", "note", "tip", "warning", "important"}
MATHML = re.compile(r"<math\b.*?</math>", re.S)
ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.S)


class TextError(ValueError):
    """What stands in the text and cannot be shown on a slide."""


# --------------------------------------------------------------------------------------- the book's numbers


@dataclass(frozen=True)
class Book:
    """What references need: label -> (page, number) of equations and figures, key -> (names, year) of works."""

    equations: dict
    figures: dict
    works: dict
    pages: frozenset


def read_book(root, read):
    """The numbers of the book, counted as its build counts them; read gives the cells of a notebook."""
    equations, figures, pages = {}, {}, []
    for path in sorted((root / "chapters").iterdir()):
        if path.suffix not in (".ipynb", ".md"):
            continue
        pages.append(path.stem)
        chapter = book_site.chapter_number(path.stem)
        cells = read(path) if path.suffix == ".ipynb" else [{"cell_type": "markdown", "source": path.read_text("utf-8")}]
        labels = [label for cell in cells if cell["cell_type"] == "markdown" for label in equation_labels(cell["source"])]
        names = [name for cell in cells if (name := figure_name(cell))]
        for counted, known in ((labels, equations), (names, figures)):
            for number, label in enumerate(counted, 1):
                known[label] = (path.stem, f"{chapter}.{number}" if chapter is not None else str(number))
    works = {key: (names_of(entry), entry.fields["year"]) for key, entry in parse_file(root / "references.bib").entries.items()}
    return Book(equations, figures, works, frozenset(pages))


def equation_labels(source):
    """The labels of the displayed equations of a text, in order, those inside boxes too."""
    return [token.info for token in every_token(source) if token.type == "math_block_label"]


def figure_name(cell):
    """The name under which the book knows the figure of a code cell, or None."""
    return cell.get("metadata", {}).get("mystnb", {}).get("figure", {}).get("name")


def names_of(entry):
    """Authors as in a citation: Nocedal and Wright, Guo et al."""
    names = [" ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]]
    names = [re.sub(r"[{}]", "", name) for name in names]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


# ------------------------------------------------------------------------------------------------ reading


def every_token(source):
    """All tokens of a text, with those inside boxes and folds."""
    for token in MYST.parse(source):
        directive = as_directive(token)
        if directive:
            yield from every_token(directive.content)
        else:
            yield token
            yield from token.children or ()


@dataclass(frozen=True)
class Directive:
    name: str
    title: str
    options: dict
    content: str


def as_directive(token):
    """The directive that a fenced block holds, or None."""
    found = token.type in ("fence", "colon_fence") and DIRECTIVE.match(token.info.strip())
    if not found:
        return None
    content, options = token.content, {}
    while option := OPTION.match(content):
        options[option[1]], content = option[2].strip(), content[option.end() :]
    return Directive(found[1], found[2].strip(), options, content)


@dataclass(frozen=True)
class Block:
    """A block of a text with its source: "heading", "equation", "box" or "prose"; a box and a heading have a title."""

    kind: str
    source: str
    title: str = ""
    level: int = 0


def blocks(source):
    """A text, block by block."""
    tokens, lines, found = MYST.parse(source), source.splitlines(), []
    for i, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        kind, title, level, directive = "prose", "", 0, as_directive(token)
        if token.type == "heading_open":
            kind, title, level = "heading", tokens[i + 1].content, int(token.tag[1])
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            kind = "equation"
        elif directive and directive.name in BOXES:
            kind, title = "box", directive.title or directive.name.title()
        found.append(Block(kind, "\n".join(lines[slice(*token.map)]), title, level))
    return found


def anchor(title, taken=()):
    """The id that the built page gives to a section with this heading."""
    text = "".join(child.content for token in MYST.parseInline(title) for child in token.children)
    name = make_id(text)
    return next(name for name in [name, *(f"id{i}" for i in range(1, 1000))] if name and name not in taken)


# ------------------------------------------------------------------------------------------------ writing


class Text:
    """Turns the text of one page into HTML, for its slides or for the notes to them."""

    def __init__(self, book, page, notes=False):
        self.book, self.page, self.notes = book, page, notes

    def html(self, source, bare=False):
        """A text as HTML; bare leaves out the title of a box."""
        return MYST.render(source, {"text": self, "bare": bare})

    def line(self, source):
        """A single line as HTML without a paragraph around it."""
        return MYST.renderInline(source, {"text": self})

    def address(self, link):
        """Where a link of the page leads from the folder of the slides."""
        if re.match(r"[a-z]+:", link):
            return link
        path, mark, target = link.partition("#")
        page = re.sub(r"\.(ipynb|md)$", "", path) or self.page
        if page not in self.book.pages:
            raise TextError(f"the link to {link} names no page of the book")
        return f"../html/chapters/{page}.html{mark}{target}"

    def formula(self, latex, display):
        if display and r"\begin{matrix}" in latex and r"\frac" in latex:
            latex = r"\def\arraystretch{1.5}" + latex  # as in the book
        answer = book_site.katex.render(latex, display)
        if "error" in answer:
            raise TextError(f"KaTeX cannot typeset {latex}: {answer['error']}")
        return ANNOTATION.sub("", MATHML.search(answer["html"])[0]) if self.notes else answer["html"]

    def equation(self, latex, label=None):
        """A displayed equation, with the number and the kind that it has in the book."""
        if label is None:
            formula = self.formula(latex, True)
            return f'<div class="equation"><div class="line"><div class="formula">{formula}</div></div></div>\n'
        if label not in self.book.equations:
            raise TextError(f"the equation {label} has no number: is it on a page of the book?")
        number, kind = self.book.equations[label][1], book_site.equation_kind(label) or "equation"
        note = book_site.equation_note(label) if kind == "quoted" else ""
        word = kind.title() + (f' <span class="verdict">· {note}</span>' if note else "")
        return (
            f'<div class="equation {kind}" data-label="{label}"><p class="kind">{word}</p>'
            f'<div class="line"><div class="formula">{self.formula(latex, True)}</div>'
            f'<p class="number">({number})</p></div></div>\n'
        )

    def reference(self, role, content):
        """What a role such as {eq} says."""
        book, keys = self.book, [key.strip() for key in content.split(",")]
        if role == "eq" and content in book.equations:
            page, number = book.equations[content]
            return self.link(f"{page}.md#equation-{content}", f"({number})")
        if role in ("numref", "ref") and content in book.figures:
            page, number = book.figures[content]
            return self.link(f"{page}.md#{content}", f"Figure {number}")
        if role in ("cite", "cite:p", "cite:t") and all(key in book.works for key in keys):
            cited = [(html.escape(names), year) for names, year in map(book.works.get, keys)]
            if role == "cite:t":
                return ", ".join(f"{names} [{year}]" for names, year in cited)
            return "[" + ", ".join(f"{names}, {year}" for names, year in cited) + "]"
        raise TextError(f"{{{role}}}`{content}` leads nowhere; slides know eq, numref, ref and cite with a label of the book")

    def link(self, target, words):
        return f'<a href="{self.address(target)}">{words}</a>'

    def directive(self, directive, bare=False):
        """A box, or a fold, which is a step of the slide and a paragraph of the notes."""
        if directive.name in BOXES:
            kind = html.escape(directive.options.get("class", directive.name))
            title = directive.title or directive.name.title()
        elif directive.name == "dropdown":
            kind, title, bare = ("answer" if self.notes else "answer fragment"), directive.title, False
        else:
            raise TextError(f"a slide cannot show the directive {{{directive.name}}}")
        title = "" if bare else f'<p class="box-title"><strong>{self.line(title)}</strong></p>'
        return f'<div class="box {kind}">{title}{self.html(directive.content)}</div>\n'


def inline_formula(renderer, tokens, i, options, env):
    """A formula in the line, with the punctuation that follows it: no line begins with a full stop."""
    formula = env["text"].formula(tokens[i].content, False)
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if after and after.type == "text" and after.content[:1] in tuple(".,;:!?)’") and len(tokens[i].content) <= 30:
        stop, after.content = after.content[:1], after.content[1:]
        return f'<span class="nowrap">{formula}{stop}</span>'
    return formula


def display_formula(renderer, tokens, i, options, env):
    return env["text"].equation(tokens[i].content.strip(), tokens[i].info or None)


def fence(renderer, tokens, i, options, env):
    directive = as_directive(tokens[i])
    if directive:
        return env["text"].directive(directive, env.get("bare", False))
    return f"<pre><code>{html.escape(tokens[i].content)}</code></pre>\n"


def role(renderer, tokens, i, options, env):
    return env["text"].reference(tokens[i].meta["name"], tokens[i].content)


def link_open(renderer, tokens, i, options, env):
    tokens[i].attrs["href"] = env["text"].address(tokens[i].attrs["href"])
    return renderer.renderToken(tokens, i, options, env)


def heading(renderer, tokens, i, options, env):
    tokens[i].tag = "h3"  # the headline of the slide is an h2
    return renderer.renderToken(tokens, i, options, env)


def image(renderer, tokens, i, options, env):
    raise TextError(f"a slide takes its figures from code cells; got the image {tokens[i].attrs['src']}")


MYST = (
    MarkdownIt("commonmark", {"html": True, "typographer": True})
    .enable(["table", "smartquotes"])
    .use(dollarmath_plugin, allow_labels=True, double_inline=True)
    .use(amsmath_plugin)
    .use(colon_fence_plugin)
    .use(deflist_plugin)
    .use(attrs_plugin)
    .use(attrs_block_plugin)
    .use(myst_role_plugin)
)
RULES = {
    "math_inline": inline_formula,
    "math_inline_double": display_formula,
    "math_block": display_formula,
    "math_block_label": display_formula,
    "amsmath": display_formula,
    "fence": fence,
    "colon_fence": fence,
    "myst_role": role,
    "link_open": link_open,
    "heading_open": heading,
    "heading_close": heading,
    "image": image,
}
for token_type, rule in RULES.items():
    MYST.add_render_rule(token_type, rule)
