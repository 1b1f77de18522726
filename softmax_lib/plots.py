"""Drawing: decision regions, the Jacobian, loss histories, the probability simplex.

Every function takes an optional `ax` and returns it.  Classes are told apart by colour *and*
marker; the colours are those of Okabe and Ito, which colour-blind readers can tell apart.
"""

import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from matplotlib import patheffects
from matplotlib import pyplot as plt

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "<", ">")
_HALO = [patheffects.withStroke(linewidth=3, foreground="white")]


def colour(k):
    """Colour of class k."""
    return PALETTE[k % len(PALETTE)]


def look(k):
    """Colour and marker of class k: they repeat with different periods, so 40 classes look different."""
    return {"color": colour(k), "marker": MARKERS[k % len(MARKERS)]}


def use_style():
    """Use the book's style from here on, and SVG without a date in a notebook.

    Examples
    --------
    >>> from softmax_lib import use_style
    >>> use_style()
    """
    plt.style.use(Path(__file__).parent / "book.mplstyle")
    with suppress(ImportError, AttributeError):  # no notebook, and so nothing to set
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})


def _legend_above(ax, columns):
    """A legend that cannot cover what is drawn."""
    entries = len(ax.get_legend_handles_labels()[0])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(entries, columns), handletextpad=0.4)


def _evaluate(method, points):
    """Values (..., K) of a classifier's method at points (..., 2); a binary margin f becomes (0, f)."""
    with warnings.catch_warnings():  # the model may have been fitted with column names
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        f = np.asarray(method(points.reshape(-1, 2)), dtype=np.float64)
    f = f if f.ndim == 2 else np.column_stack([np.zeros_like(f), f])
    return f.reshape(*points.shape[:-1], -1)


def affine_logits(model, xlim, ylim):
    """Slopes A (K, 2) and offsets c (K,) with logits A x + c, or None if the model is not affine.

    The model is probed at the middle of the rectangle and half a side away from it, and the
    formula is then tested at random points in and around the rectangle.
    """
    middle = np.array([sum(xlim), sum(ylim)]) / 2
    half = np.array([xlim[1] - xlim[0], ylim[1] - ylim[0]]) / 2
    f = _evaluate(model.decision_function, middle + np.array([[0, 0], [half[0], 0], [0, half[1]]]))  # (3, K)
    A = (f[1:] - f[0]).T / half  # (K, 2)
    c = f[0] - A @ middle  # (K,)
    points = middle + half * np.random.default_rng(0).uniform(-2, 2, size=(20, 2))
    expected = _evaluate(model.decision_function, points)
    scale = np.abs(expected).max() + np.abs(c).max()
    return (A, c) if np.allclose(points @ A.T + c, expected, rtol=0, atol=1e-6 * scale) else None


def clip(polygon, a, c):
    """The part of a convex polygon (M, 2) where a^T x + c >= 0, as a polygon (M', 2)."""
    value = polygon @ a + c  # (M,)
    kept = []
    for p, q, f, g in zip(polygon, np.roll(polygon, -1, 0), value, np.roll(value, -1), strict=True):
        if f >= 0:
            kept.append(p)
        if f * g < 0:  # the edge from p to q crosses the line
            kept.append(p + (q - p) * f / (f - g))
    return np.array(kept).reshape(-1, 2)


