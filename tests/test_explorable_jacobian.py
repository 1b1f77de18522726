"""The Jacobian explorable in its chapter: what keys and mouse do, and what is read and said."""

import numpy as np
import pytest

from browsing import Visit
from softmax_lib import softmax, softmax_jacobian

PAGE = "chapters/02_jacobian.html"


@pytest.fixture
def visit(browser, site):
    with Visit(browser, width=1000) as visit:
        visit.open_explorable((site / PAGE).as_uri(), "jacobian", "tbody td")
        yield visit
        assert visit.complaints == []


def cells(page):
    """The numbers of the table, (K, K + 3): the Jacobian, its row sums, C dz and the change of o."""
    texts = page.locator(".explorable-jacobian tbody td").all_text_contents()
    return np.array([float(text.replace("−", "-")) for text in texts]).reshape(3, 6)


def expected(z, step):
    z, step = np.array(z), np.array(step)
    C = softmax_jacobian(z)
    return np.column_stack([C, C.sum(axis=1), C @ step, softmax(z + step) - softmax(z)])


def test_shows_the_jacobian_its_row_sums_and_its_action(visit):
    np.testing.assert_allclose(cells(visit.page), expected([2, 1, 0], [0, 0.5, 0]), atol=5.01e-4)


def test_keys_move_logits_and_steps(visit):
    page = visit.page
    page.get_by_label("z₃", exact=True).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.get_by_label("Δz₁").focus()
    page.keyboard.press("End")
    np.testing.assert_allclose(cells(page), expected([2, 1, 0.2], [1, 0.5, 0]), atol=5.01e-4)
    page.wait_for_function("document.querySelector('.explorable [aria-live]').textContent.includes('Probabilities')")


def test_the_mouse_moves_a_slider(visit):
    page = visit.page
    box = page.get_by_label("z₁", exact=True).bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    np.testing.assert_allclose(cells(page), expected([4, 1, 0], [0, 0.5, 0]), atol=5.01e-4)


def test_a_common_step_changes_nothing(visit):
    page = visit.page
    page.get_by_role("button", name="Raise every logit alike").click()
    assert np.abs(cells(page)[:, 4:]).max() == 0
    page.get_by_role("button", name="Step back to 0").press("Enter")
    assert page.get_by_label("Δz₂").input_value() == "0"


def test_without_scripts_the_still_figure_stands(browser, site):
    with Visit(browser, javascript=False) as visit:
        page = visit.open((site / PAGE).as_uri())
        still = page.locator("figure:has(.explorable-jacobian) img")
        still.scroll_into_view_if_needed()
        assert still.is_visible() and page.locator(".explorable-jacobian").inner_text() == ""
