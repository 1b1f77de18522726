"""The cell that installs the book's library where a chapter is opened without it: JupyterLite and Colab.

It is the second cell of every chapter, the same in all, and the page does not show it (tag remove-cell).
`tools/notebooks.py` writes it. JupyterLite has the library's wheel beside it; Colab installs from the repository
that _config.yml names. Without one there is nothing to install from: a name alone is no address, since anyone
may upload another package under it.
"""

import re

from repository import repository

NAME = "install-library"  # the cell's id, by which it is found again

LITE = """\
from importlib.util import find_spec
from sys import platform

missing = find_spec("softmax_lib") is None
if missing and platform == "emscripten":  # in JupyterLite, which has the library with it
    %pip install -q softmax-lib
"""
ELSEWHERE = """\
elif missing:  # on Colab
    %pip install -q "softmax-lib @ git+{url}@{branch}{folder}"
"""


def source(place=None):
    """The code of the cell, for a book whose repository is place (None for none)."""
    if place is None:
        return LITE.rstrip()
    folder = f"#subdirectory={place.folder.rstrip('/')}" if place.folder else ""
    return (LITE + ELSEWHERE.format(url=place.url, branch=place.branch, folder=folder)).rstrip()


def is_chapter(path):
    return re.match(r"\d+_", path.name) is not None


def put_into(notebook, place=None):
    """A chapter with the cell as it should be, behind the one with the title."""
    kept = next((cell for cell in notebook["cells"] if cell.get("id") == NAME), {})
    cells = [cell for cell in notebook["cells"] if cell.get("id") != NAME]
    cell = {"cell_type": "code", "id": NAME, "metadata": {"tags": ["remove-cell"]}, "source": source(place)}
    same = "".join(kept.get("source", "")) == cell["source"]
    cell |= {"execution_count": kept["execution_count"] if same else None, "outputs": []}
    return notebook | {"cells": [*cells[:1], cell, *cells[1:]]}


def of_the_book(notebook):
    """The same, with the repository that _config.yml names."""
    return put_into(notebook, repository())
