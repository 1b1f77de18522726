"""The book on paper: pages joined into one document, printed by Chromium, read back with pypdf; and the handouts.

A few pages are printed here, by the same code as all of them: tools/paper.py prints the book in a minute or two.
"""

import re
from pathlib import Path

import lxml.html
import pypdf
import pytest

import check_site
import chromium
import handout
import paper
import paper_pages
from browsing import do_without_chromium
from chapters_as_run import CHAPTERS

PRINTED = ["intro", "02_jacobian", "10_how_close", "questions"]
A4 = (595, 842)

# ------------------------------------------------------------------------------------------ joining, by example

PAGE = """<html><body><article role="main">
<p class="chapter-bar"><span>Chapter 3</span><a href="../_sources/x.ipynb">Download</a></p>
<section id="a-title"><h1>A title<a class="headerlink" href="#a-title">¶</a></h1>
<p>See <a href="04_next.html#there">there</a>, <a href="#here">here</a>, <a href="../files/data.csv">data</a>,
<a href="https://example.org/">outside</a>.</p>
<div class="admonition predict"><p class="admonition-title">Predict</p><p>Which sign?</p>
<p>A: plus B: <em>minus</em></p>
<details class="sd-dropdown"><summary>Look</summary><div><p>Minus.</p></div></details></div>
<div class="cell tag_hide-input"><details><summary>Show</summary><pre>plt.plot()</pre></details><figure id="fig">
<div class="explorable explorable-x"></div><img src="../_images/x.svg" width="160" height="90"
 alt="A line." loading="lazy">
</figure></div>
<section id="exercises"><h2>Exercises</h2>
<p><strong>1. Find it.</strong> Where is <a href="#here">it</a>?</p>
<details class="sd-dropdown"><summary>Solution</summary><div><p>There.</p></div></details>
<div class="cell tag_hide-cell"><details><summary>Show</summary><pre>assert True</pre></details></div>
<p><strong>2. Again.</strong> And now?</p>
<details class="sd-dropdown"><summary>Solution</summary><div><p>Still there.</p></div></details>
</section>
<section id="here"><h2>What <a href="04_next.html">next</a></h2></section></section></article></body></html>"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "chapters" / "03_example.html"
    path.parent.mkdir()
    path.write_text(PAGE, encoding="utf-8")
    return paper_pages.PaperPage(path, {"03_example", "04_next"})


def test_ids_begin_with_the_name_of_their_page(page):
    assert page.article.get("id") == "03_example"
    assert {name.split("--")[0] for name in page.article.xpath(".//@id")} == {"03_example"}


def test_links_lead_inside_the_document_or_to_another_host(page):
    links = {paper_pages.text_of(link): link.get("href") for link in page.article.xpath(".//a")}
    assert links["there"] == "#04_next--there"
    assert links["here"] == "#03_example--here"
    assert links["next"] == "#04_next"
    assert links["outside"] == "https://example.org/"
    assert "data" not in links and "data" in page.article.text_content()
    assert "Download" not in page.article.text_content()
    assert paper_pages.broken_links(page.article) == ["#04_next--there", "#04_next"]


def test_answers_move_to_the_end_and_are_found_from_their_questions(page):
    text = paper_pages.text_of(page.article)
    question, answer = text.index("Which sign?"), text.index("Minus.")
    assert text.index("Exercises") < text.index(paper_pages.ANSWERS) < answer < text.index("There.")
    assert text[question:].startswith("Which sign? A: plus B: minus Answer: page")
    for anchor in ("predict-1", "exercise-1", "exercise-2"):
        there = page.article.xpath(f".//*[@id='03_example--{anchor}-answer']")[0]
        assert there.xpath(f".//a[@href='#03_example--{anchor}']"), "an answer leads back"
        assert page.article.xpath(f".//p[@class='pointer']/a[@href='#03_example--{anchor}-answer']")
    first = page.article.xpath(".//*[@id='03_example--exercise-1-answer']")[0]
    assert "assert True" in first.text_content(), "the cell that checks a solution stands with it"


def test_the_letter_of_a_choice_stays_with_it(page):
    choices = page.find("predict")[0].xpath("./p")[2]
    assert choices.text_content() == "A:\u00a0plus B:\u00a0minus"


def test_nothing_folded_is_left_and_no_code_of_figures(page):
    assert not page.article.xpath(".//details|.//summary|.//script")
    assert "plt.plot" not in page.article.text_content()


def test_pictures_grow_with_the_type_and_load_at_once(page):
    picture = page.article.xpath(".//img")[0]
    assert picture.get("alt") == "A line." and picture.get("loading") is None
    assert picture.get("src").startswith("file:") and picture.get("src").endswith("_images/x.svg")
    assert picture.get("style") == f"width: {10 * paper_pages.FIGURES:.4g}rem"


def test_a_span_over_several_lines_of_code_is_closed_on_each():
    lines = paper_pages.lines_of('<span class="a">one <b>two\nthree</b> four</span>\n\nfive')
    assert lines == ['<span class="a">one <b>two</b></span>', '<span class="a"><b>three</b> four</span>', "", "five"]
    assert paper_pages.lines_of("if a &lt; b:\n    c") == ["if a &lt; b:", "    c"]


def test_no_character_of_code_is_lost_in_splitting():
    block = lxml.html.fragment_fromstring(
        '<div><pre><span></span><span class="k">if</span> a &lt; b:\n\n    "<i>é</i>"\n</pre></div>'
    )
    paper_pages.split_code(block[0])
    assert [line.text_content() for line in block.xpath(".//span[@class='line']")] == ["if a < b:", " ", '    "é"']


def test_an_exercise_is_known_by_its_number():
    def title(source):
        return paper_pages.exercise_title(lxml.html.fragment_fromstring(source))

    assert title("<p><strong>12. Find it.</strong> Where?</p>") == "12. Find it."
    assert title("<p><strong>Note.</strong> Where?</p>") is None
    assert title("<p>In <strong>2. place</strong></p>") is None


# -------------------------------------------------------------------------------------------- joining, the book


@pytest.fixture(scope="module")
def pages(site):
    return paper.read_pages()


@pytest.fixture(scope="module")
def whole(pages):
    return lxml.html.document_fromstring(paper.joined(pages))


def test_every_page_of_the_table_of_contents_is_there_in_order(whole):
    names = [Path(name).stem for name in check_site.toc_pages()]
    assert whole.xpath("//article/@id") == names
    listed = [link.split("--")[0] for link in whole.xpath("//nav//a/@href")]
    assert list(dict.fromkeys(listed)) == [f"#{name}" for name in names]


def test_ids_are_unique_and_links_lead_to_them(whole):
    ids = whole.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert paper_pages.broken_links(whole) == []
    outward = {link.split(":")[0] for link in whole.xpath("//a/@href") if not link.startswith("#")}
    assert outward == {"https"}


def numbers_in(tree):
    """The numbers of the equations and figures of a document, in their order."""
    return [span.text.strip() for span in tree.iter("span") if span.get("class") in ("eqno", "caption-number")]


def test_every_numbered_equation_and_figure_of_the_site_is_there(site, whole):
    trees = [check_site.page(site / name, site).article() for name in check_site.toc_pages()]
    wanted = [number for tree in trees for number in numbers_in(tree)]
    assert len(wanted) > 200
    assert numbers_in(whole) == wanted


def test_every_solution_and_every_answer_is_there_once(site, pages):
    for path in (site / "chapters").glob("[0-9]*.html"):
        text = paper_pages.text_of(pages[path.stem].article)
        tree = check_site.page(path, site).tree
        for fold in tree.xpath("//details[contains(@class, 'sd-dropdown')]/div"):
            for formula in fold.xpath(".//span[@class='katex-mathml']"):
                formula.drop_tree()
            assert text.count(paper_pages.text_of(fold)) == 1, f"{path.stem}: {paper_pages.text_of(fold)[:60]}"
        check_site._page.cache_clear()  # its tree has been changed


# -------------------------------------------------------------------------------------------------- messages
# (before the printing: it keeps a Playwright of its own running)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """tools/paper.py with an output folder of its own, which holds an older print."""
    out = tmp_path / "_build" / "pdf"
    out.mkdir(parents=True)
    (out / paper.BOOK).write_text("older")
    monkeypatch.setattr(paper, "OUT", out)
    monkeypatch.setattr("sys.argv", ["paper.py"])

    def call():
        code = paper.main()
        left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
        assert left == [f"_build/pdf/{paper.BOOK}"] and (out / paper.BOOK).read_text() == "older"
        return code, capsys.readouterr().err.strip()

    return call


def test_without_chromium_one_sentence_says_what_to_do(monkeypatch, run):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    code, said = run()
    assert code == 1 and len(said.splitlines()) == 1
    for word in (*chromium.NAMES, "PATH", "install Chromium", "the variable CHROMIUM"):
        assert word in said


def test_a_wrong_path_of_chromium_is_named(monkeypatch, run):
    monkeypatch.setenv("CHROMIUM", "/no/such/chromium")
    code, said = run()
    assert code == 1 and "CHROMIUM=/no/such/chromium is no program" in said and len(said.splitlines()) == 1


def test_without_a_book_it_says_how_to_build_one(monkeypatch, run, tmp_path):
    monkeypatch.setattr(chromium, "path", lambda: "/bin/true")
    monkeypatch.setattr(check_site, "SITE", tmp_path / "html")
    code, said = run()
    assert code == 1 and "make book" in said


def test_a_chromium_that_does_not_print_leaves_nothing_behind(monkeypatch, run, site):
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    monkeypatch.setattr(chromium, "FLAGS", [])
    code, said = run()
    assert code == 1 and "Chromium (/bin/false) did not print" in said


# ---------------------------------------------------------------------------------------------------- printing


@pytest.fixture(scope="module")
def printer(site):
    if chromium.path() is None:
        do_without_chromium()
    with paper.printer() as page:
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        yield page


@pytest.fixture(scope="module")
def book(printer, tmp_path_factory):
    pages = paper.read_pages(PRINTED)
    path = paper.print_book(printer, tmp_path_factory.mktemp("book"), pages)
    return path, pages


@pytest.fixture(scope="module")
def texts(book):
    """The text of each printed page, on one line."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(book[0]).pages]


