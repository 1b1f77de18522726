"""The explorable of logits and probabilities in its chapter: keys, mouse, shift, temperature and half precision."""

import numpy as np
import pytest

from browsing import Visit
from softmax_lib import softmax

PAGE = "chapters/01_log_odds_to_softmax.html"
START = [1.0, -0.5, 0.3, 1.4]


@pytest.fixture(scope="module")
def opened(browser, site):
    with Visit(browser, width=1000) as visit:
        yield visit.open_explorable((site / PAGE).as_uri(), "logits", "g.handle")
        assert visit.complaints == []


@pytest.fixture
def page(opened):
    """The page of the chapter, with the explorable as it starts."""
    yield opened
    opened.get_by_role("button", name="Start again").press("Enter")


def read(text):
    """A number as the page writes it."""
    mantissa, _, power = text.replace("−", "-").replace("∞", "inf").partition("·10")
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    return float(mantissa) * 10.0 ** int(power.translate(digits) or 0)


def column(page, name):
    return np.array([read(text) for text in page.locator(f".explorable-logits .share .{name}").all_text_contents()])


def reading(page):
    return page.locator(".explorable-logits .explorable-reading").inner_text()


def handle(page, k):
    return page.get_by_role("slider", name=f"logit of class {k}")


def classes(page, K):
    return page.get_by_role("radio", name=str(K), exact=True)


def drag(page, k, by):
    """Drag the handle of class k sideways, by pixels."""
    handle(page, k).scroll_into_view_if_needed()
    box = page.locator(".explorable-logits g.handle circle").nth(k - 1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by / 2, y + 3)
    page.mouse.move(x + by, y + 5)
    page.mouse.up()


def arrows(page, name, key, times):
    page.get_by_label(name).focus()
    for _ in range(times):
        page.keyboard.press(key)


def pixels_a_unit(page):
    ticks = page.locator(".explorable-logits g.axis .tick")
    texts = [read(text) for text in ticks.locator("text").all_text_contents()]
    boxes = [ticks.nth(i).locator("line").bounding_box()["x"] for i in (0, len(texts) - 1)]
    return (boxes[1] - boxes[0]) / (texts[-1] - texts[0])


def check(page, z, c=0.0, T=1.0):
    """The row of every class: z + c, the exponential, the probability."""
    z = np.array(z)
    np.testing.assert_allclose(column(page, "logit"), z + c, atol=0.0501)
    np.testing.assert_allclose(column(page, "power"), np.exp((z + c) / T), rtol=0.06, atol=0.00501)
    np.testing.assert_allclose(column(page, "o"), softmax(z / T), atol=5.01e-4)


def test_starts_with_the_logits_of_the_chapter(page):
    check(page, START)
    assert reading(page) == "Class 4 is 0.4 above class 1: it is exp(0.4) = 1.49 times as probable."


def test_keys_move_a_logit(page):
    handle(page, 2).focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    check(page, [1.0, 0.1, 0.3, 1.4])
    assert handle(page, 2).get_attribute("aria-valuenow") == "0.1"
    page.keyboard.press("End")
    assert handle(page, 2).get_attribute("aria-valuetext") == "4.0"
    check(page, [1.0, 4.0, 0.3, 1.4])
    expected = ", ".join(f"{o:.3f}" for o in softmax(np.array([1.0, 4.0, 0.3, 1.4])))
    page.wait_for_function(
        "text => document.querySelector('.explorable-logits [aria-live=polite]').textContent === text",
        arg=f"Probabilities {expected}.",
    )
    page.keyboard.press("Home")
    check(page, [1.0, -4.0, 0.3, 1.4])


def test_the_mouse_drags_a_logit(page):
    drag(page, 3, 2 * pixels_a_unit(page))
    check(page, [1.0, -0.5, 2.3, 1.4])
    drag(page, 3, 900)
    check(page, [1.0, -0.5, 4.0, 1.4])


