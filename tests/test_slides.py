"""The slides: what becomes of a cell, what stands in every deck, and whether the last row can read it."""

import html
import json
import re
from collections import Counter
from urllib.parse import unquote, urlsplit

import nbformat
import pypdf
import pytest
from pybtex.database import parse_string

import book_site
import notebooks
import slide_check
import slides
from browsing import Visit
from chapters_as_run import CHAPTERS, stored
from headings import set_anchors
from slide_text import Book, Text, equation_labels, figure_name, names_of, read_book
from slides import SlideError

BOOK = Book(
    {"result-sum": ("04_gradient", "4.3"), "quoted-a1-wrong": ("04_gradient", "4.4")},
    {"fig-steps": ("04_gradient", "4.1")},
    {"nocedal2006": ("Nocedal and Wright", "2006")},
    frozenset({"04_gradient", "06_training"}),
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300"><g transform="scale(0.1 -0.1)"/></svg>'
NOT_READ = re.compile(r"<(pre|code|math|annotation|script|title)\b.*?</\1>", re.S)
MARKUP = re.compile(
    r"\{[\w:-]+\}|:::|```|\$|\*\*|\]\(|^\s*#+ |`|\\[a-zA-Z]+|\b(?:result|definition|quoted)-[a-z]", re.M
)


@pytest.fixture(scope="module", autouse=True)
def katex_ends():
    yield
    book_site.katex.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The decks of all chapters, made by the command's own function."""
    target = tmp_path_factory.mktemp("built") / "slides"
    problems = slides.build(target=target, say=lambda *_, **__: None)
    assert not problems, "\n".join(problems)
    return target


@pytest.fixture
def deck(folder, chapter):
    """The page of each chapter's deck in turn."""
    return folder / f"{chapter.stem}.html"


def slides_of(page):
    """The slides of a page: (the slide, its notes), as HTML."""
    for part in re.split(r'<section id="slide-\d+"', page)[1:]:
        slide, _, notes = part.split("</section>")[0].partition('<aside class="notes">')
        yield slide, notes.partition("</aside>")[0]


def on_slides(deck, what):
    """The names of the figures, or the labels of the equations, on the slides of a deck, notes left out."""
    for slide, _ in slides_of(deck.read_text(encoding="utf-8")):
        yield from re.findall(rf'data-{what}="([^"]+)"', slide)


def words(source):
    """What a reader sees of HTML, without code and mathematics."""
    return html.unescape(re.sub(r"<[^>]*>", "", NOT_READ.sub("", source))).strip()


# --------------------------------------------------------------------------------- one planted chapter


def text(source, **slideshow):
    return nbformat.v4.new_markdown_cell(source, metadata={"slideshow": slideshow} if slideshow else {})


def code(source, data=None, alt="What is seen.", name="fig-steps", **slideshow):
    metadata = {"slideshow": slideshow} if slideshow else {}
    if alt:
        metadata["mystnb"] = {"image": {"alt": alt}, "figure": {"name": name, "caption": "Three steps."}}
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=1) if data else None
    return nbformat.v4.new_code_cell(source, metadata=metadata, outputs=[output] if output else [])


def plant(target, *cells):
    """A deck of these cells after a title and a hook, as a page; its file lies in target."""
    notebook = nbformat.v4.new_notebook(cells=[text("# Steps\n\nWhat happens?"), *cells])
    path = target / "04_gradient.ipynb"
    nbformat.write(notebook, path)
    (target / "figures").mkdir(exist_ok=True)
    slides.write_deck(slides.Deck(BOOK), path, target)
    return (target / "04_gradient.html").read_text(encoding="utf-8")


def planted(target, *cells):
    """The slides of these cells without the title slide."""
    return list(slides_of(plant(target, *cells)))[1:]


SLIDE = {"slide_type": "slide"}


def test_the_title_slide_has_the_chapters_name_and_its_hook_is_said(tmp_path):
    (slide, notes), *rest = slides_of(plant(tmp_path))
    assert "<h1>Steps</h1>" in slide and "What happens?" not in slide
    assert "What happens?" in notes
    assert not rest


def test_a_heading_is_the_headline_and_is_not_repeated(tmp_path):
    [(slide, _)] = planted(tmp_path, text("## A step\n\nIt goes down.", **SLIDE))
    assert "<h2>A step</h2>" in slide and slide.count("A step") == 2  # and the link to the section
    assert 'href="../html/chapters/04_gradient.html#a-step"' in slide


