"""Print the built book, and a handout of two pages for each chapter: _build/pdf. Needs Chromium.

The pages of the site become one document (tools/paper_pages.py), which Chromium prints.  The numbers of pages in the
contents come from the print itself: it is printed again until those on paper are those of the paper.
"""

import argparse
import contextlib
import html
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import lxml.html
import matplotlib
import pypdf
from pypdf.generic import FloatObject

import check_site
import chromium
import handout
import paper_pages

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "pdf"
BOOK = "softmax-book.pdf"
TEMPLATES = Path(__file__).with_name("templates")
TITLE = "Softmax regression, proved and measured"
LARGEST, LEAST = 10.5, 8.75  # points: the size of the type of a handout
COLUMN = 612  # pixels: the width of the text, 162 mm in paper.css
TOP = 25 / 25.4 * 72  # points: the margin above the text

ABOUT = """
<p>This is the book on paper, made from the same pages as the site, with the same numbers of equations, figures and
exercises. In the contents, behind “Solution” and “Answer”, and in the indexes at the end, stand the numbers of pages;
in the file, all of them, and every reference, are links.</p>
<p>What folds on a screen cannot fold on paper. Answers to the questions “Predict” and solutions of the exercises, with
the code that checks them, are at the end of each chapter. The code that draws figures is left out; it is in the
notebooks. Figures that are moved by hand on the screen stand still here. A line of code that is too long for the paper
goes on behind the mark ↪.</p>
<p>Text and figures are under the licence <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>, code
under the BSD 3-Clause licence.</p>
"""


def missing():
    """What printing needs and does not find, in a sentence; None if everything is there."""
    if chromium.path() is None:
        named = os.environ.get("CHROMIUM")
        looked = f"the variable CHROMIUM names {named}, which is no program" if named else f"none of {', '.join(chromium.NAMES)} is on the PATH"
        return f"Printing the book needs Chromium, but {looked}: install Chromium, or set CHROMIUM to the path of one."
    if not (check_site.SITE / "index.html").exists():
        return f"There is no book to print in {check_site.SITE}: run `make book` first."
    return None


def styles(extra="", sheets=("paper.css",)):
    """The style sheets of a document, as HTML; the type for code is Matplotlib's, so that any machine has it."""
    mono = Path(matplotlib.get_data_path(), "fonts", "ttf")
    faces = [(400, "normal", "DejaVuSansMono.ttf"), (600, "normal", "DejaVuSansMono-Bold.ttf"), (400, "italic", "DejaVuSansMono-Oblique.ttf")]
    rules = [
        f'@font-face {{ font-family: "Book Mono"; font-weight: {weight}; font-style: {style}; src: url({(mono / file).as_uri()}); }}'
        for weight, style, file in faces
    ]
    paths = [check_site.SITE / "_static" / "site.css", *(TEMPLATES / sheet for sheet in sheets)]
    links = "".join(f'<link rel="stylesheet" href="{path.as_uri()}">' for path in paths)
    return links + "<style>" + "\n".join([*rules, extra]) + "</style>"


def document(title, body, **style):
    """A whole HTML document for paper."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"{styles(**style)}</head><body>{body}</body></html>"
    )


def read_pages(names=None):
    """The pages of the site in their order, or those with these names: name -> PaperPage."""
    paths = [check_site.SITE / page for page in check_site.toc_pages()]
    paths = [path for path in paths if names is None or path.stem in names]
    known = {path.stem for path in paths}
    return {path.stem: paper_pages.PaperPage(path, known) for path in paths}


def joined(pages, toc=ROOT / "_toc.yml"):
    """The book as one HTML document: cover, a word on this edition, contents, pages."""
    lead = figure = ""
    if "intro" in pages:
        for element in pages["intro"].find("lead"):
            lead = f"<p class='lead'>{html.escape(paper_pages.text_of(element))}</p>"
        for element in pages["intro"].find("hero"):
            figure = paper_pages.as_html(element)
            element.drop_tree()
    body = [
        f'<section class="cover" id="cover"><h1>{html.escape(TITLE)}</h1>{lead}{figure}</section>',
        f'<section class="front colophon" id="about"><h2>On this edition</h2>{ABOUT}</section>',
        f'<nav class="front toc-of-book" id="contents"><h2>Contents</h2>{paper_pages.contents(paper_pages.parts(toc), pages)}</nav>',
        *(paper_pages.as_html(page.article) for page in pages.values()),
    ]
    return document(TITLE, "".join(body), extra=paper_pages.running_headers(pages.values()))


@contextlib.contextmanager
def printer(width=COLUMN):
    """A page of Chromium, offline, that shows what paper will."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        context = browser.new_context(viewport={"width": width, "height": 960}, color_scheme="light", offline=True)
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        yield page
        browser.close()


