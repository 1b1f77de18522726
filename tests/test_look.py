"""Pages and boxes look as they did when somebody last looked at them: small pictures, compared with a tolerance.

If a change of the look is meant, look at the pages, then store them anew: `python tools/look.py`.
"""

from pathlib import Path

import numpy as np
import pytest

import check_site
import look

NAMES = [*check_site.toc_pages(), "search.html"]
TOLERANCE = 0.10  # of the way from black to white, over a square of 64 by 64 pixels of the screen


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def compare(pictures, path):
    """The settings in which pictures differ from those stored; what was seen is kept in _build/looks/."""
    stored = dict(zip(pictures, look.load(path), strict=True))
    apart = {setting: look.difference(pictures[setting], stored[setting]) for setting in pictures}
    wrong = {setting: round(value, 3) for setting, value in apart.items() if value > TOLERANCE}
    if wrong:
        seen = check_site.SITE.parent / "looks" / path.relative_to(look.STORED)
        look.store(pictures, seen)
        pytest.fail(f"{wrong}: compare {seen.relative_to(look.ROOT)} with {path.relative_to(look.ROOT)}")


@pytest.mark.parametrize("name", NAMES)
def test_top_of_the_page(page, site, name):
    compare(look.tops(page, site, name), look.STORED / f"{Path(name).stem}.png")


@pytest.mark.parametrize("name", look.SAMPLES)
def test_kind_of_box(page, site, name):
    compare(look.sample(page, site, name), look.STORED / "samples" / f"{name}.png")


def test_no_picture_is_left_over():
    stored = {path.relative_to(look.STORED).as_posix() for path in look.STORED.rglob("*.png")}
    assert stored == {f"{Path(name).stem}.png" for name in NAMES} | {f"samples/{name}.png" for name in look.SAMPLES}


DAMAGE = {
    "no style sheet": "document.querySelectorAll('link[rel=stylesheet]').forEach(link => link.remove())",
    "no sidebar": "document.querySelector('.sidebar-drawer').remove()",
    "text over text": "document.querySelector('article').style.lineHeight = 0.6",
    "wide column": "document.querySelector('.content').style.width = '70rem'",
    "colours of the other scheme": "document.body.dataset.theme = 'dark'",
    "title gone": "document.querySelector('h1').style.visibility = 'hidden'",
    "goals without a box": "document.querySelector('.goals').style.cssText = 'background: none; border: 0; padding: 0'",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_noticed(page, site, damage):
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": look.WIDTHS[0], "height": look.HEIGHT})
    page.goto((site / "chapters/02_jacobian.html").as_uri())
    stored = look.load(look.STORED / "02_jacobian.png")[0]
    assert look.difference(look.small(page.screenshot()), stored) <= TOLERANCE
    page.evaluate(damage)
    assert look.difference(look.small(page.screenshot()), stored) > TOLERANCE


def test_difference_sees_what_is_small_and_strong_or_large_and_faint():
    blank = np.ones((54, 80, 3))
    assert look.difference(blank, blank) == 0
    line = blank.copy()
    line[20, 20:60] = 0.5
    assert look.difference(line, blank) > TOLERANCE
    assert look.difference(0.85 * blank, blank) > TOLERANCE
    assert look.difference(blank[:50], blank) == np.inf
    assert look.difference(blank[:53], blank) < TOLERANCE
