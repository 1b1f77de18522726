"""What one evaluation costs, what memory a fit needs, and how the cost grows with the rows: image-like data."""

import sys
import time
import tracemalloc
import warnings

import numpy as np

from benchmarks.datasets import images
from benchmarks.processes import only_message, shortest
from softmax_lib import Objective, SoftmaxRegression

ROWS, ROUNDS = 60_000, 15
OFFSET = 10_000.0
GROWTH = [1000 * 2**i for i in range(7)]


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def against_products(N, dtype):
    """Yield the shape of the problem, and the times of an evaluation and of its two bare products, taken in turn."""
    X, y, alpha = images(N, dtype)
    objective = Objective(X, y, alpha=alpha)
    W, b = objective.zeros()
    W += np.random.default_rng(1).normal(scale=0.1, size=W.shape)
    G = (X @ W.T).astype(dtype)  # (N, K): any matrix of this shape

    def ours():
        objective.value_and_gradient(W, b)

    def products():
        return X @ W.T, G.T @ X

    shortest(products, spend=1.0)  # a second: threads that have just begun are slow
    yield (N, *W.shape[::-1]), [(seconds(ours), seconds(products)) for _ in range(ROUNDS)]


def evaluation(dtype, N=ROWS):
    """An evaluation over its two products: the median of the ratios of times, and shortest over shortest."""
    shape, pairs = only_message(against_products, N, dtype)
    ours, products = np.array(pairs).T
    return {
        "shape": shape,
        "median": float(np.median(ours / products)),
        "best": float(ours.min() / products.min()),
        "seconds": float(ours.min()),
    }


def resident():
    """The most memory that this process has had so far, in bytes; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fit_in_memory(N, dtype, offset):
    """Yield the shape, the size of X, and the peak of a fit beyond X: of all arrays, and of the whole process.

    tracemalloc sees every array and nothing else; the system sees also what the matrix products set aside, but
    only what goes beyond the peak from before the fit.  X is made a few rows at a time, so that peak is X itself.
    """
    warnings.simplefilter("ignore")
    X, y, alpha = images(N, dtype)
    X += X.dtype.type(offset)
    model = SoftmaxRegression(alpha, max_iter=3)
    model.fit(X[:100], y[:100])  # loads what a first fit loads
    before = resident()
    tracemalloc.start()
    model.fit(X, y)
    arrays, after = tracemalloc.get_traced_memory()[1], resident()
    yield (*X.shape, len(model.classes_)), X.nbytes, arrays, before and after - before


def memory(dtype, offset, N=ROWS):
    """The peak of a fit beyond X, over the size of X."""
    shape, size, arrays, process = only_message(fit_in_memory, N, dtype, offset)
    return {"shape": shape, "arrays": arrays / size, "process": process and process / size}


def times_of_rows(rows):
    """Yield the shortest time of an evaluation of so many rows, for each number of rows."""
    X, y, alpha = images(max(rows))
    times = []
    for N in rows:
        objective = Objective(X[:N], y[:N], alpha=alpha, n_classes=10)
        weights = objective.zeros()
        times.append(shortest(lambda: objective.value_and_gradient(*weights), at_least=3)[0])  # noqa: B023
    yield times


def growth(rows=GROWTH):
    """The time of an evaluation at several N, and the exponent p of the N^p that fits them best."""
    times = only_message(times_of_rows, rows)
    exponent = np.polyfit(np.log(rows), np.log(times), 1)[0]
    return {"rows": list(rows), "seconds": times, "exponent": float(exponent)}


MEASUREMENTS = {
    "evaluation, float64": lambda: evaluation("float64"),
    "evaluation, float32": lambda: evaluation("float32"),
    "memory, float64": lambda: memory("float64", 0.0),
    "memory, float64 with an offset": lambda: memory("float64", OFFSET),
    "memory, float32": lambda: memory("float32", 0.0),
    "growth": growth,
}