def squeezed(text):
    return re.sub(r"\s", "", text)


def test_contents_name_the_page_on_which_each_title_stands(book, texts):
    path, pages = book
    numbers = paper.page_numbers(path)
    contents = "".join(map(squeezed, texts[: numbers["intro"] - 1]))
    for page in pages.values():
        assert squeezed(page.title) in squeezed(texts[numbers[page.name] - 1])
        assert squeezed(page.title) + str(numbers[page.name]) in contents
        for anchor, heading in page.sections():
            title = squeezed(paper_pages.text_of(heading))
            if not heading.xpath(".//*[@role='img']"):  # the parts of a formula come in any order
                assert title in squeezed(texts[numbers[anchor] - 1]), f"{title} is not on page {numbers[anchor]}"
                assert title + str(numbers[anchor]) in contents


def test_every_link_has_an_end(book):
    reader = pypdf.PdfReader(book[0])
    ends, inside = reader.named_destinations, 0
    for page in reader.pages:
        for link in (each.get_object() for each in page.get("/Annots", [])):
            if "/A" in link:
                assert link["/A"]["/URI"].startswith("https://"), link["/A"]["/URI"]
            else:
                assert link["/Dest"] in ends
                inside += 1
    assert inside > 100
    for spot in ends.values():
        assert 0 < spot.top < A4[1], "a place lies on its page"


