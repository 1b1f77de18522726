"""Finite differences, and the report on a gradient."""

import numpy as np
import pytest

from softmax_lib import check_gradient, cross_entropy, cross_entropy_gradient, numerical_gradient

RNG = np.random.default_rng(7)


def cubic(x):
    return (x**3).sum() + x.ravel()[0] * x.ravel()[-1]


def cubic_gradient(x):
    gradient = 3 * x**2
    gradient.ravel()[0] += x.ravel()[-1]
    gradient.ravel()[-1] += x.ravel()[0]
    return gradient


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 2), (1, 1), (3, 2)])
def test_right_gradients_of_any_shape_are_close(shape):
    x = RNG.normal(size=shape)
    np.testing.assert_allclose(numerical_gradient(cubic, x), cubic_gradient(x), atol=1e-8)
    report = check_gradient(cubic, cubic_gradient, x)
    assert report.ok
    assert report.verdict == "close"
    assert report.shape == shape
    assert check_gradient(cubic, cubic_gradient(x), x) == report


def test_a_number_is_an_array_without_axes():
    assert numerical_gradient(np.sin, 0.5) == pytest.approx(np.cos(0.5))
    assert check_gradient(np.sin, np.cos, 0.5)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_the_step_suits_the_size_of_x(scale):
    x = scale * np.array([1.0, -2.0])
    assert check_gradient(lambda x: (x**2).sum() / scale**2, 2 * x / scale**2, x, tolerance=1e-5 if scale < 1 else 1e-6)


def test_the_step_grows_with_x_and_is_never_zero():
    assert numerical_gradient(np.log, 1e8) == pytest.approx(1e-8, rel=1e-8)  # a step of 6e-6 sees rounding only
    assert numerical_gradient(np.sin, 0.0) == pytest.approx(1)


@pytest.mark.parametrize("x", [0.1, 1 / 3, 2.7, -1e3 / 7, 1e5 / 3])
def test_the_difference_is_divided_by_the_step_as_rounded(x):
    assert numerical_gradient(lambda x: x, x) == 1


@pytest.mark.parametrize("level", [0, 5000, -5000])
def test_small_entries_are_measured_against_a_thousandth_of_the_largest_or_of_f(level):
    slope = np.array([1.0, 0.002, 1e-5])
    floor = max(1, abs(level)) / 1000
    for i, size in enumerate(np.maximum(slope, floor)):
        given = slope.copy()
        given[i] -= 0.01 * size
        report = check_gradient(lambda x: level + slope @ x, given, np.zeros(3))
        assert report.worst_index == (i,)
        assert report.largest_relative_error == pytest.approx(0.01, rel=1e-4)


def test_close_means_a_relative_error_of_a_millionth_by_default():
    slope = np.array([1.0, -2.0])
    for error, verdict in [(5e-7, "close"), (2e-6, "different")]:
        assert check_gradient(lambda x: slope @ x, (1 + error) * slope, np.zeros(2)).verdict == verdict


def test_the_argument_is_left_alone():
    x = np.array([1.0, 2.0])
    check_gradient(lambda x: x @ x, lambda x: np.multiply(x, 2, out=x), x)
    np.testing.assert_array_equal(x, [1, 2])


def test_wrong_signs_factors_and_entries_are_different():
    z, y = RNG.normal(size=(5, 3)), np.array([0, 0, 2, 1, 0])
    right = cross_entropy_gradient(z, y)
    assert check_gradient(lambda z: cross_entropy(z, y), right, z)
    one_wrong = right.copy()
    one_wrong[3, 1] *= 1.001
    for wrong in (-right, 5 * right, right.mean() + 0 * right, one_wrong, right * np.nan):
        report = check_gradient(lambda z: cross_entropy(z, y), wrong, z)
        assert not report
        assert not report.ok
        assert report.verdict == "different"
    worst = check_gradient(lambda z: cross_entropy(z, y), one_wrong, z)
    assert worst.worst_index == (3, 1)
    assert worst.given == one_wrong[3, 1]
    assert worst.numerical == pytest.approx(right[3, 1])
    assert worst.largest_relative_error == pytest.approx(1e-3, rel=1e-2)
    assert worst.largest_absolute_difference == pytest.approx(abs(right[3, 1]) / 1000, rel=1e-4)


def test_exact_means_equal_to_the_last_bit():
    report = check_gradient(lambda x: x.sum() * 0, np.zeros(3), np.ones(3))
    assert report.verdict == "exact"
    assert repr(report) == "gradient (3,): exact, largest relative error 0.0e+00"


def test_a_gradient_of_zero_is_close_at_a_minimum():
    assert check_gradient(lambda x: 1 + ((x - 0.3) ** 2).sum(), np.zeros(2), [0.3, 0.3])


def test_the_report_is_one_line_and_names_the_worst_entry():
    text = repr(check_gradient(lambda x: x @ x, lambda x: np.array([2 * x[0], 0]), [1.0, 3.0]))
    assert "\n" not in text
    assert "different" in text
    assert "(1,): 0, numerically 6" in text


def test_shapes_that_differ_are_refused_and_a_transpose_is_named():
    x = RNG.normal(size=(2, 3))
    with pytest.raises(ValueError, match=r"shape \(3, 2\) and x has shape \(2, 3\): it looks transposed"):
        check_gradient(cubic, cubic_gradient(x).T, x)
    with pytest.raises(ValueError, match=r"shape \(6,\)"):
        check_gradient(cubic, cubic_gradient(x).ravel(), x)
    with pytest.raises(ValueError, match=r"shape \(\)"):
        check_gradient(cubic, 0.0, x)


def test_no_numbers_at_all_are_refused():
    with pytest.raises(ValueError, match=r"shape \(0, 3\)"):
        check_gradient(cubic, np.empty((0, 3)), np.empty((0, 3)))


def test_a_function_that_returns_an_array_is_refused():
    with pytest.raises(ValueError, match="single number, got an array of shape"):
        numerical_gradient(lambda x: x**2, np.ones(3))
