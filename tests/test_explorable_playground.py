"""The playground in its chapter: points placed and moved by keys, mouse and finger, and the fit against softmax_lib."""

import json
import re

import numpy as np
import pytest
from sklearn.preprocessing import PolynomialFeatures

from browsing import Visit
from softmax_explorables import bundle
from softmax_explorables.explorable import STARTS
from softmax_lib import Objective
from softmax_lib.solvers import newton_cg

PAGE = "chapters/07_decision_boundaries.html"
LABEL = re.compile(r"Point \d+, class (\d), at (−?[\d.]+), (−?[\d.]+)(, on the wrong side)?")


class Playground:
    """The explorable on an open page."""

    def __init__(self, page):
        self.page, self.box = page, page.locator(".explorable-playground")
        self.box.scroll_into_view_if_needed()
        page.wait_for_selector(".explorable-playground.started g.point")

    def settle(self):
        """Wait for two pictures: what a change asks for is drawn with the next one."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def points(self):
        """Classes 0 .. K-1, places, and which are said to be on the wrong side."""
        self.settle()
        labels = self.box.locator("g.point").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
        found = [LABEL.fullmatch(label).groups() for label in labels]
        places = np.array([[float(each.replace("−", "-")) for each in (x1, x2)] for _, x1, x2, _ in found])
        return np.array([int(k) - 1 for k, *_ in found]), places, np.array([bool(wrong) for *_, wrong in found])

    def reading(self):
        self.settle()
        return self.box.locator(".explorable-reading").text_content().replace("\xa0", " ")

    def number(self, name):
        return float(re.search(rf"{name} = (−?[\d.]+[\d])", self.reading())[1].replace("−", "-"))

    def place(self, n):
        """Where point n is on the screen."""
        box = self.box.locator("g.point > path").nth(n).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def spot(self, x1, x2):
        """Where (x1, x2) is on the screen."""
        box = self.box.locator("rect.frame").last.bounding_box()
        return box["x"] + (x1 + 3) / 6 * box["width"], box["y"] + (3 - x2) / 6 * box["height"]

    def best(self, alpha=0.01, quadratic=False, K=3):
        """What the library makes of the points as they are: the objective and its least value's W and b."""
        y, X, _ = self.points()
        X = PolynomialFeatures(2, include_bias=False).fit_transform(X) if quadratic else X
        objective = Objective(X, y, alpha=alpha, n_classes=K)
        result = newton_cg(objective, tol=1e-10)
        return objective, result.coef, result.intercept

    def check(self, **model):
        """The numbers shown, and the points said to be wrong, are those of the library's minimum."""
        objective, W, b = self.best(**model)
        assert abs(self.number("J") - objective.value(W, b)) < 5.01e-4
        assert abs(self.number("‖W‖") - np.linalg.norm(W)) < 5.1e-3
        y, _, wrong = self.points()
        np.testing.assert_array_equal(wrong, objective.at(W, b).Z.argmax(axis=1) != y)
        said = re.search(r"(\d+|None) of (\d+) points", self.reading())
        assert (said[1].replace("None", "0"), said[2]) == (str(wrong.sum()), str(len(y)))


@pytest.fixture
def visit(browser, site):
    with Visit(browser, width=1000) as visit:
        visit.open((site / PAGE).as_uri())
        yield visit
        assert visit.complaints == []


@pytest.fixture
def play(visit):
    return Playground(visit.page)


