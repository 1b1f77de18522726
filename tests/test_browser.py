"""The site in a real browser: from disk and from a server, both schemes, three widths, without JavaScript.

Chromium is the one that the variable CHROMIUM names, or chromium, chromium-browser or google-chrome on the
PATH. Without one these tests are skipped; in continuous integration (CI=true) that is a failure.
"""

import pytest

import access
import check_site
from browsing import Visit, chromium, do_without_chromium

PAGES = [*check_site.toc_pages(), *check_site.OTHERS]
WIDTHS = [1280, 390, 320]
SCHEMES = ["light", "dark"]

OVERFLOWS = """() => {
  const found = [];
  for (const element of document.querySelectorAll("article *")) {
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth + 1 && box.width && !element.closest(
      ".equation-body, pre, .table-wrapper, .cell_output > *, .katex-mathml, .katex svg, .visually-hidden"))
      found.push(element.tagName + "." + element.className);
  }
  return found.slice(0, 5);
}"""


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", "Failed"), ("1", "Failed"), ("", "Skipped"), ("false", "Skipped")]
)
def test_a_missing_browser_is_a_failure_in_continuous_integration(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert chromium() is None
    with pytest.raises(BaseException) as ended:
        do_without_chromium()
    assert type(ended.value).__name__ == outcome


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_from_disk(browser, site, name, scheme):
    with Visit(browser, scheme=scheme) as visit:
        page = visit.open((site / name).as_uri())
        visit.read_to_the_end()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{width} px: the page scrolls sideways by {wide} px"
            assert page.evaluate(OVERFLOWS) == [], f"{width} px: content is cut off"
        blank = page.evaluate(
            "[...document.images].filter(i => !i.naturalWidth && !i.matches('.explorable ~ img')).map(i => i.src)"
        )
        assert blank == [], "images that do not show"
        assert visit.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_page_from_a_server(browser, address, name):
    with Visit(browser, width=390) as visit:
        visit.open(f"{address}/{name}")
        visit.read_to_the_end()
        assert visit.complaints == []


@pytest.mark.parametrize("name", check_site.toc_pages())
def test_page_without_javascript(browser, site, name):
    """Mathematics has a size, images too, and nothing sticks out."""
    with Visit(browser, width=390, javascript=False) as visit:
        page = visit.open((site / name).as_uri())
        for formula in page.locator(".katex-html").all()[:200]:
            if formula.is_visible():
                box = formula.bounding_box()
                assert box["width"] > 1 and box["height"] > 1, formula.inner_html()
        assert visit.complaints == []


def test_way_in_leads_to_the_first_page(browser, site):
    with Visit(browser) as visit:
        page = visit.open((site / "index.html").as_uri())
        page.wait_for_url("**/" + check_site.toc_pages()[0])
        assert visit.complaints == []


@pytest.mark.parametrize("served", [False, True], ids=["disk", "server"])
def test_search_finds_the_jacobian(browser, site, address, served):
    with Visit(browser) as visit:
        page = visit.open(f"{address}/{PAGES[0]}" if served else (site / PAGES[0]).as_uri())
        page.locator("input.sidebar-search").fill("jacobian")
        page.keyboard.press("Enter")
        result = page.locator("#search-results a", has_text="Jacobian").first
        result.click()
        page.wait_for_url("**/chapters/**")
        assert "acobian" in page.inner_text("article")
        assert visit.complaints == []


def test_reader_chooses_the_scheme(browser, site):
    with Visit(browser, scheme="light") as visit:
        page = visit.open((site / PAGES[0]).as_uri())
        colours = {page.evaluate("getComputedStyle(document.body).backgroundColor")}
        for _ in range(3):
            page.locator(".theme-toggle-content button").click()
            colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert len(colours) == 2
        assert visit.complaints == []


def test_wide_equations_scroll_by_keyboard(browser, site):
    """What scrolls sideways can be focused, and has a name."""
    with Visit(browser, width=320) as visit:
        for name in PAGES:
            page = visit.open((site / name).as_uri())
            page.evaluate("document.fonts.ready")
            unreachable = access.unreached(page)
            assert unreachable == [], name


def test_colours_have_enough_contrast(browser, site):
    """WCAG AA for the text of the interface and the prose, in both schemes."""
    measure = """() => {
      const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const parse = text => text.match(/[\\d.]+/g).map(Number);
      const behind = element => {
        for (; element; element = element.parentElement) {
          const colour = parse(getComputedStyle(element).backgroundColor);
          if (colour.length < 4 || colour[3] > 0.99) return colour;
        }
        return [255, 255, 255];
      };
      const poor = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.checkVisibility({opacityProperty: true, visibilityProperty: true}))
          continue;
        if (element.closest("script, style, noscript, .katex-mathml, svg, .headerlink, .copy")) continue;
        const style = getComputedStyle(element), text = parse(style.color);
        const [a, b] = [light(text), light(behind(element))].sort((x, y) => y - x);
        const large = parseFloat(style.fontSize) >= 24;
        if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
          poor.add(`${element.tagName}.${element.className} ${style.color}: ${walker.currentNode.data.trim().slice(0, 30)}`);
      }
      return [...poor];
    }"""
    for scheme in SCHEMES:
        with Visit(browser, scheme=scheme) as visit:
            for name in PAGES:
                page = visit.open((site / name).as_uri())
                page.evaluate("document.querySelectorAll('details').forEach(fold => (fold.open = true))")
                assert page.evaluate(measure) == [], f"{name}, {scheme}"
