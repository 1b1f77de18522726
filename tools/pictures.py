"""Draw the two pictures that no chapter draws: static/hero.svg (landing page) and static/readme.png.

Usage: python tools/pictures.py hero     penguins, and the regions that softmax regression finds
       python tools/pictures.py readme   a page of the built site, photographed in Chromium
"""

import os
import shutil
import sys
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


def readme(target=STATIC / "readme.png", page="chapters/02_jacobian.html", anchor="equation-result-jacobian"):
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        view = browser.new_page(viewport={"width": 1200, "height": 780})
        view.goto((ROOT / "_build" / "html" / page).as_uri())
        view.evaluate("document.fonts.ready")
        top = f"document.getElementById('{anchor}').getBoundingClientRect().top"
        view.evaluate(f"scrollBy({{top: {top} - 420, behavior: 'instant'}})")
        view.wait_for_timeout(500)
        view.screenshot(path=target)
        browser.close()
    Image.open(target).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    pictures = {"hero": hero, "readme": readme}
    if len(sys.argv) != 2 or sys.argv[1] not in pictures:
        sys.exit(__doc__)
    pictures[sys.argv[1]]()