def test_keys_add_move_and_remove_points(play):
    page = play.page
    play.check()
    play.box.get_by_role("radio", name="2").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('cross')")
    for key in ("Shift+ArrowLeft", "ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    y, X, _ = play.points()
    assert len(y) == 57 and y[-1] == 1
    np.testing.assert_allclose(X[-1], [-0.6, -0.1])
    play.check()
    page.wait_for_function("document.querySelector('.explorable-playground [aria-live]').textContent.includes('57')")
    page.keyboard.press("Tab")  # to the point that was added, the one stop of all points
    page.keyboard.press("PageDown")
    page.keyboard.press("PageUp")
    for key in ("ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    np.testing.assert_allclose(play.points()[1][-1], [-0.5, 0.4])
    play.check()
    page.keyboard.press("Delete")
    assert len(play.points()[0]) == 56
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Point 56,")
    page.keyboard.press("Tab")  # out of the map
    assert not page.evaluate("document.activeElement.closest('svg')")
    play.check()


def test_the_mouse_adds_moves_and_removes_points(play):
    mouse = play.page.mouse
    play.box.get_by_role("radio", name="3").first.check()
    mouse.click(*play.spot(-2, -2))
    y, X, _ = play.points()
    assert len(y) == 57 and y[-1] == 2
    np.testing.assert_allclose(X[-1], [-2, -2], atol=0.02)
    mouse.move(*play.place(56))
    mouse.down()
    mouse.move(*play.spot(-1, 1), steps=4)
    mouse.move(*play.spot(-2.5, 2.5), steps=4)
    mouse.up()
    y, X, wrong = play.points()
    np.testing.assert_allclose(X[-1], [-2.5, 2.5], atol=0.02)
    assert len(y) == 57 and wrong[-1]
    play.check()
    mouse.click(*play.place(47))  # on a point, nothing is added
    play.box.get_by_role("button", name="Remove point").click()
    np.testing.assert_allclose(play.points()[1], np.delete(X, 47, axis=0))
    play.check()


def test_a_finger_moves_points_and_adds_them(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 860}, has_touch=True)
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    play = Playground(page)
    play.box.get_by_role("button", name="Outlier").tap()
    play.box.locator(".playground-map").scroll_into_view_if_needed()
    page.touchscreen.tap(*play.spot(-2.5, 2.5))
    y, X, _ = play.points()
    assert len(y) == 56 and y[-1] == 0
    np.testing.assert_allclose(X[-1], [-2.5, 2.5], atol=0.03)
    hand = context.new_cdp_session(page)
    (x1, y1), (x2, y2) = play.place(55), play.spot(1.5, -2)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x1 + 15, "y": y1 + 5}]})
    for t in (0.3, 0.6, 1):
        at = {"x": x1 + 15 + t * (x2 - x1), "y": y1 + 5 + t * (y2 - y1)}
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    np.testing.assert_allclose(play.points()[1][-1], [1.5, -2], atol=0.05)
    play.check()
    context.close()


def test_penalty_and_quadratic_features(play):
    play.box.get_by_role("button", name="Rings").click()
    play.check()
    assert play.points()[2].mean() > 0.3
    play.box.get_by_label("Quadratic features").press("Space")
    play.check(quadratic=True)
    play.box.get_by_label("Penalty α").focus()
    for _ in range(10):
        play.page.keyboard.press("ArrowLeft")
    play.check(quadratic=True, alpha=1e-3)
    assert not play.points()[2].any()
    assert play.box.get_by_label("Penalty α").get_attribute("aria-valuetext") == "1.0 · 10⁻³"


def test_a_class_without_points_gets_no_probability(play):
    play.box.get_by_role("radio", name="5", exact=True).last.check()
    play.check()  # of three classes: the others have nothing
    play.box.get_by_role("radio", name="5", exact=True).first.check()
    play.page.mouse.click(*play.spot(2, -2))  # its intercept has gone far down, where Newton's method sees no way up
    assert play.points()[0][-1] == 4
    play.check(K=5)
    play.box.get_by_role("button", name="Clouds").press("Enter")
    assert set(play.points()[0]) == {0, 1, 2, 3, 4}
    play.check(K=5)
    play.box.get_by_role("radio", name="4", exact=True).last.check()
    assert set(play.points()[0]) == {0, 1, 2, 3}
    play.check(K=4)


def test_gradient_descent_takes_the_steps_that_it_says(play):
    play.box.get_by_label("gradient steps").check()
    assert abs(play.number("J") - np.log(3)) < 5.01e-4 and play.reading().startswith("Step 0")
    play.box.get_by_label("Step η").press("ArrowRight")
    for _ in range(3):
        play.box.get_by_role("button", name="One step").press("Enter")
        play.settle()
    y, X, _ = play.points()
    objective = Objective(X, y, alpha=0.01)
    W, b = objective.zeros()
    for _ in range(3):
        dW, db = objective.gradient(W, b)
        W, b = W - 1.1 / objective.smoothness * dW, b - 1.1 / objective.smoothness * db
    assert abs(play.number("J") - objective.value(W, b)) < 5.01e-4 and play.reading().startswith("Step 3")
    said = float(re.search(r"at most ([\d.]+) above", play.reading())[1])
    assert abs(said - objective.suboptimality(W, b)) < 5.01e-4
    play.box.get_by_role("button", name="From zero").click()
    assert abs(play.number("J") - np.log(3)) < 5.01e-4