def test_points_stand_for_the_prose_and_leave_the_equations(tmp_path):
    cell = text("Long prose.\n\n$$\na = b\n$$ (result-sum)\n\nMore.", **SLIDE, title="Sum", points=["Short $x$"])
    [(slide, notes)] = planted(tmp_path, cell)
    assert "Long prose" not in slide and "Long prose" in notes and "More." in notes
    assert 'data-label="result-sum"' in slide and "(4.3)" in slide
    assert "<li>Short" in slide and "data-label" not in notes


def test_text_without_metadata_is_said_and_code_without_it_is_left_out(tmp_path):
    said = [text("Said."), code("hidden = 1"), text("Said too.", slide_type="notes")]
    [(slide, notes)] = planted(tmp_path, text("Shown.", **SLIDE, title="One"), *said)
    assert words(notes).split() == ["Said.", "Said", "too."]
    assert "hidden" not in slide + notes and "Said" not in slide


def test_what_is_skipped_and_the_exercises_are_not_said(tmp_path):
    unsaid = [text("No.", slide_type="skip"), text("## Exercises\n\n1."), text("2. No.")]
    [(slide, notes)] = planted(tmp_path, text("Shown.", **SLIDE, title="One"), *unsaid)
    assert "No." not in slide + notes and "Exercises" not in slide + notes


def test_fragments_come_later_and_a_dash_stays_with_what_is_before(tmp_path):
    rest = [text(letter, slide_type=kind) for letter, kind in [("B", "-"), ("C", "fragment"), ("D", "-")]]
    [(slide, _)] = planted(tmp_path, text("A", **SLIDE, title="One"), *rest)
    assert re.findall('class="(part[^"]*)"', slide) == ["part", "part fragment"]
    first, second = slide.split('<div class="part fragment">')
    assert words(first).split()[-2:] == ["A", "B"] and words(second).split()[:2] == ["C", "D"]


