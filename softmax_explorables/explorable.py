"""One explorable: its state, its still figure, and the widget that shows it in JupyterLab."""

import io
import os
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

import softmax_lib
from softmax_explorables import figures
from softmax_explorables.bundle import bundle

#: Fifteen points in the plane, each with its class.
POINTS = [[-1.2, 0.4, 0], [-0.5, 0.6, 0], [-1.7, 1.0, 0], [-1.4, -0.4, 0], [0.1, 0.5, 0]]
POINTS += [[0.3, -0.9, 1], [1.0, -0.7, 1], [-0.2, -0.3, 1], [0.1, -1.7, 1], [1.2, -1.4, 1]]
POINTS += [[1.2, 1.0, 2], [1.9, 1.2, 2], [0.7, 1.6, 2], [1.0, 0.2, 2], [2.1, 0.5, 2]]
PENGUINS = softmax_lib.load_penguins()
#: What each explorable starts from if nothing else is said.
STARTS = {
    "jacobian": {"z": [2.0, 1.0, 0.0], "step": [0.0, 0.5, 0.0]},
    "logits": {"z": [1.0, -0.5, 0.3, 1.4], "c": 0.0, "T": 1.0, "arithmetic": "exact", "trick": False},
    "temperature": {
        "logits": [
            *([9, 2, 1], [1, 8, 0], [2, 0, 7], [6, 5, 0], [0, 6, 5], [4, 1, 8]),
            *([3, 7, 2], [5, 0, 1], [6, 2, 4], [1, 4, 6], [2, 8, 3], [1, 3, 4]),
        ],
        "labels": [0, 1, 2, 0, 2, 2, 0, 0, 0, 2, 1, 1],
        "T": 1.0,
    },
    "playground": {
        "points": POINTS,
        "K": 3,
        "alpha": 0.01,
        "quadratic": False,
        "solver": "live",
        "step": 1.0,
        "W": None,
        "b": None,
        "axes": ["x₁", "x₂"],
    },
    "simplex": {"z": [1.0, -0.8, 0.9], "y": [0.0, 1.0, 0.0], "step_size": 1.0, "path": []},
    "step_size": {
        "X": ((PENGUINS.X - PENGUINS.X.mean(axis=0)) / PENGUINS.X.std(axis=0)).round(3).tolist(),
        "labels": {
            "true species": PENGUINS.y.tolist(),
            "shuffled species": np.random.default_rng(0).permutation(PENGUINS.y).tolist(),
        },
        "shown": "true species",
        "product": 1.0,
        "penalty": 0.01,
        "kept": [0.1, 25.0],
        "ball": 0.6,
    },
}
BOOK_STYLE = Path(softmax_lib.__file__).with_name("book.mplstyle")
STYLE = Path(__file__).with_name("explorables.css")


def explore(name, **state):
    """A figure to be moved by hand.

    Parameters
    ----------
    name : str
        One of those in the table of the page "Softmax in ten minutes".
    **state
        What it starts from: numbers, lists or arrays; what is not given has a start of its own.

    Returns
    -------
    Explorable
        As the last line of a cell it shows itself.  What the reader moves can be read from it, as in ``figure.z``.

    Raises
    ------
    ValueError
        If there is no explorable of that name.
    TypeError
        If it has no such part of a state.

    Examples
    --------
    >>> from softmax_explorables import explore
    >>> figure = explore("jacobian", z=[1.0, 0.0, -1.0])
    >>> figure.z, figure.step
    ([1.0, 0.0, -1.0], [0.0, 0.5, 0.0])
    """
    if name not in STARTS:
        raise ValueError(f"there is no explorable {name!r}; there are {', '.join(sorted(STARTS))}")
    unknown = set(state) - set(STARTS[name])
    if unknown:
        raise TypeError(f"{name} has no {', '.join(sorted(unknown))}; its state is {', '.join(STARTS[name])}")
    return Explorable(name, STARTS[name] | {key: plain(value) for key, value in state.items()})


def plain(value):
    """Arrays and NumPy's numbers as lists and numbers of Python, which JSON knows."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def live():
    """Whether a widget is to be shown; the variable SOFTMAX_EXPLORABLES=still asks for the figure alone."""
    return os.environ.get("SOFTMAX_EXPLORABLES") != "still"


@cache
def widget_class(name):
    """The class of widgets for an explorable: one synchronised attribute for each part of its state."""
    import anywidget
    import traitlets

    parts = {key: traitlets.Any().tag(sync=True) for key in STARTS[name]}
    module = {"_esm": bundle(name), "_css": STYLE.read_text(encoding="utf-8")}
    return type(name.title().replace("_", ""), (anywidget.AnyWidget,), module | parts)


class Explorable:
    """A figure to be moved by hand; made by `explore`.

    Its attributes are the parts of its state: reading one gives what the reader has made of it,
    assigning one moves the figure.
    """

    def __init__(self, name, state):
        self.__dict__.update(name=name, state=state)

    @cached_property
    def widget(self):
        """The widget of JupyterLab; needs the package anywidget."""
        return widget_class(self.name)(**self.state)

    def __getattr__(self, key):
        if key not in self.state:
            raise AttributeError(f"{self.name} has no {key}; its state is {', '.join(self.state)}")
        return getattr(self.widget, key) if "widget" in self.__dict__ else self.state[key]

    def __setattr__(self, key, value):
        getattr(self, key)  # complains if there is no such part
        self.state[key] = plain(value)
        if "widget" in self.__dict__:
            setattr(self.widget, key, self.state[key])

    def __repr__(self):
        return f"explore({self.name!r})"

    def still(self):
        """The still figure, as SVG."""
        target = io.StringIO()
        with plt.style.context(BOOK_STYLE):
            figure = getattr(figures, self.name)(**self.state)
            figure.savefig(target, format="svg", metadata={"Date": None}, bbox_inches="tight")
        plt.close(figure)
        return target.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"text/plain": repr(self), "image/svg+xml": self.still()}
        if live():
            try:
                data |= self.widget._repr_mimebundle_()[0]
            except ImportError:  # no anywidget here: the still figure is shown
                pass
        return data, {"explorable": {"name": self.name, "state": self.state}}