def test_a_link_leads_to_the_height_of_its_end(book):
    """Of a heading that is known to stand at the top of the text."""
    spot = pypdf.PdfReader(book[0]).named_destinations["/02_jacobian"]
    assert spot.top == pytest.approx(A4[1] - paper.TOP["paper.css"], abs=3)


def test_every_number_of_an_equation_is_printed(book, texts):
    text, found = " ".join(texts), 0
    for page in book[1].values():
        for number in page.find("eqno"):
            assert paper_pages.text_of(number) in text
            found += 1
    assert found > 30


def test_every_page_has_its_number_and_the_title_of_its_chapter(book, texts):
    path, pages = book
    numbers = paper.page_numbers(path)
    starts = {numbers[page.name]: page.heading for page in pages.values()}
    heading = "Contents"
    for number, text in enumerate(texts[1:], 2):
        heading = starts.get(number, heading)
        assert heading in text[:150], f"page {number}"
        assert str(number) in text[:150] or text.endswith(str(number)), f"page {number}"
        assert len(text) > 250, f"page {number} is nearly empty"


def test_bookmarks_and_what_the_file_says_of_itself(book):
    path, pages = book
    reader = pypdf.PdfReader(path)
    numbers = paper.page_numbers(path)
    chapters = [each for each in reader.outline if not isinstance(each, list)]
    assert [each.title for each in chapters] == [page.heading for page in pages.values()]
    for bookmark, page in zip(chapters, pages.values(), strict=True):
        assert reader.get_destination_page_number(bookmark) + 1 == numbers[page.name]
    assert sum(map(len, (each for each in reader.outline if isinstance(each, list)))) > 30
    assert reader.metadata.title == paper.TITLE
    root = reader.trailer["/Root"]
    assert root["/Lang"].startswith("en") and root["/MarkInfo"]["/Marked"]


