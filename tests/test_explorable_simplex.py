"""The triangle of three probabilities in its chapter: what keys and mouse do, and what is read and said."""

import re

import numpy as np
import pytest

from browsing import Visit
from softmax_lib import cross_entropy, softmax
from softmax_lib.plots import simplex_coordinates

PAGE = "chapters/04_gradient.html"
PANEL = ".explorable-simplex"
Z, Y = [1.0, -0.8, 0.9], [0.0, 1.0, 0.0]


@pytest.fixture
def visit(browser, site):
    with Visit(browser, width=1000) as visit:
        open_page(visit, site)
        yield visit
        assert visit.complaints == []


def open_page(visit, site):
    return visit.open_explorable((site / PAGE).as_uri(), "simplex", "g.prediction")


def numbers(page):
    """The numbers of the table, (4, 3): o, y and o - y of each class, and their sums."""
    texts = page.locator(f"{PANEL} tbody td:not(.axis)").all_text_contents()
    return np.array([float(text.replace("−", "-")) for text in texts]).reshape(4, 3)


def check(page, z, y):
    o, y = softmax(np.array(z)), np.array(y)
    rows = np.column_stack([o, y, o - y])
    np.testing.assert_allclose(numbers(page), [*rows, rows.sum(axis=0)], atol=0.0051)
    return o


def centre(page, name):
    """Where the prediction or the target is drawn, in the window."""
    box = page.locator(f"{PANEL} g.{name} .mark").bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def corners(page):
    """The corners of the triangle in the window, (3, 2)."""
    outline = page.locator(f"{PANEL} path.outline")
    box = page.locator(f"{PANEL} svg").bounding_box()
    points = re.findall(r"[ML]([\d.]+),([\d.]+)", outline.get_attribute("d"))
    return np.add(np.array(points, dtype=float), [box["x"], box["y"]])


def drag(page, name, o):
    page.mouse.move(*centre(page, name))
    page.mouse.down()
    page.mouse.move(*(np.array(o) @ corners(page)), steps=3)
    page.mouse.up()


def reading(page):
    return page.locator(f"{PANEL} .explorable-reading").inner_text()


def losses(page):
    """The loss now and after the next step, as the reading says."""
    return [float(number) for number in re.findall(r"from (\d+\.\d+) to (\d+\.\d+)", reading(page))[0]]


def stepped(z, y, step_size, steps=1):
    z = np.array(z)
    for _ in range(steps):
        z = z - step_size * (softmax(z) - y)
    return z


def loss(z, y):
    return cross_entropy(np.array([z]), np.array([y]))


def test_shows_the_residual_and_what_a_step_would_do(visit):
    page = visit.page
    o = check(page, Z, Y)
    np.testing.assert_allclose(centre(page, "prediction"), o @ corners(page), atol=1)
    np.testing.assert_allclose(centre(page, "target"), Y @ corners(page), atol=1)
    np.testing.assert_allclose(losses(page), [loss(Z, Y), loss(stepped(Z, Y, 1), Y)], atol=0.0051)
    assert "Too much for class 1 (+0.48) and class 3 (+0.44), too little for class 2 (−0.92)" in reading(page)


def test_the_triangle_is_that_of_the_library(visit):
    left, right, top = corners(visit.page)
    side = right[0] - left[0]
    expected = simplex_coordinates(np.eye(3)) * [side, -side] + left
    np.testing.assert_allclose([left, right, top], expected, atol=0.1)


def test_steps_and_the_way_back_by_keys(visit):
    page = visit.page
    page.get_by_label("Step size α").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="One step").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    z = stepped(Z, Y, 1.5, 3)
    check(page, z, Y)
    np.testing.assert_allclose(losses(page), [loss(z, Y), loss(stepped(z, Y, 1.5), Y)], atol=0.0051)
    assert page.locator(f"{PANEL} circle.passed").count() == 3
    page.wait_for_function(f"document.querySelector('{PANEL} [aria-live]').textContent.includes('1.5 times as much')")
    page.get_by_role("button", name="Back to the start").press("Enter")
    check(page, Z, Y)
    assert page.locator(f"{PANEL} circle.passed").count() == 0


def test_too_long_a_step_raises_the_loss(visit):
    page = visit.page
    drag(page, "target", [0.48, 0.48, 0.04])
    drag(page, "prediction", [0.38, 0.58, 0.04])
    page.get_by_label("Step size α").press("End")
    assert "rises" in reading(page) and "too long a step" in reading(page)
    before, after = losses(page)
    assert after > before
    page.get_by_role("button", name="One step").click()
    assert losses(page)[0] == after


