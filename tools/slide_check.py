"""Looks at every slide in Chromium, with all its steps shown: does everything fit, and can the last row read it?"""

from chromium import FLAGS, path

SIZE = {"width": 1280, "height": 720}
SMALLEST = 18  # pixels, for any letter on a slide
SLACK = 1.5  # pixels by which rounding may put something outside its box

# Measures each slide of a deck; returns [slide, headline, complaint] for what is wrong.
MEASURE = """
async ([smallest, slack]) => {
  await document.fonts.ready;
  await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
  Reveal.configure({transition: "none"});
  const found = [];
  const boxes = ".body, .part, .text, .box, .formula, .table, pre, li, td, th, p, h2, figure";
  const hidden = ".notes, .katex-mathml, footer";

  // what can stick out: pieces of text, and formulas and figures as a whole
  function pieces(slide) {
    const list = [...slide.querySelectorAll(".katex-html .base, img")];
    const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode, parent = text.parentElement;
      if (text.data.trim() && !parent.closest(hidden + ", .katex")) list.push(text);
    }
    return list.filter(piece => !(piece.closest ?? (() => null)).call(piece, hidden));
  }

  function rectangle(piece) {
    if (piece.nodeType !== Node.TEXT_NODE) return piece.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(piece);
    return range.getBoundingClientRect();
  }

  function name(piece) {
    if (piece.tagName === "IMG") return "the figure";
    if (piece.nodeType !== Node.TEXT_NODE) return "a formula";
    return `“${piece.data.trim().replace(/\\s+/g, " ").slice(0, 40)}”`;
  }

  Reveal.getSlides().forEach((slide, index) => {
    Reveal.slide(index, 0, 10000);
    const headline = slide.querySelector("h1, h2").cloneNode(true);
    headline.querySelectorAll(".katex-mathml").forEach(formula => formula.remove());
    const complain = words => found.push([index + 1, headline.textContent.replace(/\\s+/g, " "), words]);
    let worst = {by: slack};
    let small = null;
    for (const piece of pieces(slide)) {
      const inner = rectangle(piece), parent = piece.parentElement;
      for (let box = parent; box && slide.contains(box); box = box.parentElement) {
        if (box !== slide && !box.matches(boxes)) continue;
        const outer = box.getBoundingClientRect();
        const sides = {right: inner.right - outer.right, left: outer.left - inner.left};
        if (box === slide || box.matches(".body")) {
          sides.bottom = inner.bottom - outer.bottom;
          sides.top = outer.top - inner.top;
        }
        for (const [side, by] of Object.entries(sides)) if (by > worst.by) worst = {by, side, what: name(piece)};
      }
      if (piece.nodeType === Node.TEXT_NODE) {
        const size = parseFloat(getComputedStyle(parent).fontSize);
        if (size < smallest && size < (small?.size ?? smallest)) small = {size, what: name(piece)};
      }
    }
    if (worst.side) complain(`${worst.what} sticks out by ${Math.ceil(worst.by)} px (${worst.side})`);
    if (small) complain(`${small.what} is written in ${small.size} px; nothing may be smaller than ${smallest}`);

    // a figure that has the slide to itself is as large as it can be
    const alone = pieces(slide).filter(piece => !piece.parentElement.closest("h2")).length === 1;
    for (const image of slide.querySelectorAll("img")) {
      const width = Math.min(image.clientWidth, image.clientHeight * image.naturalWidth / image.naturalHeight);
      const letters = width * Number(image.dataset.letters ?? 0);
      if (!image.naturalWidth) complain("the figure did not load");
      else if (!alone && (width < 100 || (letters && letters < smallest))) {
        complain(`the letters of the figure are ${Math.floor(letters)} px high, less than ${smallest}: leave it more room`);
      }
    }
  });
  return found;
}
"""


def problems_of(browser, deck):
    """What does not fit in a deck, a sentence for each."""
    page = browser.new_page(viewport=SIZE)
    try:
        page.goto(deck.as_uri(), wait_until="load")
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        found = page.evaluate(MEASURE, [SMALLEST, SLACK])
    finally:
        page.close()
    return [f"{deck.stem}, slide {slide} ({headline}): {words}" for slide, headline, words in found]


def problems(decks):
    """What does not fit in these decks."""
    if path() is None:
        return ["--check needs Chromium: install it, or name one with the variable CHROMIUM"]
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=FLAGS)
        try:
            return [problem for deck in decks for problem in problems_of(browser, deck)]
        finally:
            browser.close()
