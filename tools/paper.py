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

import matplotlib
import pypdf
from pypdf.generic import Fit, FloatObject

import check_site
import chromium
import handout
import paper_pages

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "pdf"
BOOK = "softmax-book.pdf"
TEMPLATES = Path(__file__).with_name("templates")
TITLE = "Softmax regression, proved and measured"
SUBJECT = "Derived step by step, checked by machine, seen at work on real data."
COLUMN = {"paper.css": 612, "handout.css": 666}  # pixels: the width of the text, 162 and 176 mm
TOP = {"paper.css": 25 / 25.4 * 72, "handout.css": 18 / 25.4 * 72}  # points: the margin above the text
LARGEST, LEAST = 10.5, 8.75  # points: the size of the type of a handout
TRIALS = 5  # prints until the numbers of pages settle; two are the rule

ABOUT = """
<p>This is the book on paper, made from the pages of the site, with the same numbers of equations, figures and
exercises. The contents, the words “Solution” and “Answer”, and the indexes at the end give the numbers of pages; in the
file they are links, and so is every reference.</p>
<p>What folds on a screen cannot fold on paper. The answers to the questions “Predict”, and the solutions of the
exercises with the code that checks them, stand at the end of each chapter. Left out are the code that draws figures,
which is in the notebooks, and the page that searches the site. Figures that are moved by hand on the screen stand still
here, and nothing lights up on the map of the results. A line of code that is too long for the paper goes on behind the
mark ↪.</p>
<p>Text and figures are free to use and to adapt under the licence
<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>, the code under the BSD 3-Clause licence.</p>
"""


class Unprintable(Exception):
    """Why there is nothing on paper, in a sentence."""


def require():
    """Refuse to begin without Chromium or without a book."""
    if chromium.path() is None:
        named = os.environ.get("CHROMIUM")
        found = f"CHROMIUM={named} is no program" if named else f"none of {', '.join(chromium.NAMES)} is on the PATH"
        raise Unprintable(
            f"Printing needs Chromium, and {found}: install Chromium, or set the variable CHROMIUM to the path of one."
        )
    if not (check_site.SITE / "index.html").exists():
        raise Unprintable(f"There is no book to print in {check_site.SITE}: run `make book` first.")


# ----------------------------------------------------------------------------------------------- documents


def font_face(file, weight=400, style="normal"):
    """The type for code comes with Matplotlib, so that it is the same on every machine, and has the mark ↪."""
    address = Path(matplotlib.get_data_path(), "fonts", "ttf", file).as_uri()
    about = f'font-family: "Book Mono"; font-weight: {weight}; font-style: {style}'
    return f"@font-face {{ {about}; src: url({address}); }}"


FACES = [("DejaVuSansMono.ttf",), ("DejaVuSansMono-Bold.ttf", 600), ("DejaVuSansMono-Oblique.ttf", 400, "italic")]


def document(title, body, sheets=("paper.css",), rules=""):
    """A whole HTML document, with the site's style sheet and those for paper."""
    paths = [check_site.SITE / "_static" / "site.css", *(TEMPLATES / sheet for sheet in sheets)]
    links = "".join(f'<link rel="stylesheet" href="{path.as_uri()}">' for path in paths)
    rules = "\n".join([*(font_face(*face) for face in FACES), rules])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"{links}<style>{rules}</style></head><body>{body}</body></html>"
    )


def read_pages(names=None):
    """The pages of the site in their order, or only those with these names: name -> PaperPage."""
    paths = [check_site.SITE / page for page in check_site.toc_pages()]
    paths = [path for path in paths if names is None or path.stem in names]
    known = {path.stem for path in paths}
    return {path.stem: paper_pages.PaperPage(path, known) for path in paths}


def joined(pages, toc=ROOT / "_toc.yml"):
    """The book as one HTML document: cover, a word on this edition, contents, pages."""
    cover = [f"<h1>{html.escape(TITLE)}</h1>"]
    if "intro" in pages:  # its picture becomes that of the cover
        cover += [paper_pages.as_html(lead) for lead in pages["intro"].find("lead")]
        for figure in pages["intro"].find("hero"):
            cover.append(paper_pages.as_html(figure))
            figure.drop_tree()
    contents = paper_pages.contents(paper_pages.parts(toc), pages)
    body = [
        f'<section class="cover">{"".join(cover)}</section>',
        f'<section class="front edition"><h2>On this edition</h2>{ABOUT}</section>',
        f'<nav class="front toc-of-book"><h2>Contents</h2>{contents}</nav>',
        *(paper_pages.as_html(page.article) for page in pages.values()),
    ]
    return document(TITLE, "".join(body), rules=paper_pages.running_headers(pages.values()))


# ------------------------------------------------------------------------------------------------- printing


