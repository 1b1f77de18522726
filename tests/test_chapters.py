"""The chapters: run in order, current to the last figure, and built the way the house style asks."""

from __future__ import annotations

import ast
import re
import statistics
from itertools import groupby, pairwise

import pytest

import install_cell
from chapters_as_run import CHAPTERS, NOTEBOOKS, code_cells, executed, stored

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
        allowed = {"hide-input", "hide-cell"} if notebook in CHAPTERS else {"hide-input", "remove-input"}
        allowed = {"remove-cell"} if cell.id == install_cell.NAME else allowed
        assert set(cell.metadata.get("tags", [])) <= allowed
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


def exercises_of(path):
    """The exercises of a chapter in order: (title, text, the code cells that follow it before the next one)."""
    found, begun = [], False
    for cell in stored(path).cells:
        if cell.cell_type == "code":
            if found:
                found[-1][2].append(cell)
            continue
        begun = begun or "## Exercises" in cell.source
        if found and "## What to take away" in cell.source:
            break
        for text in re.split(r"^(?=\*\*\d+\. )", cell.source, flags=re.M) if begun else ():
            title = re.match(r"\*\*(\d+)\. (.+?)\*\*", text)
            if title:
                assert int(title[1]) == len(found) + 1, f"exercise {title[1]} stands in place {len(found) + 1}"
                found.append((title[2], text, []))
    return found


def could_fail(cell):
    """Whether a cell asserts something that is not a constant."""
    asserts = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
    return any(isinstance(part, ast.Name) for node in asserts for part in ast.walk(node.test))


def test_exercises_have_solutions(chapter):
    exercises = exercises_of(chapter)
    assert 4 <= len(exercises) <= 8
    for title, text, _ in exercises:
        assert text.count("{dropdown} Solution") == 1, f"{title} needs one solution"


def test_every_solution_is_checked_in_a_hidden_cell_that_can_fail(chapter):
    for title, _, cells in exercises_of(chapter):
        hidden = [cell for cell in cells if "hide-cell" in cell.metadata.get("tags", [])]
        assert hidden == cells and hidden, f"{title}: a hidden cell, and nothing else, should check its solution"
        assert any(map(could_fail, hidden)), f"{title}: no hidden cell asserts anything"


def test_half_of_the_exercises_are_mistakes_to_be_found(chapter):
    titles = [title for title, _, _ in exercises_of(chapter)]
    mistakes = [title for title in titles if re.match(r"Find the (\w+ )?mistakes?\b", title)]
    assert 2 * len(mistakes) >= len(titles), f"only {len(mistakes)} of {len(titles)} begin with Find the mistake"


def test_a_chapter_ends_with_a_link_to_the_next(chapter):
    text = "\n".join(cell.source for cell in stored(chapter).cells if cell.cell_type == "markdown")
    end = text[text.rindex("## What to take away") :]
    own = int(chapter.stem[:2])
    following = min((int(path.stem[:2]) for path in CHAPTERS if int(path.stem[:2]) > own), default=None)
    linked = [int(number) for number in re.findall(r"\]\((\d\d)_\w+\.ipynb\)", end) if int(number) > own]
    assert following is None or (linked and linked[0] <= following), f"the end leads to {linked}, not to {following}"


def test_code_cells_are_short(notebook):
    unseen = {"hide-input", "remove-cell"}
    shown = [c for c in code_cells(stored(notebook)) if not unseen & set(c.metadata.get("tags", []))]
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in shown]
    assert statistics.median(lengths) <= 4 and max(lengths) <= 20
    assert sum(length <= 12 for length in lengths) >= 0.9 * len(lengths)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_prose_stands_before_the_first_code(path):
    assert stored(path).cells[0].cell_type == "markdown" and stored(path).cells[0].source.startswith("# ")
