"""The self-checks of the exercises: one for each, which accepts the solution and refuses typical wrong answers."""

import re

import nbformat
import pytest

from chapters_as_run import CHAPTERS, stored
from softmax_proofs.exercises import check_answer

CALL = re.compile(r'check_answer\("(\d+\.\d+)"')


def exercises_of(path):
    """(name, text, hidden cell) of every exercise of a chapter."""
    number, cells = int(path.name[:2]), stored(path).cells
    for cell, following in zip(cells, [*cells[1:], nbformat.v4.new_code_cell("")], strict=True):
        for match in re.finditer(r"^\*\*(\d+)\. ", cell.source if cell.cell_type == "markdown" else "", re.M):
            yield f"{number}.{match[1]}", cell.source, following.source


EXERCISES = [pytest.param(*exercise, id=exercise[0]) for path in CHAPTERS for exercise in exercises_of(path)]


@pytest.mark.parametrize(("name", "text", "solution"), EXERCISES)
def test_an_exercise_says_how_to_check_an_answer_and_its_solution_passes_and_a_wrong_answer_does_not(
    name, text, solution
):
    question = text.split(":::{dropdown} Solution")[0]
    assert CALL.findall(question) == [name], "the question ends with the call that checks an answer"
    assert re.search(rf'assert check_answer\("{name}"', solution), "the solution is not put to its own check"
    assert re.search(rf'assert not check_answer\("{name}"', solution), "no wrong answer is put to the check"


@pytest.mark.parametrize("name", ["4.99", "99.1", "four", ""])
def test_an_unknown_exercise_is_named(name):
    with pytest.raises(ValueError, match="there is no exercise"):
        check_answer(name, 1)