def test_fonts_are_in_the_file_and_the_paper_is_a4(book):
    reader, fonts = pypdf.PdfReader(book[0]), {}
    for page in reader.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
        fonts |= page["/Resources"].get("/Font", {})
    embedded = [font.get_object() for font in fonts.values() if font.get_object()["/Subtype"] == "/Type0"]
    assert embedded
    for font in embedded:
        about = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(about), font["/BaseFont"]
    names = " ".join(font["/BaseFont"] for font in embedded)
    for name in ("SourceSerif", "SourceSans", "KaTeX", "DejaVuSansMono"):
        assert name in names


def test_code_goes_on_behind_a_mark_and_none_is_cut_off(book, texts):
    text = squeezed("".join(texts)).replace("↪", "")
    long = 0
    for page in book[1].values():
        for line in page.find("line"):
            code = line.text_content()
            assert squeezed(code)[-12:] in text, code
            long += len(code) > 105
    assert long > 10
    assert sum(page.count("↪") for page in texts) > long


def places(printer, folder, heights, body, words):
    """What a page break does: the pages of each of these words below a space of so many millimetres, of 249.

    One print has them all; a word ends in the height and a stop.
    """
    cases = "".join(
        f'<div style="break-before: page; height: {height}mm"></div>{body.replace("@", f"{height}.")}'
        for height in heights
    )
    paper.load(printer, paper.document("Breaks", f"<article>{cases}</article>"), folder, paper.COLUMN["paper.css"])
    paper.print_page(printer, folder / "breaks.pdf")
    texts = [page.extract_text() for page in pypdf.PdfReader(folder / "breaks.pdf").pages]
    for height in heights:
        found = [[i for i, text in enumerate(texts) if word.replace("@", f"{height}.") in text] for word in words]
        yield height, [number for (number,) in found]


LEADING = {
    "heading after a cell without output": (
        '<div class="cell"><div class="cell_input"><pre>x = 1</pre></div></div>'
        f"<section><h2>Lead @</h2><p>Follow @ {'and three lines of it ' * 12}</p></section>"
    ),
    "sentence before a plan": '<h2>Lead @</h2><p>A word.</p><div class="plan"><dl><dt>Follow @</dt></dl></div>',
    "heading in the library": '<p class="rubric">Lead @</p><div class="highlight"><pre>Follow @</pre></div>',
}


@pytest.mark.parametrize("body", LEADING.values(), ids=LEADING)
def test_what_leads_to_something_is_not_left_at_the_foot_of_a_page(printer, tmp_path, body):
    for height, (lead, follow) in places(printer, tmp_path, range(210, 248, 2), body, ["Lead @", "Follow @"]):
        assert lead == follow, f"{height} mm"


@pytest.mark.parametrize("rows", [10, 14])
def test_a_short_table_stays_whole_and_a_long_one_leaves_no_row_alone(printer, tmp_path, rows):
    words = [f"row {i:02} @" for i in range(rows)]
    cells = "".join(f"<tr><td>{word}</td></tr>" for word in words)
    table = f"<div><table><thead><tr><th>Head</th></tr></thead><tbody>{cells}</tbody></table></div>"
    split = 0
    for height, pages in places(printer, tmp_path, range(190, 246, 4), table, words):
        assert all(pages.count(page) > 1 for page in pages), f"{height} mm: {pages}"
        split += len(set(pages)) > 1
    assert split == 0 if rows <= 10 else split > 3


