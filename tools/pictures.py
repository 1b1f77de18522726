"""Draw the pictures that no chapter draws, in static/: hero.svg (landing page), readme.png and preview.png.

Usage: python tools/pictures.py hero      penguins, and the regions that softmax regression finds
       python tools/pictures.py readme    a page of the built site, photographed in Chromium
       python tools/pictures.py preview   what is shown with a link to the book, 1200 x 630: its title and the hero
"""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "static"


def hero(target=STATIC / "hero.svg"):
    import matplotlib.pyplot as plt

    from softmax_lib import SoftmaxRegression, load_penguins, plot_decision_regions, use_style

    use_style()
    penguins = load_penguins(["bill length", "bill depth"])
    # The model of chapter 7, so that the landing page promises the picture which that chapter explains.
    model = SoftmaxRegression(alpha=0.01)
    model.fit(penguins.X, penguins.y)
    names = {"feature_names": penguins.feature_names, "class_names": penguins.class_names}
    figure, ax = plt.subplots(figsize=(6.4, 4.2))
    plot_decision_regions(model, penguins.X, penguins.y, ax=ax, **names)
    figure.savefig(target, metadata={"Date": None})
    plt.close(figure)


@contextlib.contextmanager
def chromium_view(width, height):
    """A page of Chromium to open something in and photograph it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def few_colours(target):
    """Store a picture again with a palette: a fraction of the size."""
    from PIL import Image

    Image.open(target).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def readme(target=STATIC / "readme.png", page="chapters/02_jacobian.html", anchor="equation-result-jacobian"):
    with chromium_view(1200, 780) as view:
        view.goto((ROOT / "_build" / "html" / page).as_uri())
        view.evaluate("document.fonts.ready")
        top = f"document.getElementById('{anchor}').getBoundingClientRect().top"
        view.evaluate(f"scrollBy({{top: {top} - 420, behavior: 'instant'}})")
        view.wait_for_timeout(500)
        view.screenshot(path=target)
    few_colours(target)


CARD = """<!doctype html><meta charset="utf-8"><style>
@font-face { font-family: Source; font-weight: 400; src: url(fonts/source-serif-4-latin-400-normal.woff2); }
@font-face { font-family: Source; font-weight: 600; src: url(fonts/source-serif-4-latin-600-normal.woff2); }
body { margin: 0; height: 630px; display: flex; align-items: center; gap: 30px; padding: 0 40px 0 64px;
  box-sizing: border-box; background: #fdfcfa; color: #1f242c; border-top: 14px solid #0b5fa5; }
h1 { font: 600 60px/1.12 Source; margin: 0 0 28px; letter-spacing: -0.01em; }
p { font: 400 31px/1.4 Source; margin: 0; color: #525a66; text-wrap: balance; }
div { flex: none; width: 440px; }
img { width: 626px; mix-blend-mode: multiply; }
</style><div><h1>Softmax regression, proved and measured</h1>
<p>Derived step by step, checked by machine, seen at work on real data.</p></div><img src="hero.svg">
"""


def preview(target=STATIC / "preview.png"):
    with tempfile.NamedTemporaryFile("w", suffix=".html", dir=STATIC, encoding="utf-8") as card:
        card.write(CARD)
        card.flush()
        with chromium_view(1200, 630) as view:
            view.goto(Path(card.name).as_uri())
            view.evaluate("document.fonts.ready")
            view.screenshot(path=target)
    few_colours(target)


if __name__ == "__main__":
    pictures = {"hero": hero, "readme": readme, "preview": preview}
    if len(sys.argv) != 2 or sys.argv[1] not in pictures:
        sys.exit(__doc__)
    pictures[sys.argv[1]]()
