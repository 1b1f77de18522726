"""What a fit shows on the way, what is left after Ctrl-C, and what a notebook displays."""

import json
import os
import signal
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from softmax_lib import SoftmaxRegression, load_penguins, plot_history
from softmax_lib.objective import Point

X, Y, *_ = load_penguins()
SOLVERS = ["newton-cg", "gd", "sgd"]


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fit_is_silent_unless_it_is_asked(solver, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        SoftmaxRegression(0.01, solver=solver, max_iter=3).fit(X, Y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("solver", SOLVERS)
def test_verbose_shows_the_loss_and_the_bound_and_says_why_it_stopped(solver, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = SoftmaxRegression(0.01, solver=solver, max_iter=5, verbose=1).fit(X, Y)
    out, bar = capfd.readouterr()
    assert out == f"SoftmaxRegression: {model.stop_reason_}\n"
    assert f"step {model.n_iter_}, J = {model.history_['loss'][-1]:.6g}, at most" in bar.split("\r")[-1]


def test_the_bar_is_full_when_the_certificate_is_reached(capfd):
    SoftmaxRegression(0.01, verbose=1).fit(X, Y)
    assert capfd.readouterr().err.split("\r")[-1].startswith("SoftmaxRegression ██████████ ")


@pytest.mark.parametrize("solver", SOLVERS)
def test_ctrl_c_leaves_the_best_model_so_far_and_says_so(solver, monkeypatch):
    points = []

    def counted(*arguments, init=Point.__init__):
        points.append(arguments[0])
        if len(points) == 9:
            os.kill(os.getpid(), signal.SIGINT)
        init(*arguments)

    monkeypatch.setattr(Point, "__init__", counted)
    model = SoftmaxRegression(1e-4, solver=solver, tol=0, random_state=0)
    with pytest.warns(ConvergenceWarning, match="Interrupted after .* the best point is kept, for a warm start"):
        model.fit(X, Y)
    monkeypatch.undo()
    assert not model.converged_
    assert model.score(X, Y) > 0.3
    best = model.history_["loss"].min()
    assert f"J = {best:.6g}" in model.stop_reason_
    model.set_params(warm_start=True, solver="newton-cg", tol=1e-6).fit(X, Y)
    assert model.converged_ and model.history_["loss"][0] == pytest.approx(best, rel=1e-9)


def test_ctrl_c_before_the_first_step_goes_through_and_loses_nothing(monkeypatch):
    model = SoftmaxRegression(0.01).fit(X, Y)
    before = model.predict_proba(X)

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Point, "__init__", stopped)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :2], Y)
    monkeypatch.undo()
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_a_notebook_shows_the_parameters_and_how_the_fit_ended():
    model = SoftmaxRegression(0.01)
    assert "Not fitted yet." in model._repr_mimebundle_()["text/html"]
    shown = model.fit(X, Y)._repr_mimebundle_()
    assert shown["text/plain"] == repr(model)
    assert "alpha" in shown["text/html"] and model.stop_reason_ in shown["text/html"]
    json.dumps(shown)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_history_is_ready_to_plot(solver):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = SoftmaxRegression(0.01, solver=solver, max_iter=7).fit(X, Y)
    assert model.history_["loss"].shape == model.history_["gradient_norm"].shape == (model.n_iter_ + 1,)
    ax = plot_history(model)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), model.history_["loss"])
