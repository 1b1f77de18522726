"""The chapters: run in order, current to the last figure, and built the way the house style asks."""

from __future__ import annotations

import re
import statistics
from itertools import groupby, pairwise

import pytest

from chapters_as_run import NOTEBOOKS, code_cells, executed, stored

COORDINATE = re.compile(r"-?\d+\.\d+")
NAME = re.compile(r"\b[a-z][0-9a-f]{10}\b")  # Matplotlib names a shape by the digest of its coordinates
PARTS = ["After this chapter you can", "## Verify it", "## Exercises", "## What to take away"]


def kind_of(output):
    """What an output is; pieces of one stream may arrive one by one, so neighbours of a kind count once."""
    return output.get("name") or sorted(output.get("data", [output.output_type]))


def images(notebook):
    return [
        output.data["image/svg+xml"]
        for cell in code_cells(notebook)
        for output in cell.outputs
        if "image/svg+xml" in output.get("data", {})
    ]


def test_every_code_cell_has_run_in_order_without_error_or_warning(notebook):
    cells = code_cells(stored(notebook))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", f"cell {cell.execution_count} stopped with {output.get('ename')}"
            assert output.get("name") != "stderr", f"cell {cell.execution_count} wrote to stderr: {output.get('text')}"


def test_no_cell_escapes_the_comparison_of_outputs(notebook):
    for cell in stored(notebook).cells:
        assert set(cell.metadata.get("tags", [])) <= {"hide-input", "hide-cell"}
        assert "NBVAL" not in cell.source.upper()


def test_stored_outputs_are_what_the_cells_return(notebook):
    """nbval compares the text of outputs that are stored; this also sees outputs that are missing or too many."""
    fresh, _ = executed(notebook)
    for before, after in zip(code_cells(stored(notebook)), code_cells(fresh), strict=True):
        kinds = [[kind for kind, _ in groupby(map(kind_of, cell.outputs))] for cell in (before, after)]
        assert kinds[0] == kinds[1], f"cell {before.execution_count}: stored {kinds[0]}, run again {kinds[1]}"


def test_figures_are_what_the_cells_draw(notebook):
    """The same shapes, and every coordinate within half a point: last digits may differ between machines."""
    fresh, _ = executed(notebook)
    for i, (before, after) in enumerate(zip(images(stored(notebook)), images(fresh), strict=True), 1):
        before, after = (NAME.sub("name", image) for image in (before, after))
        assert COORDINATE.sub("#", before) == COORDINATE.sub("#", after), f"figure {i} is not what its cell draws"
        for old, new in zip(COORDINATE.findall(before), COORDINATE.findall(after), strict=True):
            assert abs(float(old) - float(new)) <= 0.5, f"figure {i}: a coordinate is {old}, its cell draws {new}"


def test_every_figure_has_alt_text_and_a_caption(notebook):
    for cell in code_cells(stored(notebook)):
        if any("image/svg+xml" in output.get("data", {}) for output in cell.outputs):
            about = cell.metadata.get("mystnb", {})
            alt, caption = about.get("image", {}).get("alt", ""), about.get("figure", {}).get("caption", "")
            assert len(alt) > 40, f"cell {cell.execution_count}: say in the alt text what is seen"
            assert len(caption) > 20 and alt != caption, f"cell {cell.execution_count}: the figure needs a caption"


def test_a_chapter_has_at_least_two_figures(chapter):
    assert len(images(stored(chapter))) >= 2


def test_parts_of_a_chapter_stand_in_order(chapter):
    text = "\n".join(cell.source for cell in stored(chapter).cells if cell.cell_type == "markdown")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places, f"missing: {PARTS[places.index(-1)]}"
    assert all(first < second for first, second in pairwise(places))


def test_exercises_have_solutions(chapter):
    text = "\n".join(cell.source for cell in stored(chapter).cells if cell.cell_type == "markdown")
    exercises = text[text.index("## Exercises") :]
    questions = re.findall(r"^\*\*\d+\. ", exercises, re.M)
    assert 4 <= len(questions) <= 8
    assert exercises.count("{dropdown} Solution") == len(questions)


def test_code_cells_are_short(notebook):
    shown = [c for c in code_cells(stored(notebook)) if "hide-input" not in c.metadata.get("tags", [])]
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in shown]
    assert statistics.median(lengths) <= 4 and max(lengths) <= 20
    assert sum(length <= 12 for length in lengths) >= 0.9 * len(lengths)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_prose_stands_before_the_first_code(path):
    assert stored(path).cells[0].cell_type == "markdown" and stored(path).cells[0].source.startswith("# ")
