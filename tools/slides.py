"""Slides of the chapters, from their own cells: _build/slides/02_jacobian.html and so on, with an index.

A cell's metadata `slideshow` says what becomes of it (CONTRIBUTING.md, "Slides"). nbconvert makes the page, reveal.js
shows it, and everything that it needs lies beside it: a deck opens from disk, without a network.
"""

import argparse
import html
import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.preprocessors import ExtractOutputPreprocessor, Preprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets import Any
from traitlets.config import Config

import book_site
from slide_text import Text, TextError, anchor, blocks, figure_name, read_book

ROOT = Path(__file__).parents[1]
SLIDES = ROOT / "_build" / "slides"
SOURCES = ROOT / "teaching" / "slides"
TYPES = ("slide", "fragment", "-", "notes", "skip")
KEYS = {"slide_type", "title", "points", "show", "notes"}
SHOWN = {"output": (False, True), "input": (True, False), "both": (True, True)}  # (the code, what it gave)
MOST_POINTS = 4
CODE_STYLES = {"light": "a11y-high-contrast-light", "dark": "a11y-high-contrast-dark"}  # those of the book


class SlideError(Exception):
    """What is wrong with a cell, and what to do."""


# --------------------------------------------------------------------------------------- from cells to slides


@dataclass
class Part:
    """Cells that appear together."""

    cells: list
    fragment: bool


@dataclass
class Slide:
    title: str  # HTML, as everything below
    anchor: str  # the section of the book
    section: str
    parts: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    kind: str = "slide"
    live: str = ""  # the name of a figure that moves in the book


def shown_text(source):
    """A cell that the template puts on the slide as it is."""
    return nbformat.v4.new_markdown_cell(source)