def test_newton_runs_to_the_minimum_and_stops(play):
    play.box.get_by_label("Newton steps").check()
    run = play.box.locator(".explorable-buttons").last.get_by_role("button").nth(1)
    run.press("Enter")
    assert run.text_content() == "Pause"
    play.page.wait_for_function("element => element.textContent === 'Run'", arg=run.element_handle(), timeout=9000)
    play.check()
    assert re.search(r"at most [\d.]+ · 10⁻¹\S above", play.reading())


def test_with_reduced_motion_a_run_is_over_at_once(browser, site):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((site / PAGE).as_uri())
    play = Playground(page)
    play.box.get_by_label("Newton steps").check()
    play.settle()
    play.box.get_by_role("button", name="Run").click()
    play.check()
    context.close()


RENDER = """async ([text, state]) => {
  const module = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  const listeners = {};
  globalThis.state = state;
  globalThis.model = {  // reports every change, also to those who make it, as JupyterLab's does
    get: key => state[key],
    set: (key, value) => { state[key] = value; (listeners[`change:${key}`] ?? []).forEach(each => each()); },
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off() {}, save_changes() {},
  };
  module.default.render({model, el: document.body});
}"""


MORE = [[0, 1, 0], [1, 1, 1], [2, 0, 2.0], [-1, -1, 3], [1, 0.5, 3], [0, 1, 3]]


@pytest.mark.parametrize("change", [{}, {"alpha": 1e-4}, {"quadratic": True}, {"points": MORE}], ids=str)
def test_the_weights_that_python_sees_are_optimal(browser, change):
    page = browser.new_page()
    page.evaluate(RENDER, [bundle.bundle("playground"), json.loads(json.dumps(STARTS["playground"]))])
    page.wait_for_selector("g.point")
    for key, value in change.items():
        page.evaluate("([key, value]) => model.set(key, value)", [key, value])
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    state = page.evaluate("state")
    points = np.array(state["points"])
    X = PolynomialFeatures(2 if state["quadratic"] else 1, include_bias=False).fit_transform(points[:, :2])
    objective = Objective(X, points[:, 2].astype(int), alpha=state["alpha"], n_classes=state["K"])
    certificate = objective.suboptimality(np.array(state["W"]), np.array(state["b"]))
    shown = page.locator(".explorable-reading").text_content()
    digits, exponent = re.search(r"at most ([\d.]+) · 10⁻(\S+) above", shown).groups()
    said = float(digits) * 10.0 ** -int("".join(str("⁰¹²³⁴⁵⁶⁷⁸⁹".index(each)) for each in exponent))
    assert certificate < 1e-12 and abs(certificate - said) < 1e-12
    page.close()


def test_weights_set_from_python_are_shown(browser):
    page = browser.new_page()
    state = STARTS["playground"] | {"solver": "newton"}
    page.evaluate(RENDER, [bundle.bundle("playground"), json.loads(json.dumps(state))])
    page.wait_for_selector("g.point")
    W, b = np.array([[-1.0, 0.5], [0.2, -1.3], [0.8, 0.8]]), np.array([0.1, 0.2, -0.3])
    page.evaluate("([W, b]) => { model.set('W', W); model.set('b', b); }", [W.tolist(), b.tolist()])
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    points = np.array(state["points"])
    J = Objective(points[:, :2], points[:, 2].astype(int), alpha=0.01).value(W, b)
    assert f"J = {J:.3f}" in page.locator(".explorable-reading").text_content()
    assert page.evaluate("state.W") == W.tolist()
    sets = """new Promise(done => {
      let count = 0;
      const set = model.set;
      model.set = (...values) => { count += 1; set(...values); };
      setTimeout(() => done(count), 200);
    })"""
    assert page.evaluate(sets) == 0  # its own reports do not set it going again
    page.close()
