"""The cross-entropy on logits: value, gradient and Hessian product, always as a set."""

import mpmath
import numpy as np
import pytest

from softmax_lib import (
    check_gradient,
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_hessian_product,
    softmax,
)

N, K = 7, 4
mpmath.mp.dps = 60
RNG = np.random.default_rng(0)
Z = RNG.normal(scale=2, size=(N, K))
LABELS = np.array([0, 0, 0, 0, 3, 2, 0])  # unbalanced, and class 1 never occurs
ONE_HOT = np.eye(K)[LABELS]
SOFT = RNG.dirichlet(np.ones(K), size=N)
WEIGHTS = np.array([0.5, 2, 1, 0, 3, 0.25, 1])
TARGETS = [
    pytest.param(LABELS, id="labels"),
    pytest.param(ONE_HOT, id="one-hot"),
    pytest.param(SOFT, id="soft"),
]
LOSS_FUNCTIONS = [cross_entropy, cross_entropy_gradient]


@pytest.mark.parametrize("y", TARGETS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_and_hessian_are_the_derivatives_of_the_loss(y, weights, reduction):
    options = {"sample_weight": weights, "reduction": reduction}
    gradient = cross_entropy_gradient(Z, y, **options)
    assert check_gradient(lambda z: cross_entropy(z, y, **options), gradient, Z)
    v = RNG.normal(size=(N, K))
    product = cross_entropy_hessian_product(Z, v, **options)
    assert check_gradient(lambda z: (v * cross_entropy_gradient(z, y, **options)).sum(), product, Z)


@pytest.mark.parametrize("y", TARGETS)
def test_gradient_is_probability_minus_target(y):
    expected = softmax(Z) - (y if y.ndim == 2 else ONE_HOT)
    np.testing.assert_allclose(cross_entropy_gradient(Z, y, reduction="sum"), expected, atol=1e-15)


@pytest.mark.parametrize("function", LOSS_FUNCTIONS)
def test_labels_and_one_hot_rows_are_the_same(function):
    np.testing.assert_allclose(function(Z, LABELS), function(Z, ONE_HOT), rtol=1e-15)
    np.testing.assert_array_equal(function(Z, ONE_HOT.astype(int)), function(Z, ONE_HOT))


@pytest.mark.parametrize("y", TARGETS)
def test_reductions_agree(y):
    rows = cross_entropy(Z, y, sample_weight=WEIGHTS, reduction="none")
    assert rows.shape == (N,)
    assert cross_entropy(Z, y, sample_weight=WEIGHTS, reduction="sum") == pytest.approx(rows.sum())
    assert cross_entropy(Z, y, sample_weight=WEIGHTS) == pytest.approx(rows.sum() / WEIGHTS.sum())
    plain = cross_entropy(Z, y, reduction="none")
    np.testing.assert_allclose(rows, WEIGHTS * plain)
    assert cross_entropy(Z, y) == pytest.approx(plain.mean())
    gradient = cross_entropy_gradient(Z, y, sample_weight=WEIGHTS, reduction="sum")
    np.testing.assert_array_equal(cross_entropy_gradient(Z, y, sample_weight=WEIGHTS, reduction="none"), gradient)
    np.testing.assert_allclose(
        cross_entropy_gradient(Z, y, sample_weight=WEIGHTS), gradient / WEIGHTS.sum(), rtol=1e-14
    )


@pytest.mark.parametrize("function", LOSS_FUNCTIONS)
def test_integer_weights_are_repeated_rows(function):
    repeats = np.array([1, 2, 0, 3, 1, 1, 2])
    repeated = function(np.repeat(Z, repeats, axis=0), np.repeat(LABELS, repeats))
    weighted = function(Z, LABELS, sample_weight=repeats)
    if function is cross_entropy_gradient:
        weighted = np.repeat(weighted / np.maximum(repeats, 1)[:, None], repeats, axis=0)
    np.testing.assert_allclose(repeated, weighted, rtol=1e-14)


def test_equal_logits_cost_ln_k():
    assert cross_entropy(np.full((N, K), 5.0), LABELS) == pytest.approx(np.log(K), rel=1e-15)


def test_soft_loss_is_entropy_plus_divergence():
    o = softmax(Z)
    entropy = -(SOFT * np.log(SOFT)).sum(axis=1)
    divergence = (SOFT * np.log(SOFT / o)).sum(axis=1)
    np.testing.assert_allclose(cross_entropy(Z, SOFT, reduction="none"), entropy + divergence)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (10, 1e6), (100, 0), (100, -1e5)])
def test_accurate_to_a_few_ulp_at_any_scale_and_offset(dtype, scale, offset):
    rng = np.random.default_rng(int(scale))
    z = (rng.normal(scale=scale, size=(80, 4)) + offset).astype(dtype)
    y = z.argmax(axis=1)  # confident rows, where digits are lost most easily
    y[::4] = rng.integers(4, size=20)
    losses = cross_entropy(z, y, reduction="none")
    gradients = cross_entropy_gradient(z, y, reduction="none")
    info = np.finfo(dtype)
    for row, label, loss, gradient in zip(z, y, losses, gradients, strict=True):
        row = [mpmath.mpf(float(v)) for v in row]
        others = [mpmath.exp(v - row[label]) for k, v in enumerate(row) if k != label]
        exact = mpmath.log1p(mpmath.fsum(others))
        assert abs(loss - exact) <= 4 * float(info.eps) * exact + float(info.tiny)
        for k in range(4):
            o = 1 / mpmath.fsum(mpmath.exp(v - row[k]) for v in row)
            g = -mpmath.fsum(others) / (1 + mpmath.fsum(others)) if k == label else o
            assert abs(gradient[k] - g) <= 5 * float(info.eps) * abs(g) + float(info.tiny)