class Slideshow(Preprocessor):
    """Groups the cells of a chapter into slides, each with its steps and its notes: resources["slides"]."""

    book = Any()

    def preprocess(self, notebook, resources):
        self.page = resources["metadata"]["name"]
        self.text, self.spoken = Text(self.book, self.page), Text(self.book, self.page, notes=True)
        self.slides, self.anchors, self.section, self.anchor = [], [], "", ""
        for index, cell in enumerate(notebook.cells):
            try:
                self.take(cell)
            except (TextError, SlideError) as error:
                first = next(iter(cell.source.strip().splitlines()), "")
                raise SlideError(f"{self.page}, cell {index} ({first[:60]}): {error}") from error
        resources["slides"] = self.slides
        resources["chapter"] = {"number": book_site.chapter_number(self.page), "title": self.slides[0].title}
        notebook.cells = [cell for slide in self.slides for part in slide.parts for cell in part.cells]
        return notebook, resources

    def take(self, cell):
        """Put a cell where its metadata says."""
        found, wishes = [], cell.metadata.get("slideshow", {})
        self.complain(cell, wishes)
        if cell.cell_type == "markdown":
            found = blocks(cell.source)
            self.enter(found)
        if not self.slides:
            found = self.open_deck(found)
        kind = wishes.get("slide_type")
        if kind == "skip" or (kind is None and (cell.cell_type == "code" or self.section == "Exercises")):
            return
        if kind in ("slide", "fragment", "-"):
            self.show(cell, found, wishes)
        else:
            self.say("\n\n".join(block.source for block in found) if found else cell.source, cell.cell_type)

    def complain(self, cell, wishes):
        """Refuse metadata that would be overlooked in silence."""
        kind, points = wishes.get("slide_type"), wishes.get("points")
        if wishes and kind not in TYPES:
            raise SlideError(f"slide_type is {kind!r}; it must be one of {', '.join(TYPES)}")
        if set(wishes) - KEYS:
            raise SlideError(f"unknown keys in slideshow: {', '.join(sorted(set(wishes) - KEYS))}")
        if "title" in wishes and kind != "slide":
            raise SlideError(f"a title needs slide_type slide, which begins a slide; got {kind!r}")
        if points is not None and (not isinstance(points, list) or len(points) > MOST_POINTS):
            raise SlideError(f"points must be a list of at most {MOST_POINTS} lines; got {points!r}")
        if wishes.get("show", "output") not in SHOWN:
            raise SlideError(f"show is {wishes['show']!r}; it must be one of {', '.join(SHOWN)}")

    def enter(self, found):
        """Note in which section of the book we are."""
        for block in found:
            if block.kind == "heading":
                self.section, self.anchor = block.title, anchor(block.title, self.anchors)
                self.anchors.append(self.anchor)

    def open_deck(self, found):
        """The title slide, with the chapter's hook as its notes: what is left of the first cell."""
        if not found or found[0].kind != "heading":
            raise SlideError("a chapter begins with its title, as `# Title`")
        hook = next((i for i, block in enumerate(found) if block.kind == "box"), len(found))
        self.slides.append(Slide(self.text.line(found[0].title), self.anchor, "", kind="title"))
        self.say("\n\n".join(block.source for block in found[1:hook]))
        return found[hook:]

    def begin(self, cell, found, wishes):
        """A new slide with its headline; returns what is left to show, and whether a box has given its title away."""
        if found and found[0].kind == "heading":
            title, found = found[0].title, found[1:]
        else:
            title = found[0].title if len(found) == 1 and found[0].kind == "box" else ""
        headline = wishes.get("title") or title
        if not headline:
            raise SlideError("this slide has no headline: give it a `title`, or begin its text with a heading")
        section = self.text.line(self.section)
        self.slides.append(Slide(self.text.line(headline), self.anchor, section))
        return found, bool(title) and headline.startswith(title)

    def show(self, cell, found, wishes):
        """Put a cell on a slide: a new one, or the one at hand."""
        bare = False
        if wishes["slide_type"] == "slide":
            found, bare = self.begin(cell, found, wishes)
        slide, points, cells = self.slides[-1], wishes.get("points"), []
        if slide.kind == "title":
            raise SlideError("nothing stands on the title slide but the title: begin a new slide with slide_type slide")
        if "notes" in wishes:
            self.say(wishes["notes"])
        if cell.cell_type == "code":
            cells.append(self.prepared(cell, wishes.get("show", "output")))
        else:
            kept = [block for block in found if points is None or block.kind == "equation"]
            cells.append(shown_text(self.text.html("\n\n".join(block.source for block in kept), bare)))
            if points is not None:
                self.say("\n\n".join(block.source for block in found))
        if points:
            lines = "".join(f"<li>{self.text.line(point)}</li>" for point in points)
            cells.append(shown_text(f'<ul class="points">{lines}</ul>'))
        cells = [cell for cell in cells if cell.cell_type == "code" or cell.source.strip()]
        if wishes["slide_type"] == "-" and slide.parts:
            slide.parts[-1].cells += cells
        elif cells:
            slide.parts.append(Part(cells, wishes["slide_type"] == "fragment"))

    def prepared(self, cell, show):
        """A code cell with what the slide shows of it, its figure with the words for those who cannot see it."""
        code, output = SHOWN[show]
        cell.metadata.transient = {"remove_source": not code}
        cell.outputs = cell.outputs if output else []
        if not code and not cell.outputs:
            raise SlideError("this cell gave nothing to show; `show` can be input, for its code")
        figure = cell.metadata.get("mystnb", {})
        for shown in cell.outputs:
            shown.setdefault("metadata", {})
            if "explorable" in shown.metadata:
                self.slides[-1].live = figure_name(cell)
            if any(mime.startswith("image/") for mime in shown.get("data", {})):
                alt = figure.get("image", {}).get("alt")
                if not alt:
                    raise SlideError("this figure has no alt text: write it into the metadata, mystnb: image: alt")
                shown.metadata |= {"alt": alt, "name": figure_name(cell) or ""}
                shown.metadata |= proportions(shown.data.get("image/svg+xml", ""))
        caption = figure.get("figure", {}).get("caption")
        if output and caption:
            self.say(f"{{numref}}`{figure_name(cell)}`: {caption}")
        return cell

    def say(self, source, cell_type="markdown"):
        """Add to the notes of the slide at hand."""
        if cell_type == "code":
            self.slides[-1].notes.append(f"<pre>{html.escape(source)}</pre>")
        elif source.strip():
            self.slides[-1].notes.append(self.spoken.html(source))


# ---------------------------------------------------------------------------------------- from slides to pages


def proportions(svg):
    """Width over height of a figure from Matplotlib, and the height of its smallest letters over its width."""
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    if not box:
        return {}
    width, height = map(float, box.groups())
    letters = [100 * float(size) for size in re.findall(r"scale\((0\.\d+) -0\.\d+\)", svg)]  # glyphs are 100 high
    return {"aspect": round(width / height, 3), "letters": round(min(letters, default=0) / width, 5)}