def test_what_is_too_wide_is_made_narrower_or_refused(printer, tmp_path):
    """A formula shrinks; a thing that cannot is named."""
    formula = '<div class="equation-body"><span class="katex-display"><span class="katex">{}</span></span></div>'
    script = (paper.TEMPLATES / "paper.js").read_text(encoding="utf-8")
    width = """() => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector("article"));
      return range.getBoundingClientRect().width;
    }"""

    def measured(body):
        text = paper.document("Wide", f'<article id="wide">{body}</article>')
        paper.load(printer, text, tmp_path, paper.COLUMN["paper.css"])
        before = printer.evaluate(width)
        return printer.evaluate(script), before, printer.evaluate(width)

    complaints, before, after = measured(formula.format("y" * 120))
    assert not complaints and before > paper.COLUMN["paper.css"] + 1 > after > 0.9 * paper.COLUMN["paper.css"]
    complaints, *_ = measured('<p style="width: 900px">Too wide</p>')
    assert len(complaints) == 1 and "Too wide" in complaints[0] and "288 px" in complaints[0]


@pytest.mark.parametrize("name", ["glossary", "library", "source_claims"])
def test_a_page_printed_by_the_reader_fills_its_paper(printer, site, tmp_path, name):
    """By the rules of the site's own style sheet, static/book.css."""
    printer.goto((site / "chapters" / f"{name}.html").as_uri(), wait_until="load")
    paper.print_page(printer, tmp_path / "page.pdf")
    lengths = [len(squeezed(page.extract_text())) for page in pypdf.PdfReader(tmp_path / "page.pdf").pages]
    assert len(lengths) > 5
    assert min(lengths[:-1]) > 0.4 * max(lengths), lengths
    assert lengths[-1] > 0, "the last page is empty"


# --------------------------------------------------------------------------------------------------- handouts


@pytest.fixture(scope="module")
def handouts(printer, pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handouts")
    return {path.stem: paper.print_handout(printer, folder, pages[path.stem]) for path in CHAPTERS}


def test_every_chapter_has_a_handout_of_two_full_pages(handouts):
    for name, (path, fit) in handouts.items():
        reader = pypdf.PdfReader(path)
        assert len(reader.pages) == 2, name
        assert [round(side) for side in reader.pages[0].mediabox[2:]] == list(A4)
        assert paper.LEAST <= fit["size"] <= paper.LARGEST
        assert fit["used"][0] > 0.7, f"{name}: the first page is half empty"
        assert "Notes" in reader.pages[1].extract_text() or fit["used"][1] > 0.85, name


def test_a_handout_says_what_its_chapter_says(handouts, pages):
    for name, (path, _) in handouts.items():
        page, text = pages[name], squeezed("".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
        assert squeezed(page.title) in text
        for label, element in handout.labels(page).items():  # shown, or named among the others
            number = paper_pages.text_of(element.xpath(paper_pages.having("eqno"))[0]).strip("()")
            assert number in text, f"{name}: {label} {number}"
        predictions = len(page.find("predict"))
        assert text.count(f"Predict{page.number}.") >= min(predictions, handout.NEEDED_PREDICTIONS)
        assert {"Exercises", "Whattotakeaway"} <= {word for word in ("Exercises", "Whattotakeaway") if word in text}
        assert "Solution:" not in text and "Answer:" not in text


def test_a_handout_names_the_figure_that_follows_a_question(pages):
    curve, lines = ("".join(handout.predictions(pages[name])) for name in ("09_curvature", "01_log_odds_to_softmax"))
    assert "The curve of Figure 9.2 is convex" in curve and "logits in Figure 1.1 are" in lines
    assert "next figure" not in curve + lines


def test_a_handout_fits_us_letter(handouts):
    """Nothing but white where A4 is taller than Letter, with the margin that printers need."""
    css = (paper.TEMPLATES / "handout.css").read_text(encoding="utf-8")
    height, width = float(re.search(r"height: (\d+)mm", css)[1]), float(re.search(r"width: (\d+)mm", css)[1])
    assert height <= 279.4 - 2 * 6 and width <= 215.9 - 2 * 6


def test_printing_asks_for_files_only(printer, book, handouts):
    assert len(printer.asked) > 100
    assert {address.split(":")[0] for address in printer.asked} <= {"file", "data"}
