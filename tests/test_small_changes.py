"""What a small change to the library would break and no other test would notice, layer by layer."""

import re
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from softmax_lib import Objective, SoftmaxRegression, cross_entropy, features, logsumexp, make_blobs, model, solvers
from softmax_lib.features import Features
from softmax_lib.objective import Curvature
from softmax_lib.solvers import gradient_descent, newton_cg, stochastic_gradient_descent

N, D, K = 31, 3, 4
RNG = np.random.default_rng(8)
X = RNG.normal(size=(N, D)) + np.array([0.5, -1, 2])
Y = np.append(np.arange(K), np.where(RNG.random(N - K) < 0.6, 0, RNG.integers(0, K, N - K)))
WEIGHTS = RNG.integers(0, 4, N).astype(float)
W, B = RNG.normal(size=(K, D)), RNG.normal(size=K)
BLOBS, LABELS = make_blobs((40, 25, 12), spread=1.5)[:2]
SEPARABLE = np.array([[-2.0], [-1.0], [1.0], [2.0]])


# Functions of the logits, and the loss


def test_logsumexp_near_zero_is_exact_if_the_largest_logit_is_zero():
    assert logsumexp([0.0, -50.0]) == pytest.approx(np.exp(-50), rel=1e-15, abs=0)


def test_logsumexp_of_one_row_is_a_number():
    assert np.isscalar(logsumexp([1.0, 2.0]))


def test_the_empty_axis_is_the_one_that_is_asked_for():
    with pytest.raises(ValueError, match="no classes: axis 0"):
        logsumexp(np.empty((0, 3)), axis=0)
    assert logsumexp(np.empty((3, 0)), axis=0).shape == (0,)


def test_the_loss_of_no_rows_is_zero():
    assert cross_entropy(np.empty((0, 3)), np.empty(0, int), reduction="sum") == 0


def test_logits_with_three_axes_are_refused_by_name():
    with pytest.raises(ValueError, match=r"z must have shape \(N, K\), got \(2, 3, 4\)"):
        cross_entropy(np.zeros((2, 3, 4)), np.zeros((2, 3), int))


@pytest.mark.parametrize("z", [[[2.0, -1.0]], [[0.5, 0.5], [3.0, 0.0]]])
def test_logits_that_only_resemble_probabilities_are_not_warned_of(z):
    cross_entropy(z, np.zeros(len(z), int))  # warnings are errors here


# Features


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,)])
def test_features_without_rows_or_columns_are_refused(shape):
    with pytest.raises(ValueError, match="not empty, got shape"):
        Features(np.empty(shape))


def test_sparse_features_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="X must be finite"):
        Features(sparse.csr_matrix([[0.0, np.nan], [1.0, 0.0]]))


@pytest.mark.parametrize(("dtype", "large", "too_large"), [("f4", 1e18, 1e20), ("f8", 1e152, 1e155)])
def test_features_are_refused_if_their_squares_overflow(dtype, large, too_large):
    Features(np.full((4, 1), large, dtype))
    with pytest.raises(ValueError, match="so must its squares"):
        Features(np.full((4, 1), too_large, dtype))


def test_every_sparse_form_has_rows():
    for form in (sparse.coo_array, sparse.lil_array):
        np.testing.assert_array_equal(Features(form(np.diag([1.0, 2.0, 3.0])))[1:].dense(slice(1)), [[0, 2, 0]])


@pytest.mark.parametrize(("dtype", "offset", "error"), [("f4", 1e4, 2e-6), ("f8", 1e7, 1e-14)])
def test_one_feature_far_from_zero_is_enough_for_a_copy(monkeypatch, dtype, offset, error):
    monkeypatch.setattr(features, "SMALL", 0)
    far = (RNG.normal(size=(50, 3)) + np.array([0, offset, 0])).astype(dtype)
    centre, weights = far.mean(axis=0, dtype=np.float64), RNG.normal(size=(2, 3)).astype(dtype)
    logits = Features(far, centre).logits(weights, np.zeros(2, dtype))
    np.testing.assert_allclose(logits, (far - centre) @ weights.T.astype(np.float64), rtol=0, atol=error)


def test_a_centre_of_zeros_costs_no_copy():
    assert np.shares_memory(Features(X, np.zeros(D)).X, X)


def test_large_features_have_no_twin_in_single_precision(monkeypatch):
    monkeypatch.setattr(features, "SMALL", 0)
    large = Features(X)
    assert large.single is large