def test_gradient_at_a_confident_label_does_not_vanish():
    np.testing.assert_allclose(
        cross_entropy_gradient([[50.0, 0.0, 0.0]], [0])[0], np.exp(-50.0) * np.array([-2, 1, 1]), rtol=1e-15
    )
    np.testing.assert_allclose(
        cross_entropy_gradient([[50.0, 0.0]], [[1.0, 0.0]])[0], np.exp(-50.0) * np.array([-1, 1]), rtol=1e-15
    )
    np.testing.assert_allclose(
        cross_entropy_hessian_product([[50.0, 0.0]], [[1.0, 0.0]])[0],
        np.exp(-50.0) * np.array([1, -1]),
        rtol=1e-15,
    )


def test_masked_classes_are_finite_unless_they_are_the_label():
    z = [[1.0, -np.inf, 0.0]]
    for y in ([0], [[1.0, 0.0, 0.0]]):
        assert cross_entropy(z, y) == pytest.approx(np.log1p(np.exp(-1)))
        np.testing.assert_allclose(cross_entropy_gradient(z, y)[0, 1], 0)
    for y in ([1], [[0.5, 0.5, 0.0]]):
        assert cross_entropy(z, y) == np.inf
        assert np.isfinite(cross_entropy_gradient(z, y)).all()
    assert np.isfinite(cross_entropy_hessian_product(z, [[1.0, 2.0, 3.0]])).all()


def test_rows_without_weight_do_not_count_even_if_infinite():
    z = [[1.0, -np.inf], [0.0, 0.0]]
    assert cross_entropy(z, [1, 0], sample_weight=[0, 2]) == pytest.approx(np.log(2))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_dtype_of_the_logits_is_kept(dtype):
    z = Z.astype(dtype)
    for y in (LABELS, SOFT):
        for function in LOSS_FUNCTIONS:
            for reduction in ("mean", "sum", "none"):
                assert function(z, y, sample_weight=WEIGHTS, reduction=reduction).dtype == dtype
    assert cross_entropy_hessian_product(z, Z).dtype == dtype
    assert cross_entropy_gradient([[2, 0]], [0]).dtype == np.float64


@pytest.mark.parametrize("function", LOSS_FUNCTIONS)
@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (LABELS[:-1], ValueError, r"y has shape \(6,\)"),
        (LABELS[:, None], ValueError, r"try y.ravel\(\)"),
        (LABELS + 1, ValueError, r"0 .. 3, got 1 .. 4"),
        (LABELS - 1, ValueError, r"got -1 .. 2"),
        (LABELS.astype(float), TypeError, "integers"),
        (SOFT * 2, ValueError, "sum to 1"),
        (SOFT * np.nan, ValueError, "sum to 1"),
        (ONE_HOT * 2 - SOFT, ValueError, "non-negative"),
        (SOFT[:, :2], ValueError, r"expected \(7, 4\)"),
    ],
)
def test_wrong_targets_are_refused_by_name(function, y, error, message):
    with pytest.raises(error, match=message):
        function(Z, y)


@pytest.mark.parametrize("function", LOSS_FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_target_rows_may_miss_one_by_rounding_only(function, dtype):
    root = np.sqrt(np.finfo(dtype).eps)
    function(Z, (ONE_HOT * (1 + root / 2)).astype(dtype))
    with pytest.raises(ValueError, match=r"target row 0 .* sum to 1"):
        function(Z, (ONE_HOT * (1 - 2 * root)).astype(dtype))


@pytest.mark.parametrize("function", LOSS_FUNCTIONS)
def test_wrong_options_are_refused_by_name(function):
    with pytest.raises(ValueError, match=r"single row is z\[None, :\]"):
        function(Z[0], LABELS[:1])
    with pytest.raises(ValueError, match="reduction must be"):
        function(Z, LABELS, reduction="average")
    with pytest.raises(ValueError, match="not negative"):
        function(Z, LABELS, sample_weight=-WEIGHTS)
    with pytest.raises(ValueError, match="finite"):
        function(Z, LABELS, sample_weight=np.append(WEIGHTS[1:], np.inf), reduction="sum")
    with pytest.raises(ValueError, match=r"sample_weight has shape \(4,\)"):
        function(Z, LABELS, sample_weight=WEIGHTS[:4])
    with pytest.raises(ValueError, match="positive sum"):
        function(Z, LABELS, sample_weight=0 * WEIGHTS)
    with pytest.raises(ValueError, match="largest logit of a row is nan"):
        function(Z * np.nan, LABELS)


def test_hessian_product_refuses_another_shape():
    with pytest.raises(ValueError, match="expected the shape of the logits"):
        cross_entropy_hessian_product(Z, Z[:, :2])


def test_probabilities_in_the_place_of_logits_are_warned_of():
    z = np.random.default_rng(0).normal(size=(4, 3))
    with pytest.warns(UserWarning, match="like probabilities: pass the logits"):
        cross_entropy(softmax(z), [0, 1, 2, 0])
    cross_entropy(z, [0, 1, 2, 0])  # warnings are errors here


def test_the_largest_logits_that_floats_hold_overflow_nowhere():
    with np.errstate(all="raise", under="ignore"):
        assert cross_entropy(np.full((3, 3), 1e308), [0, 1, 2]) == pytest.approx(np.log(3))