def decision_polygons(model, xlim, ylim):
    r"""The exact decision regions of a classifier whose logits are affine in two features.

    Class k has the points of the rectangle with
    :math:`(w_k - w_j)^T x + (b_k - b_j) \ge 0` for every j: a convex polygon.

    Parameters
    ----------
    model : fitted classifier
        With a `decision_function` of two features: `SoftmaxRegression`, scikit-learn's linear
        classifiers, or a pipeline of affine steps and one of these.
    xlim, ylim : pairs of float
        The rectangle.

    Returns
    -------
    list of K ndarrays, shape (M, 2)
        The corners of each region in the order of ``model.classes_``; (0, 2) if it is empty.

    Raises
    ------
    ValueError
        If the decision function is not affine.

    Notes
    -----
    Source: chapter 7, result (result-boundary).

    Examples
    --------
    >>> from softmax_lib import SoftmaxRegression, decision_polygons
    >>> X = [[-1.0, 0.0], [1.0, 0.0], [-1.0, 1.0], [1.0, 1.0]]
    >>> model = SoftmaxRegression(alpha=0.1).fit(X, [0, 1, 0, 1])
    >>> left, right = decision_polygons(model, (-2, 2), (0, 1))
    >>> (left.round(9) + 0.0).tolist()
    [[-2.0, 0.0], [0.0, 0.0], [0.0, 1.0], [-2.0, 1.0]]
    """
    affine = affine_logits(model, xlim, ylim)
    if affine is None:
        raise ValueError(f"the decision function of {type(model).__name__} is not affine in its two features")
    A, c = affine
    polygons = []
    for k in range(len(c)):
        polygon = np.array([(xlim[i], ylim[j]) for i, j in [(0, 0), (1, 0), (1, 1), (0, 1)]], dtype=float)
        for j in range(len(c)):
            polygon = clip(polygon, A[k] - A[j], c[k] - c[j])  # of j = k, all remains
        polygons.append(polygon if len(polygon) > 2 else np.empty((0, 2)))
    return polygons


def plot_decision_regions(
    model, X, y, *, ax=None, proba=True, levels=(0.7, 0.9, 0.99), feature_names=None, class_names=None, legend=True
):
    """Points and decision regions of a classifier of two features, with exact boundaries.

    The regions of a model with affine logits are drawn as the polygons of `decision_polygons`.
    For any other model the boundaries are contour lines on a grid, where the difference between
    a class's logit and the largest of the others is 0.

    Parameters
    ----------
    model : fitted classifier
    X : array_like, shape (N, 2)
    y : array_like, shape (N,)
        Labels as the model knows them.
    ax : Axes, optional
    proba : bool, default True
        Whether to add lines where the winning class has the probabilities `levels`; needs
        `predict_proba`.
    levels : sequence of float, default (0.7, 0.9, 0.99)
    feature_names : pair of str, optional
        By default the names that the model was fitted with, or ``$x_1$`` and ``$x_2$``.
    class_names : K strings, optional
    legend : bool, default True

    Returns
    -------
    Axes

    Notes
    -----
    Source: chapter 7, result (result-boundary).

    Examples
    --------
    >>> from softmax_lib import SoftmaxRegression, make_blobs, plot_decision_regions
    >>> blobs = make_blobs()
    >>> ax = plot_decision_regions(SoftmaxRegression(alpha=0.1).fit(blobs.X, blobs.y), blobs.X, blobs.y)
    >>> len(ax.patches)
    3
    """
    X, y = np.asarray(X), np.asarray(y)
    ax = plt.subplots()[1] if ax is None else ax
    margin = 0.06 * np.ptp(X, axis=0)
    xlim, ylim = zip(X.min(axis=0) - margin, X.max(axis=0) + margin, strict=True)
    classes = model.classes_
    names = [str(k) for k in classes] if class_names is None else class_names
    grid = np.stack(np.meshgrid(np.linspace(*xlim, 200), np.linspace(*ylim, 200)), axis=-1)  # (200, 200, 2)

    if affine_logits(model, xlim, ylim) is not None:
        for k, polygon in enumerate(decision_polygons(model, xlim, ylim)):
            if len(polygon):
                ax.fill(*polygon.T, facecolor=colour(k) + "30", edgecolor="black", linewidth=1.5, zorder=0)
    else:
        z = _evaluate(model.decision_function, grid)  # (200, 200, K)
        for k in range(len(classes)):
            ahead = z[..., k] - np.delete(z, k, axis=-1).max(axis=-1)  # (200, 200)
            ax.contourf(*grid.T, ahead.T, levels=[0, np.inf], colors=[colour(k) + "30"], zorder=0)
            ax.contour(*grid.T, ahead.T, levels=[0], colors="black", linewidths=1.5, zorder=1)
    if proba and hasattr(model, "predict_proba"):
        o = _evaluate(model.predict_proba, grid).max(axis=-1)  # (200, 200)
        lines = ax.contour(*grid.T, o.T, levels=levels, colors="0.35", linewidths=0.8, zorder=1)
        plt.setp(ax.clabel(lines, fontsize=11, fmt="%g"), path_effects=_HALO)
    for k, (name, value) in enumerate(zip(names, classes, strict=True)):
        ax.scatter(*X[y == value].T, s=30, edgecolor="white", linewidth=0.6, label=name, **look(k))
    if legend:
        _legend_above(ax, columns=4)
    ax.spines[:].set_visible(True)
    horizontal, vertical = feature_names or getattr(model, "feature_names_in_", ("$x_1$", "$x_2$"))
    ax.set(xlim=xlim, ylim=ylim, xlabel=horizontal, ylabel=vertical)
    return ax


