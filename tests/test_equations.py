"""Every displayed equation of the book is a definition, a proved result, or a quotation with its verdict.

The chapter is run, its ledger holds the SymPy terms that were proved there, and the LaTeX that the reader sees
is parsed and compared with them, term by term and relation by relation.
"""

from __future__ import annotations

import nbformat
import pytest

import result_map
from chapters_as_run import CHAPTERS, ROOT, executed, stored
from displayed_equations import displayed_equations
from latex_reader import LatexError, read_equation

LABELS = [
    pytest.param(path, equation, id=f"{path.stem}:{equation.label or equation.latex[:40]}")
    for path in CHAPTERS
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "markdown"
    for equation in displayed_equations(cell.source)
]


@pytest.mark.parametrize(("path", "displayed"), LABELS)
def test_what_is_displayed_is_what_was_proved(path, displayed):
    assert displayed.label, f"{path.stem}: a displayed equation without a label is tied to nothing: {displayed.latex}"
    _, ledger = executed(path)
    assert displayed.label in ledger.equations, f"{path.stem}: nothing in its ledger is called {displayed.label}"
    proved = ledger.equations[displayed.label]
    try:
        chain, where = read_equation(displayed.latex)
    except LatexError as error:
        pytest.fail(f"{displayed.label}: {error}")
    relations = chain[1::2], proved.chain[1::2]
    assert relations[0] == relations[1], f"{displayed.label}: the page has {relations[0]}, proved {relations[1]}"
    for shown, meant in zip(chain[0::2], proved.chain[0::2], strict=True):
        assert shown == meant, f"{displayed.label}: the page displays {shown}, proved is {meant}"
    assert where == proved.where, (
        f"{displayed.label}: the page states the condition {where}, proved under {proved.where}"
    )


def test_every_equation_of_the_ledger_is_displayed(chapter):
    _, ledger = executed(chapter)
    shown = [param.values[1].label for param in LABELS if param.values[0] == chapter]
    assert sorted(shown) == sorted(ledger.equations)


def test_labels_are_unique_in_the_book():
    labels = [param.values[1].label for param in LABELS]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("page", sorted((ROOT / "chapters").glob("*.md")), ids=lambda page: page.stem)
def test_pages_without_code_display_no_equation(page):
    assert not list(displayed_equations(page.read_text(encoding="utf-8")))


def test_map_of_the_results_is_current():
    found = result_map.result_map((executed(path)[1], result_map.text_of(stored(path))) for path in CHAPTERS)
    hint = "run `python tools/result_map.py`"
    assert result_map.as_json(found) == result_map.FILE.read_text(encoding="utf-8"), hint