def load(page, text, folder):
    """Open an HTML document with all its pictures and fonts."""
    file = Path(folder, "document.html")
    file.write_text(text, encoding="utf-8")
    page.goto(file.as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready")


def fit(page):
    """Make wide things narrower; raises if something still sticks out."""
    wide = page.evaluate((TEMPLATES / "paper.js").read_text(encoding="utf-8"))
    if wide:
        raise ValueError("wider than the paper:\n  " + "\n  ".join(wide[:20]))


def page_numbers(path):
    """The page on which each place that a link leads to stands: name -> 1, 2, ..."""
    reader = pypdf.PdfReader(path)
    place = {page.indirect_reference.idnum: i for i, page in enumerate(reader.pages, 1)}
    return {name.removeprefix("/"): place[spot.page.idnum] for name, spot in reader.named_destinations.items()}


FILL = """numbers => document.querySelectorAll(".page-of").forEach(place => {
  place.textContent = numbers[place.dataset.to] ?? "000";
})"""


def print_numbered(page, path):
    """Print, with the numbers of pages filled in: until those in the print are its own."""
    numbers = {}
    for _ in range(5):
        page.evaluate(FILL, numbers)
        page.pdf(path=path, prefer_css_page_size=True, print_background=True, tagged=True)
        found = page_numbers(path)
        if found == numbers:
            return numbers
        numbers = found
    raise RuntimeError("the numbers of pages do not settle")


def finish(path, title, pages=(), subject=""):
    """Add bookmarks, and what the file says of itself, to a print."""
    numbers = page_numbers(path)
    writer = pypdf.PdfWriter(path, incremental=True)
    for spot in writer.root_object.get("/Dests", {}).values():
        spot[3] = FloatObject(spot[3] - TOP)  # Chromium measures from the top of the text, not of the page
    for page in pages:
        chapter = writer.add_outline_item(page.heading, page_number=numbers[page.name] - 1)
        for anchor, heading in page.sections():
            if anchor in numbers:
                title_of = paper_pages.text_of(heading)
                writer.add_outline_item(title_of, page_number=numbers[anchor] - 1, parent=chapter)
    about = {"/Title": title, "/Author": "The authors of " + TITLE, "/Subject": subject, "/Creator": "tools/paper.py"}
    writer.add_metadata(about)
    writer.write(path)


def print_book(page, folder, pages):
    """The book in a folder; the numbers of pages."""
    load(page, joined(pages), folder)
    fit(page)
    print_numbered(page, Path(folder, BOOK))
    finish(Path(folder, BOOK), TITLE, pages.values())


def print_handout(page, folder, chapter):
    """The handout of a chapter: its path, and what handout.js says of the fit."""
    title = f"{chapter.heading}: handout"
    load(page, document(title, handout.sheets(chapter), sheets=("paper.css", "handout.css")), folder)
    page.set_viewport_size({"width": 666, "height": 960})  # 176 mm
    fit = page.evaluate((TEMPLATES / "handout.js").read_text(encoding="utf-8"), [LARGEST, LEAST])
    if "error" in fit or fit["wide"]:
        raise ValueError(f"The handout of {chapter.name} does not fit: {fit}")
    path = Path(folder, f"{chapter.name}.pdf")
    page.pdf(path=path, prefer_css_page_size=True, print_background=True, tagged=True)
    finish(path, title)
    return path, fit


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    needs = missing()
    if needs:
        print(needs, file=sys.stderr)
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=OUT.parent) as folder, printer() as page:
        print_book(page, folder, read_pages())
        OUT.mkdir(exist_ok=True)
        os.replace(Path(folder, BOOK), OUT / BOOK)
    print(f"The book is on paper ({time.monotonic() - started:.0f} s): {OUT / BOOK}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
