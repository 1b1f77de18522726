"""Fixtures that the tests of the book share."""

import pytest

from browsing import address, browser, site
from chapters_as_run import CHAPTERS, NOTEBOOKS

__all__ = ["address", "browser", "site"]  # fixtures, one of each for a file of tests


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    """The path of each chapter in turn."""
    return request.param


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    """The path of each notebook in turn, chapter or not."""
    return request.param
