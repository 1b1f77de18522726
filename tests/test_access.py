"""Readers of every kind: axe-core on a choice of pages, jumps that land, a handout on paper, a lost reader's way back.

`make audit` runs axe-core on every page, in every mode, at two widths.
"""

import mimetypes

import pytest

import access
from browsing import Visit

LOOKS = [  # page, colours, width: each kind of page, each mode, both widths
    ("chapters/intro.html", "light", 390),
    ("chapters/intro.html", "forced colours", 1280),
    ("chapters/02_jacobian.html", "dark", 390),
    ("chapters/notation.html", "light", 1280),
    ("chapters/library.html", "forced colours", 390),
    ("chapters/source_claims.html", "light", 390),
    ("chapters/glossary.html", "dark", 1280),
    ("search.html", "dark", 390),
    ("404.html", "light", 1280),
]


def look(visit, mode):
    """Read in these colours, everything laid out."""
    visit.page.emulate_media(**access.MODES[mode])
    access.prepare(visit.page)


@pytest.mark.parametrize(("name", "mode", "width"), LOOKS, ids=lambda value: str(value).removeprefix("chapters/"))
def test_axe_finds_nothing(browser, site, name, mode, width):
    with Visit(browser, width=width) as visit:
        page = visit.open((site / name).as_uri())
        look(visit, mode)
        assert access.violations(page) == []


def test_axe_finds_what_is_there_to_be_found(browser, site):
    with Visit(browser, width=390) as visit:
        page = visit.open((site / "404.html").as_uri())
        page.evaluate(
            """() => document.querySelector("article").insertAdjacentHTML("beforeend", `<p style="color: #ccc">Pale</p>
            <img src="_static/icon.svg"><div><button>a</button></div>
            <a href="#" style="position: absolute; width: 9px; height: 9px; overflow: hidden">x</a>
            <a href="#" style="position: absolute; width: 9px; height: 9px; overflow: hidden; left: 5px">y</a>`)"""
        )
        look(visit, "light")
        found = " ".join(access.violations(page))
        assert all(rule in found for rule in ("color-contrast", "image-alt", "target-size")), found


@pytest.mark.parametrize(
    "place", ["chapters/02_jacobian.html#equation-result-jacobian", "chapters/13_other_views.html#exercises"]
)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_jump_lands_where_it_leads(browser, address, place, width):
    """From another page and on the page, though what is far from the screen was not laid out before."""
    name, _, anchor = place.partition("#")
    top = f"document.getElementById('{anchor}').getBoundingClientRect().top"
    landed = f"Math.abs({top} - 60) < 100"
    settled = (
        "new Promise(done => { let last, same = 0; (function watch() { same = last === scrollY ? same + 1 : 0;"
        " last = scrollY; same > 60 ? done() : requestAnimationFrame(watch); })(); })"
    )
    with Visit(browser, width=width) as visit:
        page = visit.open(f"{address}/{place}")
        page.evaluate(settled)
        assert page.evaluate(landed), page.evaluate(top)
        page = visit.open(f"{address}/{name}")
        page.evaluate(f"location.hash = '{anchor}'")
        page.evaluate(settled)
        assert page.evaluate(landed), page.evaluate(top)
        assert visit.complaints == []


def test_what_is_far_below_is_left_for_later(browser, site):
    """Most of a chapter's mathematics is not laid out before the reader comes near, and nothing near is left out."""
    formulas = """() => [...document.querySelectorAll("article .katex")]
      .map(box => [box.checkVisibility({contentVisibilityAuto: true}), box.getBoundingClientRect()])
      .filter(([, box]) => box.width)  // the others are folded away
      .map(([drawn, box]) => ({drawn, top: box.top}))"""
    with Visit(browser, width=390) as visit:
        page = visit.open((site / "chapters/13_other_views.html").as_uri())
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found = page.evaluate(formulas)
        later = [formula["top"] for formula in found if not formula["drawn"]]
        assert len(later) > len(found) / 2 and min(later) > 860, (len(found), sorted(later)[:9])


def test_a_chapter_on_paper(browser, site):
    """White paper, no furniture, nothing cut off at the right, folds as the reader left them."""
    with Visit(browser, width=680, scheme="dark") as visit:  # A4 within its margins
        page = visit.open((site / "chapters/13_other_views.html").as_uri())
        page.locator("article section > details").last.evaluate("fold => (fold.open = true)")
        page.emulate_media(media="print")
        for furniture in (
            ".sidebar-drawer",
            ".toc-drawer",
            ".mobile-header",
            ".related-pages",
            ".chapter-bar a",
            ".copy",
        ):
            assert not any(piece.is_visible() for piece in page.locator(furniture).all()), furniture
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(31, 36, 44)"
        cut = """() => [...document.querySelectorAll("article pre, article .equation-body, article img, article p")]
          .filter(box => box.checkVisibility() && Math.max(box.scrollWidth + box.getBoundingClientRect().left,
            box.getBoundingClientRect().right) > innerWidth + 1).map(box => box.textContent.slice(0, 60))"""
        assert page.evaluate(cut) == []
        folds = page.locator("article section > details > .sd-summary-content")
        shown = [fold.is_visible() for fold in folds.all()]
        assert shown[-1] and not any(shown[:-1])


@pytest.mark.parametrize("path", ["", "chapters/", "chapters/deep/er/", "deep/er/"])
@pytest.mark.parametrize("root", ["/", "/book/"])
def test_a_lost_reader_finds_back(browser, site, root, path):
    """The page 404.html in place of a missing one: it looks as it should, and its links lead into the book."""

    def host(route):
        asked = route.request.url.partition("//host.test")[2].partition("?")[0]
        file = site / asked.removeprefix(root) if asked.startswith(root) else site / "nowhere"
        kind = mimetypes.guess_type(file)[0]
        if file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=kind)
        else:
            route.fulfill(status=404, path=site / "404.html", content_type="text/html")

    with Visit(browser, width=390) as visit:
        page = visit.page
        page.unroute("**/*")
        page.route("**/*", host)
        page.goto(f"http://host.test{root}{path}nowhere.html", wait_until="load")
        page.wait_for_function(
            "getComputedStyle(document.querySelector('article')).fontFamily.includes('Source Serif')"
        )
        page.get_by_role("navigation", name="All pages").get_by_role("link", name="Jacobian").click()
        page.wait_for_url(f"http://host.test{root}chapters/02_jacobian.html")
        assert "Jacobian" in page.inner_text("h1")