def test_the_answer_of_a_question_comes_with_the_next_key(tmp_path):
    box = "::::{admonition} Predict\n:class: predict\n\nUp?\n\n:::{dropdown} Look\nDown.\n:::\n::::"
    [(slide, notes)] = planted(tmp_path, text(box, **SLIDE), text(box))
    question, answer = slide.split("fragment")
    assert "Up?" in question and "Down." in answer and slide.count("Predict") == 1  # the headline
    assert "Down." in notes and "fragment" not in notes


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("By {eq}`result-sum`.", "By (4.3)."),
        ("See {numref}`fig-steps`.", "See Figure 4.1."),
        ("As {cite:t}`nocedal2006` do.", "As Nocedal and Wright [2006] do."),
        ("As is known {cite:p}`nocedal2006`.", "As is known [Nocedal and Wright, 2006]."),
        ("[training](06_training.ipynb)", "training"),
        ('It\'s "so"', "It’s “so”"),
    ],
)
def test_references_read_as_in_the_book(source, shown):
    for notes in (False, True):
        assert words(Text(BOOK, "04_gradient", notes).html(source)) == shown


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("[a](06_training.ipynb)", "../html/chapters/06_training.html"),
        ("[a](06_training.ipynb#there)", "../html/chapters/06_training.html#there"),
        ("[a](#here)", "../html/chapters/04_gradient.html#here"),
        ("{eq}`result-sum`", "../html/chapters/04_gradient.html#equation-result-sum"),
        ("[a](https://example.org/x)", "https://example.org/x"),
    ],
)
def test_links_lead_into_the_book(source, target):
    assert f'href="{target}"' in Text(BOOK, "04_gradient").html(source)


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (text("By {eq}`result-none`.", **SLIDE, title="T"), "result-none"),
        (text("{index}`x`", **SLIDE, title="T"), "index"),
        (text("[a](07_nowhere.ipynb)", **SLIDE, title="T"), "07_nowhere"),
        (text(":::{list-table}\n:::", **SLIDE, title="T"), "list-table"),
        (text("![a](b.png)", **SLIDE, title="T"), "b.png"),
        (text(r"$\nothing$", **SLIDE, title="T"), "KaTeX"),
        (text("$$\na\n$$ (result-new)", **SLIDE, title="T"), "result-new"),
        (text("No headline.", **SLIDE), "headline"),
        (text("No slide.", slide_type="fragment"), "title slide"),
        (text("A", slide_type="slides", title="T"), "slides"),
        (text("A", **SLIDE, headline="T"), "headline"),
        (text("A", slide_type="fragment", title="T"), "begins a slide"),
        (text("A", **SLIDE, title="T", points=list("abcde")), "at most 4"),
        (text("A", **SLIDE, title="T", points="a"), "list"),
        (code("x", **SLIDE, title="T", show="all"), "all"),
        (code("x", **SLIDE, title="T"), "nothing to show"),
        (code("x", {"image/svg+xml": SVG}, alt="", **SLIDE, title="T"), "alt text"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_cell(tmp_path, cell, complaint):
    with pytest.raises(SlideError, match=r"^04_gradient, cell 1 \(.*\): .*" + complaint):
        plant(tmp_path, cell)


@pytest.mark.parametrize(("show", "parts"), [("input", "i"), ("output", "o"), ("both", "io")])
def test_code_shows_what_it_gave_or_itself_or_both(tmp_path, show, parts):
    [(slide, _)] = planted(tmp_path, code("spam_in", {"text/plain": "<spam_out>"}, **SLIDE, title="T", show=show))
    assert ("spam_in" in slide) == ("i" in parts)
    assert ("&lt;spam_out&gt;" in slide) == ("o" in parts)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"text/latex": r"$\displaystyle \frac{a}{b}$", "text/plain": "a/b"}, 'class="katex"'),
        ({"text/plain": "result-sum: proved for every K"}, '<p class="status">(4.3): proved for every K</p>'),
        ({"text/html": '<table><td><a href="#equation-result-sum">result-sum</a></td></table>'},
         '<a href="../html/chapters/04_gradient.html#equation-result-sum">(4.3)</a>'),
        ({"text/markdown": "**bold**"}, "<strong>bold</strong>"),
        ({"text/plain": "one line"}, '<pre class="output sentence">one line</pre>'),
        ({"text/plain": "two\nlines"}, '<pre class="output">two\nlines</pre>'),
    ],
)  # fmt: skip
def test_outputs_are_shown_as_they_are_meant(tmp_path, data, expected):
    [(slide, _)] = planted(tmp_path, code("x", data, **SLIDE, title="T"))
    assert expected in slide


def test_a_figure_is_a_file_with_its_words_and_its_caption_is_said(tmp_path):
    cell = code("plot()", {"image/svg+xml": SVG, "text/plain": "<Figure>"}, **SLIDE, title="T")
    [(slide, notes)] = planted(tmp_path, cell)
    image = re.search(r'<img src="([^"]*)" alt="What is seen\."', slide)
    assert (tmp_path / image[1]).read_text() == SVG
    assert 'data-name="fig-steps"' in slide and "Figure" not in words(slide)
    assert words(notes) == "Figure 4.1: Three steps."


def test_a_figure_that_moves_is_opened_in_the_teaching_view_of_the_book(tmp_path):
    cell = code("explore()", {"image/svg+xml": SVG}, **SLIDE, title="T")
    [(still, _)] = planted(tmp_path, cell)
    cell.outputs[0].metadata["explorable"] = {"name": "logits", "state": {}}
    [(live, _)] = planted(tmp_path, cell)
    address = 'href="../html/chapters/04_gradient.html?teach#fig-steps"'
    assert address in live and address not in still


def test_a_verdict_stands_with_what_is_quoted(tmp_path):
    [(slide, _)] = planted(tmp_path, text("$$\na = c\n$$ (quoted-a1-wrong)", **SLIDE, title="T"))
    assert "claim A1: wrong" in words(slide)


def test_numbers_run_through_a_page_and_its_boxes(tmp_path):
    (tmp_path / "chapters").mkdir()
    box = ":::{admonition} B\n$$\nb\n$$ (result-b)\n:::"
    source = f"# T\n\n$$\na\n$$ (definition-a)\n\n$$\nfree\n$$\n\n{box}\n\n$$\nc\n$$ (result-c)"
    nbformat.write(nbformat.v4.new_notebook(cells=[text(source)]), tmp_path / "chapters" / "03_x.ipynb")
    (tmp_path / "references.bib").write_text(
        "@book{k, author={de Boor, Carl and B, C and D, E}, year={1978}, title={T}}"
    )
    book = read_book(tmp_path, slides.cells_of)
    assert {label: number for label, (_, number) in book.equations.items()} == {
        "definition-a": "3.1",
        "result-b": "3.2",
        "result-c": "3.3",
    }
    assert book.works == {"k": ("de Boor et al.", "1978")}