def plot_jacobian(J, *, ax=None, class_names=None, limit=None):
    """The softmax Jacobian as a heat map with its numbers: blue is positive, red is negative.

    Parameters
    ----------
    J : array_like, shape (K, K)
        As from `softmax_jacobian`.
    ax : Axes, optional
    class_names : K strings, optional
    limit : float, optional
        The entry at the ends of the colour scale; by default the largest entry.  Give the same limit to
        matrices that are to be compared.

    Returns
    -------
    Axes

    Notes
    -----
    Source: chapter 2, result (result-jacobian).

    Examples
    --------
    >>> from softmax_lib import plot_jacobian, softmax_jacobian
    >>> ax = plot_jacobian(softmax_jacobian([2.0, 1.0, 0.0]))
    >>> [text.get_text() for text in ax.texts[:2]]
    ['0.223', '−0.163']
    """
    J = np.asarray(J)
    if J.ndim != 2 or J.shape[0] != J.shape[1]:
        raise ValueError(f"J must be one square matrix (K, K), got shape {J.shape}")
    K = len(J)
    ax = plt.subplots()[1] if ax is None else ax
    limit = np.abs(J).max() or 1 if limit is None else limit
    ax.pcolormesh(J, cmap="RdBu", vmin=-limit, vmax=limit, edgecolors="white", linewidth=2)
    for k, j in np.ndindex(K, K):
        number, dark = f"{round(float(J[k, j]), 3) + 0.0:.3f}".replace("-", "−"), abs(J[k, j]) > 0.6 * limit
        ax.text(j + 0.5, k + 0.5, number, ha="center", va="center", color="white" if dark else "black")
    names = range(K) if class_names is None else class_names
    ticks = np.arange(K) + 0.5
    ax.set(xticks=ticks, yticks=ticks, xticklabels=names, yticklabels=names, aspect="equal")
    ax.set(xlabel="$j$: the logit that moves", ylabel="$k$: the probability that responds")
    ax.invert_yaxis()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_history(runs, *, ax=None, logx=False, logy=False):
    """The objective J against the iteration, for one run or several.

    Parameters
    ----------
    runs : run, or dict of label to run
        A run is a fitted model, a solver's result, its history, or an array of J.
    ax : Axes, optional
    logx, logy : bool, default False
        Whether an axis is logarithmic; with `logx` the starting point, iteration 0, is left out.

    Returns
    -------
    Axes

    Notes
    -----
    Source: chapter 6.

    Examples
    --------
    >>> from softmax_lib import plot_history
    >>> ax = plot_history({"short steps": [3.0, 2.0, 1.5], "long steps": [3.0, 1.0, 0.5]})
    >>> len(ax.lines)
    2
    """
    ax = plt.subplots()[1] if ax is None else ax
    several = isinstance(runs, dict) and "loss" not in runs
    for i, (label, run) in enumerate((runs if several else {None: runs}).items()):
        history = getattr(run, "history_", getattr(run, "history", run))
        J = np.asarray(history["loss"] if isinstance(history, dict) else history)  # (T,)
        shown = np.arange(int(logx), len(J))
        ax.plot(shown, J[shown], ("-", "--", "-.", ":")[i % 4], color=colour(i), label=label)
    ax.set(xlabel="iteration", ylabel="objective $J$")
    ax.set(xscale="log" if logx else "linear", yscale="log" if logy else "linear")
    if logy:  # 0.2 rather than 2 x 10^-1, and 1, 2, 5 within two decades
        low, high = ax.get_ylim()
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        minor = "25" if high < 100 * low else ""
        ax.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in minor else "")
    if several:
        _legend_above(ax, columns=2)
    return ax


