"""The hidden cell that installs the library: the same in every chapter, quiet where the library is at hand."""

from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

import install_cell
import repository
from chapters_as_run import CHAPTERS, stored

ON_GITHUB = repository.Repository("https://github.com/ada/book", "main", "", "", "")
IN_A_FOLDER = ON_GITHUB._replace(branch="next", folder="docs/")
FROM_GIT = 'install -q "softmax-lib @ git+https://github.com/ada/book@main"'
FROM_FOLDER = 'install -q "softmax-lib @ git+https://github.com/ada/book@next#subdirectory=docs"'


def chapter(*sources):
    cells = [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Title"}]
    for number, source in enumerate(sources, 1):
        cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source}
        cells.append(cell | {"execution_count": number, "outputs": []})
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def installs(monkeypatch, place, present, platform):
    """What the cell asks pip for."""
    asked = []
    shell = SimpleNamespace(run_line_magic=lambda magic, line: asked.append(f"{magic} {line}"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if present else None)
    monkeypatch.setattr("sys.platform", platform)
    exec(TransformerManager().transform_cell(install_cell.source(place)), {"get_ipython": lambda: shell})
    return asked


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_the_cell_behind_its_title(path):
    cells = stored(path).cells
    assert [cell.id for cell in cells].count(install_cell.NAME) == 1, "run tools/notebooks.py"
    assert cells[1].id == install_cell.NAME
    assert cells[1].source == install_cell.source(repository.repository()), "run tools/notebooks.py"
    assert cells[1].metadata.tags == ["remove-cell"] and cells[1].outputs == []


def test_it_is_put_in_once_and_keeps_its_count():
    once = install_cell.put_into(chapter("x = 1"))
    assert [cell["id"] for cell in once["cells"]] == ["title", install_cell.NAME, "cell-1"]
    once["cells"][1]["execution_count"] = 1
    assert install_cell.put_into(once) == once


def test_another_repository_replaces_it():
    before = install_cell.put_into(chapter("x = 1"), ON_GITHUB)
    before["cells"][1]["execution_count"] = 1
    after = install_cell.put_into(before, IN_A_FOLDER)
    assert len(after["cells"]) == 3 and after["cells"][1]["source"] == install_cell.source(IN_A_FOLDER)
    assert after["cells"][1]["execution_count"] is None, "this cell has not run yet"


@pytest.mark.parametrize("place", [None, ON_GITHUB])
@pytest.mark.parametrize("platform", ["linux", "emscripten"])
def test_it_does_nothing_where_the_library_is(monkeypatch, place, platform):
    assert installs(monkeypatch, place, True, platform) == []


@pytest.mark.parametrize(
    ("place", "platform", "line"),
    [
        (None, "emscripten", "install -q softmax-lib"),
        (ON_GITHUB, "emscripten", "install -q softmax-lib"),
        (ON_GITHUB, "linux", FROM_GIT),
        (IN_A_FOLDER, "linux", FROM_FOLDER),
    ],
)
def test_it_installs_from_where_the_book_is(monkeypatch, place, platform, line):
    assert installs(monkeypatch, place, False, platform) == [f"pip {line}"]


def test_without_a_repository_nobody_elses_package_is_installed(monkeypatch):
    assert installs(monkeypatch, None, False, "linux") == []
