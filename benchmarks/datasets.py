"""The problems of the benchmark: small and large, tame and badly scaled, each with its penalty."""

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


def pixels():
    """Image-like: each class a sparse template of non-negative pixels, examples with strokes missing and noise."""
    rng = np.random.default_rng(0)
    N, D, K = 10_000, 784, 10
    templates = rng.gamma(0.3, 1, size=(K, D)) * (rng.random((K, D)) < 0.3)
    y = rng.integers(0, K, N)
    strokes = templates[y] * rng.gamma(2, 0.5, size=(N, D)) * (rng.random((N, D)) < 0.6)
    noise = (rng.random((N, D)) < 0.03) * rng.random((N, D))
    return np.minimum(strokes + noise, 1.0), y, 1e-4


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
    "penguins, scaled": penguins,
    "digits, scaled": digits_scaled,
    "digits, raw": digits_raw,
    "wine, raw": wine_raw,
    "10 000 × 784 × 10, pixels": pixels,
    "100 000 × 20 × 5, badly scaled": badly_scaled,
    "5 000 × 100 × 300, many classes": many_classes,
    "200 × 2 000 × 4, wide": wide,
}