class Deck(TemplateExporter):
    """A chapter as one page of slides; its figures come in resources["outputs"]."""

    file_extension = ".html"

    def __init__(self, book):
        settings = Config()
        settings.ExtractOutputPreprocessor.enabled = True
        settings.NbConvertBase.display_data_priority = [
            *("image/svg+xml", "text/latex", "text/html", "text/markdown", "image/png", "image/jpeg", "text/plain")
        ]
        super().__init__(config=settings, template_name="base", template_file=str(SOURCES / "deck.html.j2"))
        self.book = book
        self.register_preprocessor(Slideshow(parent=self, enabled=True, book=book), enabled=True)
        self.register_preprocessor(ExtractOutputPreprocessor(parent=self), enabled=True)

    def _init_preprocessors(self):
        """None of nbconvert's own: the slides say themselves what is shown."""
        self._preprocessors = []

    def default_filters(self):
        yield from super().default_filters()
        yield "myst", lambda source, page: Text(self.book, page).html(source)
        yield "formula", self.formula
        yield "table", self.table
        yield "status", self.status
        yield "highlight", lambda source: highlight(source, PythonLexer(), HtmlFormatter(cssclass="code"))

    def formula(self, latex):
        r"""A result of SymPy, which comes as $\displaystyle ...$."""
        latex = re.sub(r"^\$+(\\displaystyle\b)?|\$+$", "", latex.strip())
        return Text(self.book, "").equation(latex)

    def number(self, label):
        """(2.3), for the label of an equation: a label says nothing on a slide."""
        return f"({self.book.equations[label][1]})"

    def status(self, text):
        """What a chapter's ledger says of an equation, which is no output to be shown letter by letter; else None."""
        label, *words = text.split(": ", 1)
        return f"{self.number(label)}: {words[0]}" if words and label in self.book.equations else None

    def table(self, source, page):
        """A table, with links that lead into the book."""
        for label in re.findall(r">([\w-]+)</a>", source):
            if label in self.book.equations:
                source = source.replace(f">{label}</a>", f">{self.number(label)}</a>")
        return source.replace('href="#', f'href="../html/chapters/{page}.html#')


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def write_assets(target):
    """What the decks share: reveal.js, style sheets, fonts."""
    shared = target / "_static"
    shutil.rmtree(shared, ignore_errors=True)
    plain = shutil.ignore_patterns("*.md", "*.j2", "index.html")
    shutil.copytree(SOURCES, shared, ignore=plain)
    for name in ("fonts", "katex"):
        shutil.copytree(ROOT / "static" / name, shared / name)
    rules = {scheme: HtmlFormatter(style=style).get_style_defs(".code") for scheme, style in CODE_STYLES.items()}
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{rules['dark']}\n}}\n"
    (shared / "code.css").write_text(f"{rules['light']}\n{dark}", encoding="utf-8")


def write_deck(deck, path, target):
    """The slides of a chapter, in the folder target; returns them."""
    resources = {"metadata": {"name": path.stem}, "unique_key": path.stem, "output_files_dir": "figures"}
    page, resources = deck.from_notebook_node(nbformat.read(path, as_version=4), resources)
    for old in (target / "figures").glob(f"{path.stem}_*"):
        old.unlink()
    for name, data in (resources["outputs"] or {}).items():
        (target / name).write_bytes(data)
    (target / f"{path.stem}.html").write_text(page, encoding="utf-8")
    return resources["slides"]


def write_index(target, chapters, book):
    """A page with a link to each deck."""
    lines = []
    for path in chapters:
        if (target / f"{path.stem}.html").exists():
            number, title = book_site.chapter_number(path.stem), blocks(cells_of(path)[0].source)[0].title
            title = Text(book, path.stem).line(title)
            lines.append(f'<li value="{number}"><a href="{path.stem}.html">{title}</a></li>')
    page = (SOURCES / "index.html").read_text(encoding="utf-8").replace("<!-- decks -->", "\n".join(lines))
    (target / "index.html").write_text(page, encoding="utf-8")


def all_chapters():
    return sorted(path for path in (ROOT / "chapters").glob("*.ipynb") if path.name[0].isdigit())


def build(chapters=None, target=SLIDES, say=print):
    """Make the slides of these chapters, or of all; the problems, none if every deck was made."""
    if chapters is None:
        chapters = all_chapters()
        shutil.rmtree(target, ignore_errors=True)
    (target / "figures").mkdir(parents=True, exist_ok=True)
    write_assets(target)
    book, problems = read_book(ROOT, cells_of), []
    deck = Deck(book)
    try:
        for path in chapters:
            try:
                say(f"{path.stem}: {len(write_deck(deck, path, target))} slides", flush=True)
            except SlideError as error:
                problems.append(str(error))
        write_index(target, all_chapters(), book)
    finally:
        book_site.katex.stop()
    return problems


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", type=Path, help="default: every chapter")
    parser.add_argument("--check", action="store_true", help="then look at each slide in Chromium: does it fit?")
    options = parser.parse_args(arguments)
    started, missing = time.monotonic(), [path for path in options.chapters if not path.is_file()]
    if missing:
        print("There is no notebook", *missing, file=sys.stderr)
        return 1
    problems = build([path.resolve() for path in options.chapters] or None)
    if options.check and not problems:
        import slide_check

        names = [path.stem for path in options.chapters or all_chapters()]
        problems = slide_check.problems([SLIDES / f"{name}.html" for name in names])
    if problems:
        print("The slides are not sound:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    print(f"The slides are ready ({time.monotonic() - started:.0f} s). Open {SLIDES / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
