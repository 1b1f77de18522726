"""The functions of logits: exact against 60-digit arithmetic, at any scale, on any axis."""

import mpmath
import numpy as np
import pytest

from softmax_lib import log_softmax, logsumexp, softmax, softmax_jacobian

FUNCTIONS = [softmax, log_softmax, logsumexp]
SIBLINGS = [*FUNCTIONS, softmax_jacobian]
mpmath.mp.dps = 60


def reference(z):
    """softmax, log_softmax, logsumexp and Jacobian of one row, in 60 digits."""
    z = [mpmath.mpf(float(v)) for v in z]
    top = max(z)
    e = [mpmath.exp(v - top) for v in z]
    others = [mpmath.fsum(e[:k] + e[k + 1 :]) for k in range(len(z))]
    total = mpmath.fsum(e)
    o = [v / total for v in e]
    log_o = [-mpmath.log1p(mpmath.fsum(mpmath.exp(v - z[k]) for i, v in enumerate(z) if i != k)) for k in range(len(z))]
    jacobian = [[o[k] * others[k] / total if k == j else -o[k] * o[j] for j in range(len(z))] for k in range(len(z))]
    return o, log_o, top + mpmath.log(total), jacobian


def ulps(actual, exact):
    """Error in units in the last place of the exact value, above the smallest normal number."""
    actual = np.asarray(actual)
    info = np.finfo(actual.dtype)
    worst = 0.0
    for a, e in zip(actual.ravel(), np.array(exact, dtype=object).ravel(), strict=True):
        unit = max(abs(e) * mpmath.mpf(float(info.eps)), mpmath.mpf(float(info.tiny)))
        worst = max(worst, float(abs(mpmath.mpf(float(a)) - e) / unit))
    return worst


def rows(dtype, scale, offset, K=5, n=60):
    rng = np.random.default_rng(int(scale) + int(abs(offset)) + K)
    return (rng.normal(scale=scale, size=(n, K)) + offset).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (10, 0), (100, 0), (10, 1e6), (100, -1e6), (1e3, 1e5)])
def test_accurate_to_a_few_ulp_at_any_scale_and_offset(dtype, scale, offset):
    for z in rows(dtype, scale, offset):
        o, log_o, lse, jacobian = reference(z)
        assert ulps(softmax(z), o) < 4
        assert ulps(log_softmax(z), log_o) < 4
        # where the largest logit and the logarithm cancel, the larger of the two sets the unit
        assert abs(mpmath.mpf(float(logsumexp(z))) - lse) < 4 * np.finfo(dtype).eps * max(abs(lse), abs(z.max()))
        assert ulps(softmax_jacobian(z), jacobian) < 8


def test_a_dominant_class_keeps_its_distance_from_certainty():
    exact = -mpmath.log1p(2 * mpmath.exp(-50))
    assert ulps(log_softmax([50, 0, 0])[:1], [exact]) < 1
    assert log_softmax(np.float32([50, 0, 0]))[0] == np.float32(-3.8574997e-22)
    assert softmax_jacobian([50.0, 0.0, 0.0])[0, 0] == pytest.approx(float(-exact), rel=1e-15)


def test_the_rounding_of_the_shift_is_corrected():
    z = np.array([100.0, 0.1])  # 0.1 - 100 is not a float; its rounding, times e^..., would be 30 ulp
    assert ulps(softmax(z), reference(z)[0]) < 2


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis_is_the_last_axis_moved(function, axis):
    z = np.random.default_rng(3).normal(size=(2, 3, 4))
    moved = function(np.moveaxis(z, axis, -1))
    expected = moved if function is logsumexp else np.moveaxis(moved, -1, axis)
    np.testing.assert_array_equal(function(z, axis=axis), expected)


def test_jacobian_of_a_batch_is_the_jacobian_of_each_row():
    z = np.random.default_rng(4).normal(size=(2, 3, 4))
    J = softmax_jacobian(z)
    assert J.shape == (2, 3, 4, 4)
    np.testing.assert_array_equal(J[1, 2], softmax_jacobian(z[1, 2]))