@pytest.mark.parametrize("arguments", [["chapters/99_nothing.ipynb"]])
def test_the_command_names_a_notebook_that_is_not_there(arguments, capsys):
    assert slides.main(arguments) == 1
    assert "99_nothing" in capsys.readouterr().err


def test_the_palette_is_the_books():
    def palettes(path):
        source = (slides.ROOT / path).read_text(encoding="utf-8")
        found = re.findall(r"--([\w-]+):\s*(#\w+|none|multiply|screen|invert[^;]*);", source)
        return {name: {value for key, value in found if key == name} for name, _ in found}

    book, ours = palettes("static/book.css"), palettes("teaching/slides/slides.css")
    assert len(ours) > 12
    assert ours == {name: book[name] for name in ours}


# ---------------------------------------------------------------------------------------- every deck


def test_every_chapter_has_a_deck_and_a_line_in_the_list(folder):
    index = (folder / "index.html").read_text(encoding="utf-8")
    for path in CHAPTERS:
        assert (folder / f"{path.stem}.html").exists() and f'href="{path.stem}.html"' in index
    assert {path.name for path in folder.glob("*.html")} == {f"{path.stem}.html" for path in CHAPTERS} | {"index.html"}


def test_a_deck_begins_with_the_title_and_ends_with_what_to_take_away(deck):
    found = [slide for slide, _ in slides_of(deck.read_text(encoding="utf-8"))]
    assert 'class="title"' in found[0] and len(found) > 10
    assert "#what-to-take-away" in found[-1]


def test_every_slide_has_a_headline_and_something_below_it(deck):
    for slide, _ in list(slides_of(deck.read_text(encoding="utf-8")))[1:]:
        assert words(re.search(r"<h2>(.*?)</h2>", slide, re.S)[1]), slide[:300]
        body = slide.partition('<div class="body">')[2].partition("<footer>")[0]
        assert words(body) or re.search(r"<img|<pre|katex", body), slide[:300]


def test_every_named_figure_is_on_exactly_one_slide(deck, chapter):
    named = Counter(name for cell in stored(chapter).cells if (name := figure_name(cell)))
    assert Counter(on_slides(deck, "name")) == named


def test_every_result_is_on_exactly_one_slide(deck, chapter):
    texts = [cell.source for cell in stored(chapter).cells if cell.cell_type == "markdown"]
    labels = [label for source in texts for label in equation_labels(source) if label.startswith("result-")]
    assert Counter(label for label in on_slides(deck, "label") if label.startswith("result-")) == Counter(labels)


def test_the_speaker_is_told_what_to_say(deck):
    silent = [words(slide)[:60] for slide, notes in slides_of(deck.read_text(encoding="utf-8")) if not words(notes)]
    assert not silent


def test_no_markup_is_left_on_slides_and_in_notes(deck):
    for part in slides_of(deck.read_text(encoding="utf-8")):
        for source in part:
            left = MARKUP.search(words(source))
            assert not left, words(source)[max(0, left.start() - 60) : left.end() + 60]