def test_the_mouse_drags_the_prediction_and_the_target(visit):
    page = visit.page
    drag(page, "prediction", [0.2, 0.5, 0.3])
    check(page, np.log([0.2, 0.5, 0.3]), Y)
    drag(page, "target", [0.1, 0.2, 0.7])
    check(page, np.log([0.2, 0.5, 0.3]), [0.1, 0.2, 0.7])
    assert page.get_by_label("soft", exact=True).is_checked()
    drag(page, "target", [1.3, -0.2, -0.1])  # past the corner of class 1
    check(page, np.log([0.2, 0.5, 0.3]), [1, 0, 0])
    assert page.get_by_label("class 1", exact=True).is_checked()
    drag(page, "prediction", [-0.3, 0.6, 0.7])  # past an edge: never a probability of 0
    assert "∞" not in reading(page) and losses(page)[0] < 7


def test_arrow_keys_move_the_prediction_and_the_target(visit):
    page = visit.page
    before = centre(page, "prediction")
    point = page.get_by_role("button", name="Prediction o")
    point.focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    side = np.ptp(corners(page)[:, 0])
    np.testing.assert_allclose(centre(page, "prediction") - before, [0.12 * side, 0.02 * side], atol=1)
    o = numbers(page)[:3, 0]
    said = ", ".join(f"class {k + 1} {o[k]:.2f}" for k in range(3))
    assert point.get_attribute("aria-label") == f"Prediction o: {said}"
    page.keyboard.press("Home")
    check(page, Z, Y)
    page.get_by_role("button", name="Target y").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    np.testing.assert_allclose(numbers(page)[:3, 1], [0.06, 0.94, 0], atol=0.0051)
    page.get_by_label("class 3", exact=True).check()
    check(page, Z, [0, 0, 1])


def probabilities(page, places):
    """The points (M, 3) of the triangle at places (M, 2) in the window."""
    left, right, top = corners(page)
    inner = np.linalg.solve(np.column_stack([left - top, right - top]), (np.array(places) - top).T).T
    return np.column_stack([inner, 1 - inner.sum(axis=1)])


def test_level_lines_join_predictions_of_one_loss(visit):
    page = visit.page
    page.get_by_label("soft", exact=True).check()
    y = np.array([0.1, 0.8, 0.1])
    box = page.locator(f"{PANEL} svg").bounding_box()
    levels = []
    for path in page.locator(f"{PANEL} g.levels path").all():
        places = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", path.get_attribute("d")), dtype=float).reshape(-1, 2)
        o = probabilities(page, np.add(places, [box["x"], box["y"]]))
        loss = -np.log(o[o.min(axis=1) > 0.1]) @ y  # well inside, where the loss is not steep
        if len(loss):
            assert np.ptp(loss) < 0.03
            levels.append(loss.mean())
    np.testing.assert_allclose(levels, [0.75, 1, 1.5, 2], atol=0.003)
    for label in page.locator(f"{PANEL} text.level").all():
        box, level = label.bounding_box(), float(label.text_content().replace("L = ", ""))
        (o,) = probabilities(page, [[box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]])
        assert -y @ np.log(o) == pytest.approx(level, rel=0.1)  # a text of some height
    assert page.locator(f"{PANEL} text.level").count() >= 2


def test_run_goes_on_until_the_prediction_is_right(browser, site):
    """With reduced motion nothing moves on its own: the steps are taken at once."""
    with Visit(browser, width=1000) as visit:
        visit.page.emulate_media(reduced_motion="reduce")
        page = open_page(visit, site)
        page.get_by_label("soft", exact=True).check()
        page.get_by_role("button", name="Run").click()
        assert "nothing is left to correct" in reading(page)
        assert np.abs(numbers(page)[:, 2]).max() < 0.005
        assert visit.complaints == []


def test_run_plays_and_can_be_stopped(visit):
    page = visit.page
    page.get_by_role("button", name="Run").click()
    page.wait_for_function(f"document.querySelectorAll('{PANEL} circle.passed').length >= 2")
    page.get_by_role("button", name="Pause").click()
    taken = page.locator(f"{PANEL} circle.passed").count()
    check(page, stepped(Z, Y, 1, taken), Y)
    page.wait_for_timeout(400)
    assert page.locator(f"{PANEL} circle.passed").count() == taken


def test_nothing_jumps_when_it_starts(browser, site):
    """The height reserved in the page is that of the panel."""
    for width in (1280, 390):
        with Visit(browser, width=width) as visit:
            page = open_page(visit, site)
            place = page.locator(PANEL).bounding_box()["height"]
            assert abs(place - page.locator(f"{PANEL} .explorable-panel").bounding_box()["height"]) < 3
