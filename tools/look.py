"""What the pages look like, small: pictures to compare with those that are stored in tests/looks/.

Each page gives the top of its window in both schemes and at three widths; besides, one sample of each kind of box.
A sixteenth of the size is too small to read and too coarse for a font that is drawn a little differently, and
enough to see that a column, a colour, a border or a picture is not where it was.

    python tools/look.py           store the pictures of the site as it is built now
"""

import io
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import check_site
import chromium

ROOT = Path(__file__).parents[1]
STORED = ROOT / "tests" / "looks"
WIDTHS = (1280, 768, 390)
SCHEMES = ("light", "dark")
HEIGHT = 864  # of the window
SCALE = 16  # pixels of the screen to one of the picture

SAMPLES = {  # name -> page, selector: one of each kind of box
    "definition": ("chapters/02_jacobian.html", ".math-wrapper:has(.equation-definition)"),
    "result": ("chapters/02_jacobian.html", ".math-wrapper:has(.equation-result)"),
    "quoted": ("chapters/04_gradient.html", ".math-wrapper:has(.equation-quoted)"),
    "goals": ("chapters/02_jacobian.html", ".admonition.goals"),
    "question": ("chapters/02_jacobian.html", ".admonition.question"),
    "code": ("chapters/02_jacobian.html", "div.cell:has(> .cell_output .math)"),
    "fold": ("chapters/02_jacobian.html", "details.sd-dropdown"),
    "figure": ("chapters/02_jacobian.html", "figure:has(#fig-nudge), #fig-nudge"),
    "table": ("chapters/notation.html", ".table-wrapper thead"),
    "verdicts": ("chapters/source_claims.html", ".claims tbody tr:nth-child(2)"),
    "signature": ("chapters/library.html", "dl.py"),
    "explorable": ("chapters/02_jacobian.html", ".explorable-panel"),
    "landing": ("chapters/intro.html", ".ways"),
    "next": ("chapters/02_jacobian.html", ".related-pages"),
}

# every image and explorable in the window is there
DRAWN = """() => [...document.querySelectorAll("img, .explorable")].every(element => {
  const box = element.getBoundingClientRect();
  const seen = element.checkVisibility() && box.bottom > 0 && box.top < innerHeight;
  return !seen || element.complete || element.matches(".started");
})"""


def small(png):
    """A picture at a sixteenth of its size: (height, width, 3), from 0 to 1."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    size = [max(1, round(side / SCALE)) for side in image.size]
    return np.asarray(image.resize(size, Image.Resampling.BOX), dtype=float) / 255


def settings(page):
    """The page in every scheme and width: yields their names, as "light 1280"."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.evaluate("document.fonts.ready")
            yield f"{scheme} {width}"


def tops(page, site, name):
    """The top of a page of the site: setting -> picture."""
    page.goto((site / name).as_uri())
    pictures = {}
    for setting in settings(page):
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_function(DRAWN)
        pictures[setting] = small(page.screenshot())
    return pictures


def sample(page, site, name):
    """One kind of box: setting -> picture."""
    address, selector = SAMPLES[name]
    page.goto((site / address).as_uri())
    page.evaluate("document.querySelectorAll('.explorable').forEach(each => each.scrollIntoView())")  # it starts
    element, pictures = page.locator(selector).first, {}
    for setting in settings(page):
        element.scroll_into_view_if_needed()
        page.wait_for_function(DRAWN)
        pictures[setting] = small(element.screenshot(animations="disabled"))
    return pictures


def difference(picture, stored):
    """How far two pictures are apart: the largest mean over squares of 4 by 4; infinite if the sizes differ."""
    rows, columns = (max(a, b) for a, b in zip(picture.shape[:2], stored.shape[:2], strict=True))
    if abs(picture.shape[0] - stored.shape[0]) > 2 or abs(picture.shape[1] - stored.shape[1]) > 2:
        return np.inf
    padding = [(0, -rows % 4), (0, -columns % 4)]
    apart = np.zeros((rows, columns))
    common = tuple(slice(min(a, b)) for a, b in zip(picture.shape[:2], stored.shape[:2], strict=True))
    apart[common] = np.abs(picture[common] - stored[common]).mean(axis=2)
    apart = np.pad(apart, padding)
    return float(apart.reshape(apart.shape[0] // 4, 4, -1, 4).mean(axis=(1, 3)).max())


def sheet(pictures):
    """Several pictures in one image, side by side."""
    images = [Image.fromarray((255 * each).round().astype(np.uint8)) for each in pictures.values()]
    whole = Image.new("RGB", (sum(i.width for i in images), max(i.height for i in images)), "#7f7f7f")
    place = 0
    for image in images:
        whole.paste(image, (place, 0))
        place += image.width
    return whole


def store(pictures, path):
    """Write pictures to a PNG file, which also says where each of them lies."""
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text("sizes", " ".join(f"{each.shape[1]}x{each.shape[0]}" for each in pictures.values()))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet(pictures).save(path, pnginfo=about, optimize=True)


def load(path):
    """The pictures of a PNG file, in the order in which they were stored."""
    with Image.open(path) as whole:
        sizes = [tuple(map(int, each.split("x"))) for each in whole.text["sizes"].split()]
        pixels, place, pictures = np.asarray(whole.convert("RGB"), dtype=float) / 255, 0, []
    for width, height in sizes:
        pictures.append(pixels[:height, place : place + width])
        place += width
    return pictures


def main():
    from playwright.sync_api import sync_playwright

    shutil.rmtree(STORED, ignore_errors=True)
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS).new_page()
        for name in [*check_site.toc_pages(), "search.html"]:
            store(tops(page, check_site.SITE, name), STORED / f"{Path(name).stem}.png")
        for name in SAMPLES:
            store(sample(page, check_site.SITE, name), STORED / "samples" / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
