"""Small data sets, bundled or generated: nothing is downloaded."""

from collections import namedtuple
from pathlib import Path

import numpy as np


class Dataset(namedtuple("Dataset", "X y feature_names class_names source licence")):
    """Features, labels and their names; ``X, y, *_ = load_penguins()`` takes the first two.

    Attributes
    ----------
    X : ndarray, shape (N, D)
        Features, in float64.
    y : ndarray, shape (N,)
        Labels 0 .. K-1.
    feature_names : tuple of D strings
        With units, if there are any.
    class_names : tuple of K strings
    source : str
        Where the data come from.
    licence : str

    Examples
    --------
    >>> from softmax_lib import load_penguins
    >>> penguins = load_penguins()
    >>> penguins.X.shape, penguins.class_names[penguins.y[0]]
    ((333, 4), 'Adelie')
    """


_PENGUIN_FEATURES = ("bill length (mm)", "bill depth (mm)", "flipper length (mm)", "body mass (g)")


def load_penguins(features=None):
    """Three species of penguin by four body measurements: the Palmer penguins.

    The 333 birds (of 344) whose record is complete: 146 Adelie, 68 Chinstrap, 119 Gentoo.

    Parameters
    ----------
    features : sequence of str, optional
        Which features, and in which order, by name without the unit: "bill length",
        "bill depth" and "flipper length" in millimetres, "body mass" in grams.

    Returns
    -------
    Dataset
        X (333, 4), or fewer columns; y (333,).

    Raises
    ------
    ValueError
        If a feature does not exist.

    Notes
    -----
    Source: Gorman, Williams and Fraser (2014), doi:10.1371/journal.pone.0090081; packaged by Horst,
    Hill and Gorman (2020), doi:10.5281/zenodo.3960218.

    Examples
    --------
    >>> from softmax_lib import load_penguins
    >>> penguins = load_penguins(["bill length", "bill depth"])
    >>> penguins.X[0], penguins.feature_names, penguins.class_names
    (array([39.1, 18.7]), ('bill length (mm)', 'bill depth (mm)'), ('Adelie', 'Chinstrap', 'Gentoo'))
    """
    short = [name.split(" (")[0] for name in _PENGUIN_FEATURES]
    chosen = short if features is None else [features] if isinstance(features, str) else list(features)
    missing = [name for name in chosen if name not in short]
    if missing:
        raise ValueError(f"no feature {missing[0]!r}: choose from {short}")
    columns = [short.index(name) for name in chosen]
    table = np.loadtxt(Path(__file__).parent / "data" / "penguins.csv", delimiter=",", skiprows=1, dtype=str)
    class_names, y = np.unique(table[:, 0], return_inverse=True)
    X, names = table[:, 2:6].astype(np.float64)[:, columns], tuple(_PENGUIN_FEATURES[i] for i in columns)
    source = "Gorman et al. (2014), doi:10.1371/journal.pone.0090081; Horst et al. (2020), doi:10.5281/zenodo.3960218"
    return Dataset(X, y, names, tuple(map(str, class_names)), source, "CC0 1.0")


def load_digits():
    """Handwritten digits, 8 by 8 pixels, from the copy that scikit-learn carries.

    Returns
    -------
    Dataset
        X (1797, 64), ink from 0 to 16; y (1797,).

    Notes
    -----
    Source: Alpaydin and Kaynak (1998), doi:10.24432/C50P49.

    Examples
    --------
    >>> from softmax_lib import load_digits
    >>> digits = load_digits()
    >>> digits.X.shape, digits.class_names[-1]
    ((1797, 64), '9')
    """
    from sklearn.datasets import load_digits as load

    names = tuple(f"pixel ({row}, {column})" for row in range(8) for column in range(8))
    source = "Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, doi:10.24432/C50P49"
    return Dataset(*load(return_X_y=True), names, tuple("0123456789"), source, "CC BY 4.0")


def make_blobs(sizes=(70, 50, 30), *, centres=None, spread=1.0, random_state=0):
    """Gaussian clouds, one a class.

    Parameters
    ----------
    sizes : sequence of int, default (70, 50, 30)
        Points in each of the K classes.
    centres : array_like, shape (K, D), optional
        By default K points on a circle of radius 2 in the plane.
    spread : float, default 1
        Standard deviation of every feature within a class.
    random_state : int, default 0
        The seed: the same seed gives the same points.

    Returns
    -------
    Dataset
        X (N, D) and y (N,), in the order of the classes.

    Raises
    ------
    ValueError
        If there are not as many centres as sizes.

    Notes
    -----
    With equal spreads the best boundaries are straight lines.
    Source: chapter 13, the section on linear discriminant analysis.

    Examples
    --------
    >>> from softmax_lib import make_blobs
    >>> blobs = make_blobs([4, 2], centres=[[0, 0, 0], [9, 9, 9]])
    >>> blobs.X.shape, blobs.y
    ((6, 3), array([0, 0, 0, 0, 1, 1]))
    """
    K = len(sizes)
    if centres is None:
        angle = 2 * np.pi * np.arange(K) / K + np.pi / 2
        centres = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    centres = np.asarray(centres, dtype=np.float64)  # (K, D)
    if centres.ndim != 2 or len(centres) != K:
        raise ValueError(f"centres have shape {centres.shape}, expected one row for each of {K} classes")
    y = np.repeat(np.arange(K), sizes)  # (N,)
    noise = np.random.default_rng(random_state).normal(size=(len(y), centres.shape[1]))  # (N, D)
    names = tuple(f"$x_{d + 1}$" for d in range(centres.shape[1])), tuple(f"class {k}" for k in range(K))
    return Dataset(centres[y] + spread * noise, y, *names, f"generated, seed {random_state}", "none needed")
