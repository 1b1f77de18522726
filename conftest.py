"""For pytest in every folder, the notebooks among them."""

import os

os.environ["SOFTMAX_EXPLORABLES"] = "still"  # kernels inherit it: a widget has an output of its own in every run


def pytest_collectstart(collector):
    """Let nbval leave figures to tests/test_chapters.py, which compares them with a tolerance."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("image/svg+xml",)
