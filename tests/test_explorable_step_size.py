"""Step size against curvature in its chapter: every word of a verdict follows from a run of softmax_lib."""

import re
from functools import cache

import numpy as np
import pytest

from browsing import Visit
from chapters_as_run import CHAPTERS, stored
from explorable_pages import explorables
from softmax_lib import Objective
from softmax_lib.solvers import newton_cg

PAGE = "chapters/06_training.html"
PANEL = ".explorable-step_size"
STEPS = 100


@pytest.fixture
def visit(browser, site):
    with Visit(browser, width=1000) as visit:
        open_page(visit, site)
        yield visit
        assert visit.complaints == []


def open_page(visit, site):
    return visit.open_explorable((site / PAGE).as_uri(), "step_size", "g.ball")


@cache
def problem(name):
    """The objective of the page with these labels, J at its minimum, and 2 beta / lambda_max there."""
    path = next(path for path in CHAPTERS if path.stem == "06_training")
    (shown,) = explorables(stored(path)).values()
    state = shown["state"]
    objective = Objective(np.array(state["X"]), np.array(state["labels"][name]), alpha=state["penalty"])
    best = newton_cg(objective, tol=1e-13)
    hessian = objective.at(best.coef, best.intercept).curvature().matrix().reshape(15, 15)
    return objective, best, 2 * objective.smoothness / np.linalg.eigvalsh(hessian)[-1]


def history(name, product):
    """J above its minimum during a run of gradient descent from zero weights."""
    objective, best, _ = problem(name)
    W, b = objective.zeros()
    J = []
    for _ in range(STEPS + 1):
        value, dW, db = objective.value_and_gradient(W, b)
        J.append(value - best.history["loss"][-1])
        W, b = W - product / objective.smoothness * dW, b - product / objective.smoothness * db
    return np.array(J)


def choose(page, product):
    """Move the slider, which knows the logarithm, and wait for the run; returns the product it stands for."""
    page.locator(f"{PANEL} input[type=range]").evaluate(
        """(input, power) => {
          input.value = power;
          input.dispatchEvent(new Event("input"));
        }""",
        np.log10(product),
    )
    return arrived(page)


def arrived(page):
    product = page.locator(f"{PANEL} output").inner_text()
    page.wait_for_function(
        f"start => document.querySelector('{PANEL} .explorable-reading').textContent.startsWith(start)",
        arg=f"αβ = {product}:",
    )
    return float(product)


def reading(page):
    return page.locator(f"{PANEL} .explorable-reading").inner_text()