def test_probabilities_sum_to_one_and_logarithms_agree():
    z = rows(np.float64, 30, 0)
    np.testing.assert_allclose(softmax(z).sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(np.exp(log_softmax(z)), softmax(z), rtol=1e-13)
    np.testing.assert_allclose(z - logsumexp(z)[:, None], log_softmax(z), atol=1e-13)


def test_shifting_the_logits_changes_nothing_but_logsumexp():
    z = np.random.default_rng(5).integers(-8, 8, size=(6, 4)) / 4  # exact after the shift, too
    c = 2.0**30
    np.testing.assert_array_equal(softmax(z + c), softmax(z))
    np.testing.assert_array_equal(log_softmax(z + c), log_softmax(z))
    np.testing.assert_array_equal(softmax_jacobian(z + c), softmax_jacobian(z))
    np.testing.assert_allclose(logsumexp(z + c), logsumexp(z) + c, rtol=1e-15)


def test_jacobian_is_the_derivative_symmetric_and_of_rank_k_minus_1():
    z, h = np.random.default_rng(6).normal(size=4), 1e-6
    J = softmax_jacobian(z)
    for j in range(4):
        step = h * np.eye(4)[j]
        np.testing.assert_allclose(J[:, j], (softmax(z + step) - softmax(z - step)) / (2 * h), atol=1e-10)
    np.testing.assert_array_equal(J, J.T)
    np.testing.assert_allclose(J.sum(axis=1), 0, atol=1e-16)
    assert np.linalg.matrix_rank(J) == 3
    assert np.linalg.eigvalsh(J).min() > -1e-16


@pytest.mark.parametrize("function", SIBLINGS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_dtype_is_kept(function, dtype):
    z = np.array([[1, -2, 0.5]], dtype=dtype)
    assert function(z).dtype == dtype
    np.testing.assert_allclose(function(z), function(z.astype(np.float64)), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("function", SIBLINGS)
def test_float16_is_float32_rounded_at_the_end(function):
    z = rows(np.float16, 3, 0)
    np.testing.assert_array_equal(function(z), function(z.astype(np.float32)).astype(np.float16))


@pytest.mark.parametrize("function", SIBLINGS)
def test_integers_and_booleans_become_float64(function):
    for z in ([3, 1, 2], np.array([3, 1, 2], dtype=np.uint8), [True, False]):
        assert function(z).dtype == np.float64
        np.testing.assert_array_equal(function(z), function(np.array(z, dtype=float)))


@pytest.mark.parametrize("function", SIBLINGS)
def test_the_argument_is_left_alone(function):
    z = np.array([[1.0, 5.0, 2.0]])
    function(z)
    np.testing.assert_array_equal(z, [[1.0, 5.0, 2.0]])


def test_masked_classes_have_probability_zero():
    z, masked = [2.0, 1.0], [2.0, -np.inf, 1.0]
    np.testing.assert_array_equal(softmax(masked)[[0, 2]], softmax(z))
    assert softmax(masked)[1] == 0
    assert log_softmax(masked)[1] == -np.inf
    assert logsumexp(masked) == logsumexp(z)
    np.testing.assert_array_equal(softmax_jacobian(masked)[1], 0)


def test_the_largest_finite_logits_do_not_overflow():
    big = np.finfo(np.float64).max
    np.testing.assert_array_equal(softmax([big, -big, big]), [0.5, 0, 0.5])
    assert logsumexp([big, -big]) == big


def test_no_rows_give_no_rows():
    assert softmax(np.empty((0, 3))).shape == (0, 3)
    assert logsumexp(np.empty((0, 3))).shape == (0,)
    assert softmax_jacobian(np.empty((0, 3))).shape == (0, 3, 3)


def test_one_class_is_certain():
    assert softmax([7.0]) == 1
    assert log_softmax([7.0]) == 0
    assert logsumexp([7.0]) == 7
    assert softmax_jacobian([7.0]) == 0


@pytest.mark.parametrize("function", SIBLINGS)
@pytest.mark.parametrize("row", [[np.nan, 1], [1, np.inf], [-np.inf, -np.inf], [np.inf, np.nan]])
def test_rows_without_a_finite_largest_logit_are_refused(function, row):
    with pytest.raises(ValueError, match=r"largest logit of a row is .*(nan|inf)"):
        function([[0.0, 0.0], row])


@pytest.mark.parametrize("function", SIBLINGS)
def test_shapes_without_classes_are_refused(function):
    with pytest.raises(ValueError, match="single number"):
        function(1.0)
    with pytest.raises(ValueError, match="no classes"):
        function(np.empty((3, 0)))
    with pytest.raises(TypeError, match="complex"):
        function([1j, 0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_axis_that_does_not_exist_is_refused(function):
    with pytest.raises(ValueError, match="axis 2 is out of bounds"):
        function([[1.0, 2.0]], axis=2)