def _note(ax, text, point, offset, ha="center"):
    """Text at an offset in points from a point, readable on any ground."""
    ax.annotate(text, point, offset, textcoords="offset points", ha=ha, va="center", path_effects=_HALO)


def simplex_coordinates(p):
    """Points (..., 2) in the plane of probabilities (..., 3): an equilateral triangle of side 1.

    Examples
    --------
    >>> from softmax_lib.plots import simplex_coordinates
    >>> simplex_coordinates([[1, 0, 0], [0, 1, 0]])
    array([[0., 0.],
           [1., 0.]])
    """
    p = np.asarray(p, dtype=np.float64)
    if p.shape[-1:] != (3,) or not np.allclose(p.sum(axis=-1), 1):
        raise ValueError(f"points of the simplex are rows of three numbers that sum to 1, got shape {p.shape}")
    return p @ np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])


def plot_simplex(points=None, *, ax=None, labels=None, arrows=(), corner_names=("class 0", "class 1", "class 2")):
    """The triangle of all distributions over three classes, with points and arrows.

    Parameters
    ----------
    points : array_like, shape (M, 3) or (3,), optional
        Distributions; each row sums to 1.
    ax : Axes, optional
    labels : M strings, optional
    arrows : sequence of (start, end) or (start, end, label)
        Both ends are distributions: from the prediction o to the target y runs -(o - y), minus
        the gradient of the loss with respect to the logits.
    corner_names : three strings

    Returns
    -------
    Axes

    Notes
    -----
    Source: chapter 4, result (result-gradient).

    Examples
    --------
    >>> from softmax_lib import plot_simplex
    >>> o, y = [0.2, 0.5, 0.3], [0, 1, 0]
    >>> ax = plot_simplex([o, y], labels=["o", "y"], arrows=[(o, y)])
    >>> ax.get_aspect()
    1.0
    """
    ax = plt.subplots()[1] if ax is None else ax
    corners = simplex_coordinates(np.eye(3))
    ax.fill(*corners.T, facecolor="0.96", edgecolor="black", linewidth=1.5)
    for corner, name, shift in zip(corners, corner_names, (-16, -16, 14), strict=True):
        _note(ax, name, corner, (0, shift))
    for start, end, *label in arrows:
        a, b = simplex_coordinates([start, end])
        arrow = {"arrowstyle": "-|>", "color": "black", "lw": 1.5, "shrinkA": 5, "shrinkB": 5}
        ax.annotate("", b, a, arrowprops=arrow)
        if label:  # beside the arrow, on the side of the triangle's centre
            beside = np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a)
            beside *= 18 if beside @ (corners.mean(axis=0) - (a + b) / 2) >= 0 else -18
            _note(ax, label[0], (a + b) / 2, beside)
    if points is not None:
        for k, p in enumerate(simplex_coordinates(np.atleast_2d(points))):
            ax.plot(*p, markersize=9, markeredgecolor="white", **look(k))
            if labels is not None:  # away from the left corner, away from the right edge
                shift, ha = (-10, "right") if p[0] < 0.25 else (10, "left")
                _note(ax, labels[k], p, (shift, 0), ha)
    ax.set(xlim=(-0.2, 1.2), ylim=(-0.12, 0.98), aspect="equal")
    ax.axis("off")
    return ax