def number_after(words, text):
    """A number as the panel writes it: 0.0123 or 1.2 · 10⁻⁶."""
    digits, power = re.search(words + r" (\d+(?:\.\d+)?)(?: · 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text).groups()
    power = (power or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(digits) * 10.0 ** int(power)


def ups(run):
    return int(np.sum(np.diff(run) > 1e-12))


def test_the_edge_is_where_the_curvature_at_the_minimum_puts_it(visit):
    page = visit.page
    product = choose(page, 2)
    objective, _, edge = problem("true species")
    assert number_after("= 2β/λₘₐₓ =", reading(page)) == pytest.approx(edge, rel=0.005)
    assert number_after("not by β =", reading(page)) == pytest.approx(objective.smoothness, abs=5e-4)
    assert number_after("λₘₐₓ =", reading(page)) == pytest.approx(2 * objective.smoothness / edge, abs=5e-4)
    assert page.locator(f"{PANEL} .marks .edge text").text_content() == f"edge {edge:.3g}"
    marks = {
        kind: page.locator(f"{PANEL} .marks .{kind}").evaluate("mark => mark.transform.baseVal[0].matrix.e")
        for kind in ("safe", "two", "edge")
    }
    now = float(page.locator(f"{PANEL} line.now").get_attribute("x1"))
    assert product == 2 and marks["two"] == pytest.approx(now, abs=0.5)
    decade = (marks["two"] - marks["safe"]) / np.log10(2)
    assert marks["edge"] - marks["safe"] == pytest.approx(decade * np.log10(edge), abs=0.5)


def test_words_follow_from_the_runs(visit):
    """Crawling, falling, arriving, restless and divergent: with either labelling."""
    page = visit.page
    seen = set()
    for name, products in (
        ("true species", (0.02, 1, 8, 15.8, 25, 480)),
        ("shuffled species", (0.02, 1, 2.4, 2.6, 480)),
    ):
        page.get_by_label(name).check()
        page.wait_for_selector(f"{PANEL} g.ball")
        for product in products:
            product = choose(page, product)
            with np.errstate(all="ignore"):
                run = history(name, product)
            _, _, edge = problem(name)
            text = reading(page)
            word = next(word for word in ("crawls", "falls", "arrives", "settles", "diverges") if word in text)
            seen.add(word)
            if word == "diverges":
                assert np.all(np.diff(run[-11:]) > 0) and run[-1] > 1e6 * run[0]
            elif word == "settles":
                assert ups(run[-21:]) > 0 and product > edge
                assert number_after("went up in", text) == ups(run)
            elif word == "arrives":
                assert ups(run) > 0 == ups(run[-21:]) and run[-1] < run[0] / 10
            else:
                assert ups(run) == 0 and product < edge
            if word == "crawls":
                share = 100 * run[-1] / run[0]
                assert share > 10 and number_after("crawls:", text) == pytest.approx(share, abs=0.51)
            elif word == "falls" and "less than" not in text:
                assert number_after("every step, to", text) == pytest.approx(run[-1], rel=0.05, abs=5.1e-5)
            assert ("promises" in text) == (product <= 1) and ("overshoots" in text) == (product >= edge)
            last = page.locator(f"{PANEL} .tried .now")
            assert ("cross" in last.get_attribute("class")) == (ups(run) > 0)
    assert seen == {"crawls", "falls", "arrives", "settles", "diverges"}


def test_the_drawn_run_is_that_of_the_library(visit):
    """The curve, put back into numbers with the ticks of its axis."""
    page = visit.page
    product = choose(page, 4)
    path = page.locator(f"{PANEL} .runs path.now").get_attribute("d")
    points = np.array([pair.split(",") for pair in path.removeprefix("M").split("L")], dtype=float)
    drawing = page.locator(f"{PANEL} .explorable-drawing").first
    ticks = drawing.locator("g.up .tick").evaluate_all("all => all.map(tick => tick.transform.baseVal[0].matrix.f)")
    ticks = np.sort(ticks) - 0.5  # D3 draws ticks in the middle of a pixel
    power = np.interp(points[:, 1], ticks, np.array([3, 0, -3, -6, -9]))
    run = history("true species", product)
    np.testing.assert_allclose(power, np.log10(run), atol=0.01)
    assert len(points) == STEPS + 1


def test_arrow_keys_sweep_and_are_heard(visit):
    page = visit.page
    page.get_by_label("αβ").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert arrived(page) == pytest.approx(10**0.06, rel=0.01)
    voice = f"document.querySelector('{PANEL} p[aria-live]').textContent"
    page.wait_for_function(f"{voice}.startsWith('αβ = 1.15: J falls at every step')")
    page.get_by_label("shuffled species").focus()
    page.keyboard.press("Space")
    edge = problem("shuffled species")[2]
    page.wait_for_function(f"document.querySelector('{PANEL} .marks .edge text')?.textContent === 'edge {edge:.3g}'")


def test_the_mouse_sweeps(visit):
    page = visit.page
    box = page.locator(f"{PANEL} rect.area").bounding_box()
    x = {kind: page.locator(f"{PANEL} .marks .{kind} line").bounding_box()["x"] for kind in ("safe", "two", "edge")}
    page.mouse.move(x["safe"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(x["two"], box["y"] + 80, steps=4)
    page.mouse.up()
    assert arrived(page) == pytest.approx(2, rel=0.06)  # the mouse knows whole pixels
    page.mouse.click(x["edge"], box["y"] + 60)
    assert arrived(page) == pytest.approx(problem("true species")[2], rel=0.06)
    assert page.locator(f"{PANEL} .tried path").count() >= 4


def test_runs_are_kept_and_forgotten(visit):
    page = visit.page
    choose(page, 3)
    page.get_by_role("button", name="Keep this run").press("Enter")
    choose(page, 0.5)
    page.wait_for_function(f"document.querySelectorAll('{PANEL} .runs path').length === 4")
    assert set(page.locator(f"{PANEL} .names text").all_text_contents()) == {"αβ = 0.1", "αβ = 25", "αβ = 3.02"}
    page.get_by_role("button", name="Forget kept runs").click()
    page.wait_for_function(f"document.querySelectorAll('{PANEL} .runs path').length === 1")


def test_the_ball_walks_down_the_bowl_or_out_of_it(visit):
    """One dimension: t becomes t - (step size) (slope), here by finite differences of the library's J."""
    page = visit.page
    objective, best, edge = problem("true species")
    hessian = objective.at(best.coef, best.intercept).curvature().matrix().reshape(15, 15)
    V = np.linalg.eigh(hessian)[1][:, -1].reshape(3, 5)

    def J(t):
        return objective.value(best.coef + t * V[:, :-1], best.intercept + t * V[:, -1])

    ball = page.get_by_role("slider", name="Start of the walk")
    ball.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"document.querySelector('{PANEL} .ball').getAttribute('aria-valuenow') === '0.4'")
    for product in (2, 12):
        product = choose(page, product)
        text = ball.get_attribute("aria-valuetext")
        start, end = (float(each.replace("−", "-")) for each in re.findall(r"(−?\d+\.\d+)", text))
        assert abs(start) == pytest.approx(0.4 * np.sqrt(2 * np.log(3) * edge / 2 / objective.smoothness), abs=0.006)
        ends = []
        for sign in (1, -1):  # the library may point the other way
            t = sign * 0.4 * np.sqrt(np.log(3) * edge / objective.smoothness)
            for _ in range(14):
                t -= product / objective.smoothness * (J(t + 1e-6) - J(t - 1e-6)) / 2e-6
            ends.append(sign * t)
        assert min(abs(end - each) for each in ends) < 0.006
    box = ball.locator(".mark").bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] - 91, box["y"] + 9, steps=3)
    page.mouse.up()
    page.wait_for_function(f"Number(document.querySelector('{PANEL} .ball').getAttribute('aria-valuenow')) < 0")


def test_nothing_jumps_or_sticks_out(browser, site):
    """The height reserved is that of the panel, and a walk that leaves its picture does not widen the page."""
    for width in (1280, 390):
        with Visit(browser, width=width) as visit:
            page = open_page(visit, site)
            place = page.locator(PANEL).bounding_box()["height"]
            assert abs(place - page.locator(f"{PANEL} .explorable-panel").bounding_box()["height"]) < 3
            choose(page, 480)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert visit.complaints == []