def test_a_row_longer_than_a_block_is_a_block():
    assert Features(np.ones((3, 10))).blocks(5) == [slice(0, 1), slice(1, 2), slice(2, 3)]


# The objective


def test_an_infinite_penalty_is_refused():
    with pytest.raises(ValueError, match="alpha must be a finite number"):
        Objective(X, Y, alpha=np.inf)


def test_target_rows_in_float64_leave_the_gradient_in_float32():
    objective = Objective(X.astype(np.float32), np.eye(K)[Y])
    assert {a.dtype for a in objective.gradient(*objective.zeros())} == {np.dtype(np.float32)}


def test_the_gradient_is_as_exact_as_the_features():
    exact = Objective(X.astype(np.longdouble), Y, sample_weight=WEIGHTS).gradient(W, B)[0]
    made = Objective(X, Y, sample_weight=WEIGHTS)
    assert made.features.single.dtype == np.float32  # it is for the solver's products only
    np.testing.assert_allclose(made.gradient(W, B)[0], exact, rtol=1e-12)


def test_the_decorrelation_is_that_of_weighted_rows_and_one_for_the_intercept():
    repeats = WEIGHTS.astype(int)
    repeated = Objective(np.repeat(X, repeats, axis=0), np.repeat(Y, repeats), n_classes=K)
    weighted = Objective(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(weighted.decorrelation, repeated.decorrelation, rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(weighted.decorrelation[-1], [0, 0, 0, 1])


def test_equal_features_do_not_make_the_decorrelation_steep():
    inverse = Objective(X[:, [0, 0]] - X[:, 0].mean(), Y).decorrelation
    assert np.linalg.cond(inverse) < 5


@pytest.mark.parametrize("alpha", [0, 0.1])
@pytest.mark.parametrize("direct", [0, 250])
def test_a_feature_that_is_always_zero_gets_no_weight_and_disturbs_no_other(monkeypatch, alpha, direct):
    monkeypatch.setattr(solvers, "DIRECT", direct)
    usual = newton_cg(Objective(X, Y, alpha=alpha), tol=1e-9)
    more = newton_cg(Objective(np.column_stack([X, np.zeros(N)]), Y, alpha=alpha), tol=1e-9)
    np.testing.assert_allclose(more.coef, np.column_stack([usual.coef, np.zeros(K)]), atol=1e-5)


def test_the_preconditioner_of_many_features_is_the_diagonal_of_the_hessian():
    wide = RNG.normal(size=(20, 130))
    V = RNG.normal(size=(2, 131))
    for copies in (1, 500):  # of many rows it looks at some only
        curvature = Objective(np.repeat(wide, copies, axis=0), np.repeat(np.arange(20) % 2, copies), alpha=7.0)
        curvature = curvature.at(np.zeros((2, 130)), np.zeros(2)).curvature()
        diagonal = np.column_stack([np.tile((wide**2).mean(axis=0) / 4 + 7, (2, 1)), [0.25, 0.25]])
        np.testing.assert_allclose(curvature.preconditioner()(V), V / diagonal, rtol=1e-10)


def test_the_hessian_of_many_rows_is_the_sum_over_all_blocks():
    copies = 2**15 // N
    few, many = (Objective(np.tile(X, (n, 1)), np.tile(Y, n)).at(W, B).curvature().matrix() for n in (1, copies))
    np.testing.assert_allclose(many, few, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("far", [8.0, 15.0])
def test_the_optimal_intercept_keeps_its_sum_where_the_logits_are_nearly_saturated(far):
    objective = Objective([[0.0], [0.0]], [0, 1], sample_weight=[1, 1e-3], alpha=1.0)
    point, _ = objective.at(np.zeros((2, 1)), np.array([far, 0.0])).optimal_intercept()
    assert point.b.sum() == pytest.approx(far, abs=1e-6)


def test_the_intercept_never_lacks_more_than_is_said():
    """Most rows are far on the wrong side of a kink: Newton's model, exact at the kink, promises far too little."""
    objective = Objective([[0.0], [0.0], [1.0]], [0, 1, 0], sample_weight=[0.2, 0.2, 0.6], alpha=1.0)
    start = objective.at(np.array([[0.0], [100.0]]), np.zeros(2))
    lowest = start.optimal_intercept()[0].J
    point, missing = start.optimal_intercept(max_iter=1)
    assert lowest < start.J - 30
    assert point.J - lowest <= missing


# Solvers


@pytest.mark.parametrize("solver", [gradient_descent, newton_cg, stochastic_gradient_descent])
def test_every_solver_leaves_its_start_alone(solver):
    start, b = W.copy(), B.copy()
    solver(Objective(X, Y, alpha=0.1), start, b, max_iter=2)
    np.testing.assert_array_equal(start, W)
    np.testing.assert_array_equal(b, B)


def test_an_interrupt_keeps_the_best_point_and_its_own_bound():
    def stop(n_iter, point, bound):
        if n_iter == 4:
            raise KeyboardInterrupt

    objective = Objective(X, Y, alpha=0.1)
    result = gradient_descent(objective, step_size=10 / objective.smoothness, progress=stop)  # too long: J soon rises
    assert result.cause == "interrupted" and result.n_iter == 4
    assert objective.value(result.coef, result.intercept) == result.history["loss"].min() < result.history["loss"][-1]
    assert result.suboptimality == objective.suboptimality(result.coef, result.intercept)


def test_an_interrupt_before_the_first_point_is_passed_on(monkeypatch):
    def interrupted(self, W, b):
        raise KeyboardInterrupt

    monkeypatch.setattr(Objective, "at", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gradient_descent(Objective(X, Y))


def test_the_bound_is_that_of_the_point_returned():
    objective = Objective([[0.0], [0.0]], [0, 1], alpha=100.0)
    near = objective.at(np.zeros((2, 1)), np.array([5.0, 0.0]))  # a small gradient, but a wrong intercept
    far = objective.at(np.ones((2, 1)), np.zeros(2))
    result = solvers.run([near, far], objective, 0.01, 10)
    assert result.cause == "stuck"
    assert result.suboptimality == far.suboptimality() != near.suboptimality()


@pytest.mark.parametrize("solver", [gradient_descent, newton_cg])
def test_to_converge_with_the_last_step_allowed_is_to_converge(solver):
    objective = Objective(X, Y, alpha=0.1)
    n_iter = solver(objective, tol=1e-3).n_iter
    assert solver(objective, tol=1e-3, max_iter=n_iter).cause == "converged"
    assert solver(objective, tol=1e-3, max_iter=n_iter - 1).cause == "max_iter"


def test_without_a_penalty_it_is_said_whether_newtons_step_promises_little():
    objective = Objective(X, Y)
    short, done = gradient_descent(objective, max_iter=3).stop_reason, newton_cg(objective).stop_reason
    assert "a Newton step gains" not in short and "no bound on J - min J" in short
    assert "a Newton step gains at most tol * J" in done and "no bound on J - min J" in done


@pytest.mark.parametrize(("batch_size", "expected"), [(4, 8), (32, 1), (1000, 1)])
def test_batches_are_no_larger_than_asked_and_hold_every_row_once(monkeypatch, batch_size, expected):
    seen, part = [], Objective.part
    monkeypatch.setattr(Objective, "part", lambda self, rows: seen.append(rows) or part(self, rows))
    stochastic_gradient_descent(Objective(X, Y, alpha=0.1), batch_size=batch_size, max_iter=1, tol=0)
    assert len(seen) == expected and max(map(len, seen)) <= batch_size
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.arange(N))


def downhill(scale):
    """A point, minus its gradient, J as a function of the length of that step, and some lengths about the best one."""
    point = Objective(scale * X, Y, alpha=0.01).at(W, B)
    step = -point.gradient
    dZ = point.objective.features.logits(step[:, :-1], step[:, -1])
    lengths = np.geomspace(1e-5, 1e3, 400)
    best = lengths[np.argmin([point.moved(t, step, dZ).J for t in lengths])]
    return point, step, lambda t: point.moved(t, step, dZ).J, best * np.geomspace(1e-3, 1e3, 61)


@pytest.mark.parametrize("scale", [1, 30])
def test_the_line_search_makes_a_step_longer_while_j_falls_as_the_slope_says(scale):
    point, step, J, lengths = downhill(scale)
    for length in lengths[:30]:  # all too short
        found = solvers.search(point, length * step)
        assert point.J - found.J > 0.3 * (point.J - J(lengths[30]))
        assert found.J < J(length) + 1e-12


@pytest.mark.parametrize("scale", [1, 30])
def test_the_line_search_makes_a_step_shorter_until_j_falls_enough_and_no_further(scale):
    point, step, J, lengths = downhill(scale)
    slope = np.vdot(point.gradient, step)
    for length in lengths[31:]:  # all too long
        t = np.linalg.norm(solvers.search(point, length * step).Wb - point.Wb) / np.linalg.norm(step)
        assert J(t) <= point.J + 1e-4 * t * slope
        assert length < 1.5 * t or J(2 * t) >= point.J + 1e-4 * 2 * t * slope


def test_the_line_search_refuses_a_fall_of_j_that_is_next_to_nothing():
    point, step, J, lengths = downhill(1)
    short, long = lengths[30], lengths[60]  # between them J has risen back to where it was
    for _ in range(60):
        t = (short + long) / 2
        short, long = (t, long) if J(t) < point.J else (short, t)
    assert point.J - 1e-9 < J(short) < point.J
    assert solvers.search(point, short * step).J < point.J - 1


def test_the_line_search_refuses_to_go_uphill():
    point = Objective(X, Y, alpha=0.1).at(W, B)
    for length in (1e-3, 1, 1e3):
        assert solvers.search(point, length * point.gradient) is None


def test_conjugate_gradients_need_few_products(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 60))
    y = (x @ rng.normal(size=(60, 8)) / 4 + rng.gumbel(size=(300, 8))).argmax(axis=1)
    products, product = [], Curvature.product
    monkeypatch.setattr(Curvature, "product", lambda self, V: products.append(V) or product(self, V))
    assert newton_cg(Objective(x, y, alpha=1e-4)).converged
    assert len(products) < 250


def test_where_conjugate_gradients_fail_a_moderate_hessian_is_written_out(monkeypatch):
    rng, calls, direct_step = np.random.default_rng(0), [], solvers.direct_step
    monkeypatch.setattr(solvers, "DIRECT", 100)
    monkeypatch.setattr(solvers, "direct_step", lambda *given: calls.append(given) or direct_step(*given))
    x = rng.uniform(-1, 1, 400)
    powers = np.vander(x, 60, increasing=True)[:, 1:]  # hardly independent
    result = newton_cg(Objective(powers, np.sin(6 * x) + rng.normal(size=400) / 2 > 0, alpha=1e-9), tol=1e-9)
    assert result.converged and 0 < len(calls) < result.n_iter


@pytest.mark.parametrize("direct", [0, 250])
def test_newtons_weights_sum_to_zero_over_the_classes_from_any_start(monkeypatch, direct):
    monkeypatch.setattr(solvers, "DIRECT", direct)
    for alpha, start in [(0.1, None), (0.1, W), (0, None), (0, W)]:
        result = newton_cg(Objective(X, Y, alpha=alpha), start)
        np.testing.assert_allclose(result.coef.sum(axis=0), 0, atol=1e-12)


def test_newtons_method_goes_on_where_j_has_no_digits_left_but_its_gradient_has():
    assert newton_cg(Objective(X, Y), tol=1e-12).cause == "converged"


@pytest.mark.parametrize("direct", [0, 250])
def test_at_the_exact_minimum_there_is_no_step_to_take(monkeypatch, direct):
    monkeypatch.setattr(solvers, "DIRECT", direct)
    assert len(list(solvers.newton_points(Objective([[1.0], [1.0]], [0, 1], alpha=0.1), None, None, 0.0))) == 1


# The model


def test_whatever_interrupts_a_fit_the_last_one_stays(monkeypatch):
    fitted = SoftmaxRegression(0.01).fit(BLOBS, LABELS)
    before = dict(vars(fitted))

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setitem(model.SOLVERS, "newton-cg", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(pd.DataFrame(BLOBS[:, :1], columns=["length"]), LABELS)
    assert vars(fitted).keys() == before.keys() and fitted.n_features_in_ == 2


def test_negative_weights_are_refused_even_if_the_balance_would_make_them_positive():
    weights = np.where(LABELS == 2, -1.0, 1.0)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        SoftmaxRegression(class_weight="balanced").fit(BLOBS, LABELS, weights)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_classes_all_of_weight_zero_are_refused(fit_intercept):
    with pytest.raises(ValueError, match="positive sum"):
        SoftmaxRegression(class_weight={0: 0, 1: 0, 2: 0}, fit_intercept=fit_intercept).fit(BLOBS, LABELS)


def test_a_number_of_steps_is_a_whole_number():
    with pytest.raises(ValueError, match="max_iter must be"):
        SoftmaxRegression(max_iter=2.5).fit(BLOBS, LABELS)


def test_the_warning_points_at_the_call_of_fit():
    with pytest.warns(ConvergenceWarning) as warned:
        SoftmaxRegression(max_iter=1).fit(BLOBS, LABELS)
    assert warned[0].filename == __file__


def test_a_notebook_is_shown_the_model_and_why_it_stopped():
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        fitted = SoftmaxRegression(0).fit(SEPARABLE, [0, 0, 1, 1])
    shown = fitted._repr_mimebundle_()
    assert shown["text/plain"] == repr(fitted)
    assert "Set alpha &gt; 0." in shown["text/html"]


def test_scales_are_blamed_only_where_they_may_be_the_cause():
    with pytest.warns(ConvergenceWarning, match="Set alpha > 0") as warned:
        SoftmaxRegression(0).fit(1000 * SEPARABLE, [0, 0, 1, 1])
    assert "standardise" not in str(warned[0].message)


def test_a_fit_that_is_stuck_or_interrupted_says_what_helps(monkeypatch):
    with pytest.warns(ConvergenceWarning, match="nothing to gain .raise tol to ask for fewer digits"):
        SoftmaxRegression(0.01, tol=0).fit(BLOBS, LABELS)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "search", interrupted)
    with pytest.warns(ConvergenceWarning, match="Interrupted after 0 steps.*for a warm start"):
        assert SoftmaxRegression(0.01).fit(BLOBS, LABELS).coef_.shape == (3, 2)


@pytest.mark.parametrize("solver", ["gd", "newton-cg", "sgd"])
def test_a_verbose_fit_shows_j_on_the_way(capsys, solver):
    SoftmaxRegression(0.1, solver=solver, tol=0.01, verbose=1).fit(BLOBS, LABELS)
    assert re.search(r"step \d+, J = 0\.\d+, at most", capsys.readouterr().err)


def test_the_bar_fills_as_the_bound_falls_and_never_empties(monkeypatch):
    bars, tqdm = [], model.tqdm
    monkeypatch.setattr(model, "tqdm", lambda **options: bars.append(tqdm(**options, file=sys.stdout)) or bars[-1])
    point, full = Objective(X, Y).at(0 * W, 0 * B), []
    with model.progress_bar(1e-6) as show:
        for n_iter, bound in enumerate(point.J * np.array([1e-2, 1, 1e-3, 1e-2, 1e-6, 1e-7])):
            show(n_iter, point, bound)
            full.append(bars[0].n / bars[0].total)
    np.testing.assert_allclose(full, [0, 0, 0.5, 0.5, 1, 1], atol=1e-9)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_verbose_fit_with_a_tolerance_of_zero_has_a_bar(capsys):
    SoftmaxRegression(0.01, tol=0, verbose=1).fit(BLOBS, LABELS)
    assert re.search(r"step \d+, J = 0\.\d+, at most", capsys.readouterr().err)


# What a certificate must survive


def test_the_certificate_holds_where_the_intercept_is_nearly_optimal_and_the_features_far_from_zero():
    rng = np.random.default_rng(4)
    objective = Objective(1000 + 0.01 * rng.normal(size=(6, 1)), [1, 1, 1, 0, 1, 1], alpha=1e-5)
    result = gradient_descent(objective, tol=1e-4, max_iter=50)
    lowest = newton_cg(objective, tol=1e-10).history["loss"][-1]
    assert result.history["loss"][-1] - lowest <= result.suboptimality


def test_a_saturated_start_in_single_precision_is_not_certified_from_stale_logits():
    rng = np.random.default_rng(1)
    X32, y = rng.normal(size=(15, 3)).astype(np.float32), rng.integers(0, 3, 15)
    result = newton_cg(Objective(X32, y, alpha=0.01), 1e6 * rng.normal(size=(3, 3)))
    exact = Objective(X32.astype(float), y, alpha=0.01)
    gap = exact.value(result.coef.astype(float), result.intercept.astype(float)) - newton_cg(exact).history["loss"][-1]
    assert gap <= result.suboptimality + 1e-6


def test_an_old_intercept_does_not_enter_a_fit_without_one():
    fitted = SoftmaxRegression(0.1).fit(BLOBS + 1, LABELS)
    fitted.set_params(fit_intercept=False, warm_start=True).fit(BLOBS + 1, LABELS)
    np.testing.assert_array_equal(fitted.intercept_, 0)


@pytest.mark.parametrize("solver", ["newton-cg", "gd", "sgd"])
def test_features_that_are_all_zero_are_fitted(solver):
    fitted = SoftmaxRegression(0.1, fit_intercept=False, solver=solver).fit(np.zeros((4, 2)), [0, 1, 0, 1])
    assert fitted.converged_ and not fitted.coef_.any()