def test_nothing_in_a_deck_comes_from_elsewhere(folder, deck):
    page = deck.read_text(encoding="utf-8")
    sources = re.findall(r'(?:\bsrc|<link[^>]*\bhref)="([^"]*)"', page)
    assert len(sources) >= 8
    for source in sources:
        assert not urlsplit(source).scheme and (folder / unquote(source)).is_file(), source
    for sheet in folder.rglob("*.css"):
        for url in re.findall(r"url\((?!['\"]?(?:data:|#))['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            assert (sheet.parent / url).is_file(), f"{sheet.name}: {url}"


def test_the_folder_is_small_and_shares_what_it_can(folder):
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 12e6
    assert len(list(folder.rglob("reveal.js"))) == 1 and not list(folder.rglob("*.j2"))


# ------------------------------------------------------------------------------------ the same as the book


def test_numbers_and_sections_are_those_of_the_book(site, deck, chapter):
    page = (site / "chapters" / f"{chapter.stem}.html").read_text(encoding="utf-8")
    book = read_book(slides.ROOT, slides.cells_of)
    built = dict(re.findall(r'id="equation-([\w-]+)".*?class="eqno">\(([\d.]+)\)', page, re.S))
    assert built == {label: number for label, (name, number) in book.equations.items() if name == chapter.stem}
    figures = dict(re.findall(r'<figure[^>]*id="(fig-[\w-]+)".*?caption-number">Figure ([\d.]+) ?</span>', page, re.S))
    assert figures == {label: number for label, (name, number) in book.figures.items() if name == chapter.stem}
    anchors = set(re.findall(r'\bid="([^"]+)"', page)) | set(set_anchors(chapter))
    linked = re.findall(rf'href="\.\./html/chapters/{chapter.stem}\.html#([^"]+)"', deck.read_text(encoding="utf-8"))
    assert linked and set(linked) <= anchors


def test_citations_are_those_of_the_book(site):
    book = read_book(slides.ROOT, slides.cells_of)
    cited = set()
    for path in CHAPTERS:
        page = (site / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
        seen = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", page)))
        for cell in stored(path).cells:
            for role, key in re.findall(r"\{(cite(?::[pt])?)\}`([^`]+)`", cell.source):
                assert words(Text(book, path.stem).reference(role, key)) in seen
                cited.add(key)
    assert len(cited) > 15


# -------------------------------------------------------------------------------------------- in Chromium


@pytest.fixture(scope="module")
def complaints(folder, browser):
    """What does not fit, by deck: each is looked at once."""
    return {path.stem: slide_check.problems_of(browser, folder / f"{path.stem}.html") for path in CHAPTERS}


def test_everything_fits(complaints, chapter):
    assert not complaints[chapter.stem]


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (code("x = " + "1 + " * 60 + "1", **SLIDE, title="T", show="input"), r"sticks out by \d{3,} px \(right\)"),
        (text("Word. " * 500, **SLIDE, title="T"), r"sticks out by \d{3,} px \(bottom\)"),
        (text("Unbreakable" * 20, **SLIDE, title="T"), r"sticks out by \d{3,} px \(right\)"),
        (text("$$\n" + "a + " * 60 + "a\n$$", **SLIDE, title="T"), "a formula sticks out"),
        (text("A", **SLIDE, title="Far too many words in one headline, " * 30), "sticks out"),
        (text('<span style="font-size: 12px">Small.</span>', **SLIDE, title="T"), r"“Small\.” is written in 12 px"),
        (code("x", {"image/svg+xml": SVG}, **SLIDE, title="T", points=["A", "B", "C", "D"]),
         "the letters of the figure are 1[0-9] px high"),
        (text("Enough.", **SLIDE, title="T"), None),
        (text("Word. " * 150, **SLIDE, title="T"), None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_found_and_named(tmp_path, browser, cell, complaint):
    slides.write_assets(tmp_path)
    plant(tmp_path, cell)
    found = slide_check.problems_of(browser, tmp_path / "04_gradient.html")
    if complaint is None:
        assert not found
    else:
        assert any(re.search(rf"^04_gradient, slide 2 \(.*\): .*{complaint}", problem) for problem in found), found


def open_deck(visit, path, query=""):
    page = visit.open(path.as_uri() + query)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page


def test_a_deck_opens_from_disk_by_keys_alone_and_asks_nobody(folder, browser):
    with Visit(browser) as visit:
        page = open_deck(visit, folder / "02_jacobian.html")
        assert page.evaluate("Reveal.VERSION") in (slides.SOURCES / "reveal" / "README.md").read_text(encoding="utf-8")
        steps = page.evaluate("Reveal.getTotalSlides() + document.querySelectorAll('.fragment').length")
        for _ in range(steps - 1):
            page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next")
        page.keyboard.press("ArrowRight")
        assert page.url.endswith(f"#/{page.evaluate('Reveal.getTotalSlides()') - 1}") or "slide-" in page.url
        assert not visit.complaints


# What is wrong when a speaker goes through a deck key by key, as fast as a finger: sizes are measured at once.
KEY_BY_KEY = """async () => {
  const wrong = [];
  for (let keys = 0; keys < 400 && !Reveal.isLastSlide(); keys++) {
    Reveal.next();
    await new Promise(requestAnimationFrame);
    const slide = Reveal.getCurrentSlide();
    await Promise.all([...slide.querySelectorAll("img")].map(image => image.decode().catch(() => 0)));
    const body = slide.querySelector(".body");
    const by = body ? body.scrollHeight - body.clientHeight : 0;
    if (by > 2) wrong.push(`slide ${Reveal.getIndices().h + 1}: ${by} px too high`);
  }
  return Reveal.isLastSlide() ? wrong : ["the end was never reached"];
}"""


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_everything_fits_key_by_key_too(folder, browser, chapter):
    with Visit(browser) as visit:
        visit.page.set_viewport_size({"width": 1280, "height": 720})
        page = visit.open((folder / f"{chapter.stem}.html").as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        assert page.evaluate(KEY_BY_KEY) == []


def test_the_speakers_window_shows_the_notes_and_leads(folder, browser):
    with Visit(browser) as visit:
        page = open_deck(visit, folder / "02_jacobian.html")
        asked = []
        visit.context.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
        with visit.context.expect_page() as opened:
            page.keyboard.press("s")
        window = opened.value
        value = window.locator(".speaker-controls-notes .value")
        value.wait_for()
        window.wait_for_function("document.querySelectorAll('iframe').length === 2")
        assert "Raise one logit a little" in value.inner_text()
        window.wait_for_function("document.querySelector('#connection-status').style.display === 'none'")
        window.keyboard.press("ArrowRight")
        page.wait_for_function("Reveal.getIndices().h === 1")
        value.filter(has_not_text="Raise one").wait_for()
        page.evaluate("Reveal.slide(Reveal.getSlides().findIndex(slide => slide.querySelector('.notes math')))")
        value.locator("math").first.wait_for()
        assert not visit.complaints and set(asked) == {"file"}


def test_printed_a_slide_is_a_page(folder, browser, tmp_path):
    with Visit(browser) as visit:
        page = open_deck(visit, folder / "02_jacobian.html", "?view=print")
        page.wait_for_selector(".pdf-page")
        heights = "boxes => boxes.map(box => box.getBoundingClientRect().height)"
        assert set(page.locator(".pdf-page .frame").evaluate_all(heights)) == {720}
        assert min(page.locator(".pdf-page figure img").evaluate_all(heights)) > 300
        page.pdf(path=tmp_path / "slides.pdf", prefer_css_page_size=True, print_background=True)
        pages = pypdf.PdfReader(tmp_path / "slides.pdf").pages
        assert len(pages) == page.evaluate("Reveal.getTotalSlides()")
        assert {tuple(map(round, one.mediabox)) for one in pages} == {(0, 0, 960, 540)}  # points: 1280 x 720 pixels
        assert all(one.extract_text().strip() for one in pages)
        assert not visit.complaints


def test_nothing_moves_for_those_who_asked_for_that(folder, browser):
    with Visit(browser) as visit:
        visit.page.emulate_media(reduced_motion="reduce")
        page = open_deck(visit, folder / "02_jacobian.html")
        assert page.evaluate("Reveal.getConfig().transition") == "none"
        assert page.evaluate("getComputedStyle(document.querySelector('section')).transitionDuration") == "0s"


def test_without_javascript_every_slide_stands_there(folder, browser):
    with Visit(browser, javascript=False) as visit:
        page = visit.open((folder / "02_jacobian.html").as_uri())
        count = page.locator("section").count()
        assert count > 10
        for section in page.locator("section").all():
            assert section.bounding_box()["height"] >= 700
        assert not visit.complaints


def test_metadata_of_slides_survives_a_run_of_the_chapter():
    cell = nbformat.v4.new_markdown_cell("A", metadata={"slideshow": {"slide_type": "slide", "points": ["a"]}})
    kept = json.loads(notebooks.canonical({"cells": [cell]}))["cells"][0]["metadata"]
    assert kept == {"slideshow": {"slide_type": "slide", "points": ["a"]}}


def test_names_of_authors_are_short():
    works = parse_string("@book{k, author={Gneiting, Tilmann and Raftery, Adrian E.}, year=2007}", "bibtex")
    assert names_of(works.entries["k"]) == "Gneiting and Raftery"
