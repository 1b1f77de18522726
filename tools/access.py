"""What axe-core finds on a page that shuts a reader out: WCAG 2.0 to 2.2, levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as PlaywrightTimeout

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},  # axe leaves it out unless asked
    "resultTypes": ["violations"],
}
MODES = {  # what a reader's system may ask for, in Playwright's words
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
}
# Everything is laid out and open, nothing moves. The letters of formulas, tens of thousands of boxes that are hidden
# from screen readers (they read the MathML), give way to empty boxes of their size: axe takes minutes over them.
PREPARE = """() => {
  document.head.append(Object.assign(document.createElement("style"), {
    textContent: "* { content-visibility: visible !important; transition: none !important }"}));
  document.querySelectorAll("details").forEach(fold => (fold.open = true));
  const drawn = [...document.querySelectorAll(".katex-html[aria-hidden=true]")];
  const sizes = drawn.map(box => box.getBoundingClientRect());
  drawn.forEach((box, i) => {
    box.replaceChildren();
    box.style.cssText = `display: inline-block; width: ${sizes[i].width}px; height: ${sizes[i].height}px`;
  });
}"""
# Boxes that scroll sideways and that the keyboard does not reach: book.js sees to them when it has time.
UNREACHED = """() => [...document.querySelectorAll(".equation-body, article pre, .table-wrapper")]
  .filter(box => box.scrollWidth > box.clientWidth && box.checkVisibility()
    && !(box.tabIndex === 0 && box.getAttribute("aria-label")))
  .map(box => box.className + " " + box.textContent.slice(0, 40))"""


def unreached(page, patience=10_000):
    """What still cannot be scrolled by keyboard when the page's script has had its time."""
    page.evaluate("document.fonts.ready.then(() => null)")
    try:
        page.wait_for_function(f"!({UNREACHED})().length", timeout=patience)
    except PlaywrightTimeout:
        pass
    return page.evaluate(UNREACHED)


def prepare(page):
    """Open every fold, and lay out what is far from the screen."""
    page.evaluate(PREPARE)
    unreached(page)


def violations(page):
    """One line for each rule that the page breaks, with the first element that does."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{rule['id']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:150]}" for rule in found]