@contextlib.contextmanager
def printer():
    """A page of Chromium that shows what paper will. It is offline: nothing is asked of anybody."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        page = browser.new_context(offline=True).new_page()
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        yield page
        browser.close()


def load(page, text, folder, width):
    """Open an HTML document with all its pictures and fonts."""
    file = Path(folder, "document.html")
    file.write_text(text, encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 960})
    page.goto(file.as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready.then(() => {})")


def print_page(page, path):
    page.pdf(path=path, prefer_css_page_size=True, print_background=True, tagged=True)


def page_numbers(path):
    """The page on which each place that a link leads to stands: anchor -> 1, 2, ..."""
    reader = pypdf.PdfReader(path)
    place = {page.indirect_reference.idnum: i for i, page in enumerate(reader.pages, 1)}
    return {name.removeprefix("/"): place[spot.page.idnum] for name, spot in reader.named_destinations.items()}


FILL = """numbers => {
  for (const place of document.querySelectorAll(".page-of")) place.textContent = numbers[place.dataset.to] ?? "000";
}"""


def print_numbered(page, path):
    """Print with the numbers of pages filled in, until those are the print's own."""
    numbers = {}
    for _ in range(TRIALS):
        page.evaluate(FILL, numbers)
        print_page(page, path)
        found = page_numbers(path)
        if found == numbers:
            return
        numbers = found
    raise Unprintable(f"The numbers of pages do not settle in {TRIALS} prints: something grows with its own number.")


def finish(path, title, sheet, pages=()):
    """Add bookmarks to a print, and what the file says of itself."""
    numbers = page_numbers(path)
    writer = pypdf.PdfWriter(path, incremental=True)
    spots = {}
    for name, spot in (writer.root_object.get("/Dests") or {}).items():
        spot = spot.get_object()
        spot[3] = FloatObject(spot[3] - TOP[sheet])  # Chromium measures from the top of the text, not of the paper
        spots[name.removeprefix("/")] = Fit.xyz(left=0, top=float(spot[3]))

    def bookmark(text, anchor, parent=None):
        place = {"page_number": numbers[anchor] - 1, "fit": spots[anchor]}
        return writer.add_outline_item(title=text, parent=parent, is_open=False, **place)

    for page in pages:
        chapter = bookmark(page.heading, page.name)
        for anchor, heading in page.sections():
            if anchor in numbers:
                bookmark(paper_pages.text_of(heading), anchor, chapter)
    author = f"The authors of {TITLE}"
    writer.add_metadata({"/Title": title, "/Author": author, "/Subject": SUBJECT, "/Creator": "tools/paper.py"})
    writer.write(path)


def print_book(page, folder, pages):
    """Print these pages as a book into a folder: its path."""
    load(page, joined(pages), folder, COLUMN["paper.css"])
    wide = page.evaluate((TEMPLATES / "paper.js").read_text(encoding="utf-8"))
    if wide:
        raise Unprintable("Some things are wider than the paper:\n  " + "\n  ".join(wide[:20]))
    path = Path(folder, BOOK)
    print_numbered(page, path)
    finish(path, TITLE, "paper.css", pages.values())
    return path


def print_handout(page, folder, chapter):
    """Print the handout of a chapter into a folder: its path, and what handout.js says of the fit."""
    title = f"{chapter.heading}: handout"
    text = document(title, handout.sheets(chapter), ("paper.css", "handout.css"))
    load(page, text, folder, COLUMN["handout.css"])
    fit = page.evaluate((TEMPLATES / "handout.js").read_text(encoding="utf-8"), [LARGEST, LEAST])
    if "error" in fit or fit["wide"]:
        raise Unprintable(f"The handout of {chapter.name} does not fit: {fit.get('error') or fit['wide']}")
    path = Path(folder, f"{chapter.name}.pdf")
    print_page(page, path)
    finish(path, title, "handout.css")
    return path, fit


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    started = time.monotonic()
    try:
        require()
        from playwright.sync_api import Error

        print("Printing the book, which takes a minute or two ...", flush=True)
        with tempfile.TemporaryDirectory(dir=OUT.parent) as folder:  # all of it, or nothing
            new = Path(folder, "pdf")
            (new / "handouts").mkdir(parents=True)
            try:
                with printer() as page:
                    pages = read_pages()
                    for chapter in pages.values():
                        if chapter.number is not None:
                            path, _ = print_handout(page, folder, chapter)
                            path.rename(new / "handouts" / path.name)
                    print_book(page, folder, pages).rename(new / BOOK)
            except Error as error:
                raise Unprintable(f"Chromium ({chromium.path()}) did not print: {error}") from None
            shutil.rmtree(OUT, ignore_errors=True)
            new.rename(OUT)
    except Unprintable as reason:
        print(reason, file=sys.stderr)
        return 1
    sheets = len(list((OUT / "handouts").glob("*.pdf")))
    length = len(pypdf.PdfReader(OUT / BOOK).pages)
    print(f"The book is on paper ({time.monotonic() - started:.0f} s): {OUT / BOOK}, {length} pages,")
    print(f"and {sheets} handouts of two pages in {OUT / 'handouts'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
