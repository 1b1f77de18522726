"""The problems of the benchmark: small and large, tame and badly scaled, each as X, y and its penalty."""

import numpy as np
from sklearn.datasets import load_digits, load_wine
from sklearn.preprocessing import StandardScaler

from softmax_lib import load_penguins


def scaled(X):
    return StandardScaler().fit_transform(X)


def penguins():
    data = load_penguins()
    return scaled(data.X), data.y, 1e-3


def digits_scaled():
    data = load_digits()
    return scaled(data.data), data.target, 1e-4


def digits_raw():
    data = load_digits()
    return data.data, data.target, 1e-4


def wine_raw():
    data = load_wine()
    return data.data, data.target, 1e-4


def images(N=10_000, dtype=np.float64):
    """Each class a sparse template of non-negative pixels, examples with strokes missing and noise."""
    rng = np.random.default_rng(0)
    D, K = 784, 10
    templates = rng.gamma(0.3, 1, size=(K, D)) * (rng.random((K, D)) < 0.3)
    y = rng.integers(0, K, N)
    X = np.empty((N, D), dtype)
    for start in range(0, N, 100):  # a few rows at a time: making X must not need more memory than X
        block = X[start : start + 100]
        shape = block.shape
        strokes = templates[y[start : start + 100]] * rng.gamma(2, 0.5, size=shape) * (rng.random(shape) < 0.6)
        noise = (rng.random(shape) < 0.03) * rng.random(shape)
        block[:] = np.minimum(strokes + noise, 1.0)
    return X, y, 1e-4


def badly_scaled():
    """Columns over six orders of magnitude, each with an offset of three standard deviations."""
    rng = np.random.default_rng(1)
    N, D, K = 100_000, 20, 5
    X = rng.normal(size=(N, D))
    Z = X @ rng.normal(size=(D, K))
    y = (Z + rng.gumbel(size=Z.shape)).argmax(axis=1)
    return (X + 3) * np.logspace(-3, 3, D), y, 1e-6


def many_classes():
    rng = np.random.default_rng(2)
    N, D, K = 5_000, 100, 300
    y = np.append(np.arange(K), rng.integers(0, K, N - K))
    return 0.6 * rng.normal(size=(K, D))[y] + rng.normal(size=(N, D)), y, 1e-4


def wide():
    rng = np.random.default_rng(3)
    N, D, K = 200, 2_000, 4
    y = rng.integers(0, K, N)
    X = rng.normal(size=(N, D))
    X[:, :40] += rng.normal(size=(K, 40))[y]
    return X, y, 1e-3


DATASETS = {
    "scaled penguins": penguins,
    "scaled digits": digits_scaled,
    "raw digits": digits_raw,
    "raw wine": wine_raw,
    "images": images,
    "badly scaled": badly_scaled,
    "many classes": many_classes,
    "few rows": wide,
}
