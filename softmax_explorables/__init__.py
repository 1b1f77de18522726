"""Figures that are moved by hand: in a page of the book without Python, in JupyterLab beside the notebook's arrays.

An explorable is an ES module in ``modules/``; all share ``kernel.js`` (the mathematics) and ``panel.js`` (controls).
`explore` shows one.  Its output holds a still figure, which stands where no script runs, and the state, from
which a built page starts the module.
"""

from softmax_explorables.explorable import Explorable, explore

__all__ = ["Explorable", "explore"]