def test_a_shift_moves_every_logit_and_no_probability(page):
    before = page.locator(".explorable-logits .share .o").all_text_contents()
    arrows(page, "shift c", "ArrowRight", 7)
    check(page, START, c=3.5)
    assert "33.1 times as large: the quotients stay" in reading(page)
    for key, c in (("End", 24), ("Home", -24)):
        page.keyboard.press(key)
        check(page, START, c=c)
        assert page.locator(".explorable-logits .share .o").all_text_contents() == before
    drag(page, 1, 2 * pixels_a_unit(page))  # and a bar is moved as before
    check(page, [3.0, *START[1:]], c=-24)


def test_temperature_divides_before_the_exponential(page):
    arrows(page, "temperature T", "ArrowRight", 10)
    check(page, START, T=2)
    assert reading(page).endswith("divided by T 0.20: it is exp(0.20) = 1.22 times as probable.")
    page.keyboard.press("Home")
    check(page, START, T=0.25)


def test_half_precision_overflows_and_underflows(page):
    page.get_by_label("half precision").press("Space")
    np.testing.assert_allclose(column(page, "o"), softmax(np.array(START)), atol=2e-3)
    arrows(page, "shift c", "ArrowRight", 20)  # 10: e^11.4 is too large, e^11 is not
    assert list(column(page, "power")[[0, 3]]) == [float(np.exp(np.float16(11))), np.inf]
    np.testing.assert_array_equal(column(page, "o"), [0, 0, 0, np.nan])
    assert "∞ / ∞ is nan" in reading(page)
    arrows(page, "shift c", "Home", 1)
    assert list(column(page, "power")) == 4 * [0] and np.isnan(column(page, "o")).all()
    assert "0 / 0 is nan" in reading(page)
    page.wait_for_function(
        "document.querySelector('.explorable-logits [aria-live=polite]').textContent.includes('not a number')"
    )
    page.get_by_label("Subtract the largest logit first").press("Space")
    with np.errstate(all="ignore"):
        u = np.array(START, np.float16) + np.float16(-24)
    np.testing.assert_allclose(column(page, "power"), np.exp(u - u.max()).astype(float), atol=0.0051)
    np.testing.assert_allclose(column(page, "o"), softmax(u.astype(float)), atol=2e-3)
    arrows(page, "shift c", "End", 1)
    assert np.isfinite(column(page, "o")).all()


def test_a_sum_may_overflow_before_its_terms(page):
    page.get_by_label("half precision").click()
    classes(page, 3).click()
    for k in (1, 2, 3):
        handle(page, k).press("End")
    arrows(page, "shift c", "ArrowRight", 14)  # three times e^11 = 59872
    assert list(column(page, "power")) == 3 * [59872] and list(column(page, "o")) == [0, 0, 0]
    assert "their sum is above 65504" in reading(page)


def test_classes_come_and_go(page):
    classes(page, 5).click()
    check(page, [*START, 0.0])
    classes(page, 3).click()
    check(page, START[:3])
    arrows(page, "shift c", "ArrowLeft", 3)
    page.get_by_role("button", name="Start again").press("Enter")
    check(page, START)
    assert page.get_by_label("shift c").input_value() == "0" and classes(page, 4).is_checked()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_it_starts_or_speaks(browser, site, width):
    """The reserved height is the real one, and the controls stay where they are whatever the reading says."""
    with Visit(browser, width=width) as visit:
        page = visit.open((site / PAGE).as_uri())
        place = page.locator(".explorable-logits")
        reserved = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.explorable-logits')).minHeight)")
        place.scroll_into_view_if_needed()
        page.wait_for_selector(".explorable-logits.started g.handle")
        tall = place.bounding_box()["height"]
        assert abs(tall - reserved) < 8
        page.get_by_label("half precision").check()
        for key in ("Home", "End"):
            page.get_by_label("shift c").press(key)
            assert place.bounding_box()["height"] == tall, reading(page)
