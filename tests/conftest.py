"""Fixtures that the tests of the book share."""

import pytest

from chapters_as_run import CHAPTERS, NOTEBOOKS


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    """The path of each chapter in turn."""
    return request.param


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    """The path of each notebook in turn, chapter or not."""
    return request.param
