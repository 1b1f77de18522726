"""The explorable of temperature and calibration in its chapter, with the logits that the chapter stored for it."""

import json
import re

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from browsing import Visit
from chapters_as_run import ROOT
from explorable_pages import explorables
from softmax_lib import cross_entropy, softmax

PAGE = "chapters/12_confidence.html"
PANEL = ".explorable-temperature"


@pytest.fixture(scope="module")
def data():
    notebook = json.loads((ROOT / "chapters/12_confidence.ipynb").read_text(encoding="utf-8"))
    [state] = [each["state"] for each in explorables(notebook).values() if each["name"] == "temperature"]
    return np.array(state["logits"]), np.array(state["labels"])


@pytest.fixture(scope="module")
def opened(browser, site):
    with Visit(browser, width=1000) as visit:
        yield visit.open_explorable((site / PAGE).as_uri(), "temperature", "g.point")
        assert visit.complaints == []


@pytest.fixture
def page(opened):
    """The page of the chapter, with the explorable as it starts."""
    yield opened
    opened.get_by_role("button", name="T = 1").press("Enter")


def at(logits, labels, T):
    """What the model says and how often it is right on average, its loss, and the calibration error."""
    o = softmax(logits / T)
    says, is_right = o.max(axis=1), o.argmax(axis=1) == labels
    bins = np.minimum((says * 10).astype(int), 9)
    off = [abs(says[bins == i].mean() - is_right[bins == i].mean()) * (bins == i).mean() for i in np.unique(bins)]
    return says.mean(), is_right.mean(), cross_entropy(logits / T, labels), sum(off)


def temperature(page):
    return float(page.locator(f"{PANEL} output").inner_text())


def numbers(page, kind):
    return [float(each) for each in re.findall(r"\d+\.\d+", page.locator(f"{PANEL} .explorable-{kind}").inner_text())]


def check(page, data, T, verdict):
    """Every number in the two sentences, and the verdict."""
    says, is_right, loss, error = at(*data, T)
    least = minimize_scalar(lambda each: cross_entropy(data[0] / each, data[1]), bounds=(0.25, 8), method="bounded").fun
    shown = numbers(page, "reading")
    np.testing.assert_allclose(shown[:4], [T, says, is_right, loss], atol=5.01e-3)
    np.testing.assert_allclose(shown[1:4], [says, is_right, loss], atol=5.1e-4)
    if len(shown) > 4:
        np.testing.assert_allclose(shown[4], loss - least, atol=1.1e-3)
    np.testing.assert_allclose(numbers(page, "text"), [is_right, error], atol=5.1e-4)
    text = page.locator(f"{PANEL} .explorable-reading").inner_text()
    assert verdict in text
    return text


def test_starts_overconfident(page, data):
    assert temperature(page) == 1
    check(page, data, 1, "overconfident")


def test_the_button_finds_the_bottom_of_the_valley(page, data):
    page.get_by_role("button", name="Best temperature").press("Enter")
    best = minimize_scalar(lambda T: cross_entropy(data[0] / T, data[1]), bounds=(0.25, 8), method="bounded").x
    assert abs(temperature(page) - best) <= 0.00501
    assert "its least" in check(page, data, best, "keeps its promise")
    page.wait_for_function(
        f"document.querySelector('{PANEL} [aria-live=polite]').textContent.startsWith('At T = {best:.2f}')"
    )
    page.get_by_role("button", name="T = 1").click()
    check(page, data, 1, "overconfident")


def test_keys_on_the_slider_and_on_the_point(page, data):
    slider = page.get_by_label("temperature T", exact=True)
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    check(page, data, 2, "overconfident")
    point = page.get_by_role("slider", name="point on the curve")
    point.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    check(page, data, 2**1.25, "overconfident")
    assert slider.input_value() == "1.25" and float(point.get_attribute("aria-valuenow")) == round(2**1.25, 3)
    page.keyboard.press("End")
    check(page, data, 8, "underconfident")
    page.keyboard.press("Home")
    check(page, data, 0.25, "overconfident")


def test_the_mouse_drags_the_point_along_the_valley(page, data):
    page.get_by_role("slider", name="point on the curve").scroll_into_view_if_needed()
    box = page.locator(f"{PANEL} g.point circle").last.bounding_box()
    ticks = page.locator(f"{PANEL} g.across").last.locator(".tick line")
    octave = (ticks.nth(5).bounding_box()["x"] - ticks.nth(0).bounding_box()["x"]) / 5
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + octave, y + 20)
    page.mouse.move(x + 2 * octave, y)
    page.mouse.up()
    assert abs(np.log2(temperature(page)) - 2) < 0.02
    box = page.locator(f"{PANEL} g.point circle").last.bounding_box()
    drop = page.locator(f"{PANEL} line.drop").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - drop["x"]) < 1 and abs(box["y"] + box["height"] / 2 - drop["y"]) < 1


def test_bins_stand_where_the_promise_is_kept_or_not(page, data):
    logits, labels = data
    page.get_by_label("temperature T", exact=True).fill("1")
    o = softmax(logits / 2)
    bins = np.minimum((o.max(axis=1) * 10).astype(int), 9)
    shown = page.locator(f"{PANEL} g.bin").evaluate_all(
        """bins => bins.map(bin => {
          const [stem, circle] = [bin.querySelector("line"), bin.querySelector("circle")];
          return [bin.getAttribute("aria-label"), ...["x1", "y1", "y2"].map(name => +stem.getAttribute(name)),
                  ...["cx", "cy", "r"].map(name => +circle.getAttribute(name))];
        })"""
    )
    assert len(shown) == len(np.unique(bins))
    across = page.locator(f"{PANEL} line.diagonal").evaluate(
        "line => ['x1', 'x2', 'y1', 'y2'].map(name => +line.getAttribute(name))"
    )
    for i, (label, x, foot, head, cx, cy, r) in zip(np.unique(bins), shown, strict=True):
        own = bins == i
        says, is_right = o[own].max(axis=1).mean(), (o[own].argmax(axis=1) == labels[own]).mean()
        assert label.startswith(f"{own.sum()} of {len(labels)}: says {says:.3f}")
        place = np.array([x, foot, head])
        expected = np.interp(says, [0, 1], across[:2]), *np.interp([says, is_right], [0, 1], across[2:])
        np.testing.assert_allclose(place, expected, atol=0.01)
        assert (cx, cy) == (x, head)
        if r > 3:
            np.testing.assert_allclose(r**2, 400 * own.mean(), rtol=1e-6)  # areas as sizes


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_it_starts_or_speaks(browser, site, width):
    """The reserved height is the real one, and the controls stay where they are whatever the reading says."""
    with Visit(browser, width=width) as visit:
        page = visit.open((site / PAGE).as_uri())
        place = page.locator(PANEL)
        reserved = page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('{PANEL}')).minHeight)")
        place.scroll_into_view_if_needed()
        page.wait_for_selector(f"{PANEL}.started g.point")
        tall = place.bounding_box()["height"]
        assert abs(tall - reserved) < 8
        for name in ("Best temperature", "T = 1"):
            page.get_by_role("button", name=name).click()
            assert place.bounding_box()["height"] == tall
