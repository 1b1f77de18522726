"""The explorables' mathematics against softmax_lib, in a browser, and their modules as pages and notebooks get them.

What is particular to one of them is in tests/test_explorable_<name>.py.
"""

import json
import re

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.preprocessing import PolynomialFeatures

import serve
import softmax_lib
from browsing import Visit
from softmax_explorables import bundle, explore
from softmax_explorables.explorable import STARTS
from softmax_lib import Objective
from softmax_lib.solvers import newton_cg

CLOSE = {"rtol": 1e-12, "atol": 1e-12}
rng = np.random.default_rng(5)
LOGITS = [
    *rng.normal(size=(6, 4)),
    *(50 * rng.normal(size=(4, 3))),
    np.array([1000.0, 999.0, -1000.0, 0.0, 3.0]),
    np.array([-745.0, 0.0]),
    np.zeros(7),
]


@pytest.fixture(scope="module")
def kernel(browser):
    """Calls a function of kernel.js with arguments that JSON knows, and returns its result."""
    with serve.running(bundle.MODULES) as address:
        page = browser.new_page()
        page.goto(f"{address}/d3-LICENSE.txt")  # any page that may import the modules
        page.evaluate("import('/kernel.js').then(kernel => { globalThis.kernel = kernel; })")
        yield lambda code, *values: page.evaluate(f"values => ({code})(...values)", json.loads(json.dumps(values)))
        page.close()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("logsumexp", softmax_lib.logsumexp),
        ("softmax", softmax_lib.softmax),
        ("logSoftmax", softmax_lib.log_softmax),
        ("softmaxJacobian", softmax_lib.softmax_jacobian),
    ],
)
def test_functions_of_logits(kernel, name, ours):
    found = kernel(f"rows => rows.map(kernel.{name})", [z.tolist() for z in LOGITS])
    for z, each in zip(LOGITS, found, strict=True):
        np.testing.assert_allclose(each, ours(z), **CLOSE)


def test_loss_and_its_gradient(kernel):
    for z in LOGITS:
        targets = rng.dirichlet(np.ones(len(z)))
        for y in (1, targets):
            given = y if isinstance(y, int) else y.tolist()
            expected = softmax_lib.cross_entropy(z[None], np.array([y]))
            np.testing.assert_allclose(kernel("kernel.crossEntropy", z.tolist(), given), expected, **CLOSE)
            expected = softmax_lib.cross_entropy_gradient(z[None], np.array([y]))[0]
            np.testing.assert_allclose(kernel("kernel.crossEntropyGradient", z.tolist(), given), expected, **CLOSE)


def test_half_precision_is_that_of_numpy(kernel):
    numbers = np.concatenate(
        [rng.normal(size=2000) * 10.0 ** rng.integers(-9, 6, 2000), [0, 65519.9, 65520, -7e4, 6e-8]]
    )
    with np.errstate(over="ignore"):
        expected = numbers.astype(np.float16).astype(float)
    found = kernel("numbers => numbers.map(kernel.half)", numbers.tolist())
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("trick", [False, True])
def test_softmax_in_half_precision(kernel, trick):
    for z in [[1.0, 2.0, 3.0], [12.0, 3.0, 0.0], [9.0, 10.5, 10.25], [-20.0, -19.0, -25.0], [400.0, 399.0, 0.0]]:
        logits = np.array(z, np.float16)
        with np.errstate(all="ignore"):
            powers = np.exp(logits - logits.max() if trick else logits)
            total = np.float16(0)
            for power in powers:
                total = np.float16(total + power)
            expected = powers / total
        found = kernel("kernel.softmaxInHalf", z, trick)
        np.testing.assert_array_equal(np.array(found["powers"], float), powers.astype(float))
        np.testing.assert_array_equal(np.array(found["o"], float), expected.astype(float))


def test_softmax_by_steps_in_double_precision(kernel):
    """The exponentials and their sum as NumPy has them, and the library's softmax, at every shift and temperature."""
    z = np.array([1.0, -0.5, 0.3, 1.4])
    for c, T in [(0, 1), (24, 0.25), (-24, 0.25), (7.5, 3.1)]:
        u = (z + c) / T
        np.testing.assert_allclose(kernel("kernel.shiftedLogits", z.tolist(), c, T), u, **CLOSE)
        for trick in (False, True):
            found = kernel("kernel.softmaxBySteps", u.tolist(), trick)
            powers = np.exp(u - u.max() if trick else u)
            np.testing.assert_allclose(found["powers"], powers, rtol=1e-12)
            np.testing.assert_allclose(found["total"], powers.sum(), rtol=1e-12)
            np.testing.assert_allclose(found["o"], softmax_lib.softmax(u), **CLOSE)


def test_shift_and_temperature_in_half_precision(kernel):
    for c, T in [(0, 1), (10.3, 1.0), (-17.5, 0.87), (23.1, 3.7)]:
        z = rng.uniform(-4, 4, size=5)
        expected = (z.astype(np.float16) + np.float16(c)) / np.float16(T)
        found = kernel("(z, c, T) => kernel.shiftedLogits(z, c, T, kernel.half)", z.tolist(), c, T)
        np.testing.assert_array_equal(found, expected.astype(float))


def test_logits_of_probabilities(kernel):
    for o in rng.dirichlet(np.ones(4), size=5):
        z = np.array(kernel("kernel.logitsOf", o.tolist()))
        np.testing.assert_allclose(softmax_lib.softmax(z), o, **CLOSE)
        assert abs(z.sum()) < 1e-12


def test_largest_eigenpair(kernel):
    A = rng.normal(size=(9, 5))
    found = kernel("kernel.largestEigenpair", (A.T @ A).tolist())
    values, vectors = np.linalg.eigh(A.T @ A)
    np.testing.assert_allclose(found["value"], values[-1], **CLOSE)
    np.testing.assert_allclose(np.abs(found["vector"] @ vectors[:, -1]), 1, **CLOSE)  # the sign is anyone's


def problems():
    """Objectives of many shapes, N, D and K all different, at random weights: (objective, W, b)."""
    for seed, (N, D, K, alpha) in enumerate([(7, 2, 3, 0.1), (40, 5, 4, 1e-3), (25, 1, 2, 1.0), (60, 2, 5, 0.0)]):
        random = np.random.default_rng(seed)
        X, y = random.normal(size=(N, D)) + 1, random.choice(K, size=N, p=random.dirichlet(np.ones(K) * 3))
        yield Objective(X, y, alpha=alpha, n_classes=K), random.normal(size=(K, D)), random.normal(size=K)


def ask(kernel, code, objective, *arguments):
    """Evaluates code that sees `objective` and further arguments, arrays as lists."""
    data = [objective.features.X.tolist(), objective.y.tolist(), {"K": objective.shape[0], "alpha": objective.alpha}]
    lists = [each.tolist() if isinstance(each, np.ndarray) else each for each in arguments]
    return kernel(f"(data, rest) => ({code})(new kernel.Objective(...data), ...rest)", data, lists)


@pytest.mark.parametrize("problem", list(problems()), ids=lambda problem: "x".join(map(str, problem[0].shape)))
class TestObjective:
    def test_value_and_gradient(self, kernel, problem):
        objective, W, b = problem
        found = ask(kernel, "(objective, W, b) => objective.at(W, b)", objective, W, b)
        J, dW, db = objective.value_and_gradient(W, b)
        np.testing.assert_allclose(found["J"], J, **CLOSE)
        np.testing.assert_allclose(found["dW"], dW, **CLOSE)
        np.testing.assert_allclose(found["db"], db, **CLOSE)

    def test_hessian(self, kernel, problem):
        objective, W, b = problem
        found = ask(kernel, "(objective, W, b) => objective.hessian(objective.at(W, b))", objective, W, b)
        expected = objective.at(W, b).curvature().matrix().reshape(np.shape(found))
        np.testing.assert_allclose(found, expected, **CLOSE)

    def test_along_a_line(self, kernel, problem):
        objective, W, b = problem
        V, v = np.random.default_rng(1).normal(size=W.shape), np.random.default_rng(2).normal(size=b.shape)
        code = "(objective, W, b, direction) => objective.along(objective.at(W, b), direction, 0.7)"
        found = ask(kernel, code, objective, W, b, np.column_stack([V, v]).ravel())
        J, dW, db = objective.value_and_gradient(W + 0.7 * V, b + 0.7 * v)
        np.testing.assert_allclose([found["J"], found["slope"]], [J, np.sum(dW * V) + db @ v], **CLOSE)

    def test_bound_on_the_curvature(self, kernel, problem):
        objective = problem[0]
        found = ask(kernel, "objective => objective.smoothness()", objective)
        np.testing.assert_allclose(found, objective.smoothness, **CLOSE)

    def test_certificate(self, kernel, problem):
        objective, W, b = problem
        code = "(objective, W, b) => String(objective.suboptimality(objective.at(W, b)))"
        found = float(ask(kernel, code, objective, W, b))
        np.testing.assert_allclose(found, objective.suboptimality(W, b), **CLOSE)

    def test_gradient_descent(self, kernel, problem):
        objective, W, b = problem
        code = "(objective, W, b) => objective.gradientStep(objective.at(W, b), 0.3)"
        found = ask(kernel, code, objective, W, b)
        dW, db = objective.gradient(W, b)
        np.testing.assert_allclose(found["W"], W - 0.3 * dW, **CLOSE)
        np.testing.assert_allclose(found["b"], b - 0.3 * db, **CLOSE)

    def test_newton_reaches_the_minimum(self, kernel, problem):
        X, y = problem[0].features.X, problem[0].y
        objective = Objective(X, y, alpha=problem[0].alpha or 0.01, n_classes=problem[0].shape[0])
        code = """objective => {
          let point = objective.zeros();
          for (let i = 0; i < 12; i++) point = objective.newtonStep(point);
          return [point.J, objective.suboptimality(point)];
        }"""
        J, bound = ask(kernel, code, objective)
        best = newton_cg(objective, tol=1e-12)
        assert abs(J - best.history["loss"][-1]) < 1e-12 and bound < 1e-12


def test_quadratic_features(kernel):
    x = rng.normal(size=(5, 2))
    found = kernel("rows => rows.map(kernel.quadraticFeatures)", x.tolist())
    np.testing.assert_allclose(found, PolynomialFeatures(2, include_bias=False).fit_transform(x), **CLOSE)


def test_certificate_with_a_class_that_has_no_rows(kernel):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(20, 2)), random.integers(2, size=20)
    objective = Objective(X, y, alpha=0.1, n_classes=3)
    W, b = random.normal(size=(3, 2)) / 4, np.array([0.0, 0.3, -20.0])
    found = ask(kernel, "(objective, W, b) => objective.suboptimality(objective.at(W, b))", objective, W, b)
    expected = objective.suboptimality(W, b)
    assert expected < objective.value(W, b)
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_how_a_class_stands_against_the_others(kernel):
    for z in LOGITS:
        for k, found in enumerate(kernel("kernel.standing", z.tolist())):
            others = np.delete(z, k)
            np.testing.assert_allclose(found["ahead"], z[k] - others.max(), **CLOSE)
            np.testing.assert_allclose(found["odds"], min(z[k] - softmax_lib.logsumexp(others), 40), **CLOSE)


@pytest.mark.parametrize("K", [2, 3, 5])
def test_decision_polygons(kernel, K):
    model = softmax_lib.SoftmaxRegression(alpha=0.01).fit(rng.normal(size=(50, 2)), np.arange(50) % K)
    model.coef_, model.intercept_ = rng.normal(size=(K, 2)), rng.normal(size=K)
    limits = (-2.0, 3.0), (-1.0, 2.0)
    found = kernel("kernel.decisionPolygons", model.coef_.tolist(), model.intercept_.tolist(), limits)
    for ours, polygon in zip(found, softmax_lib.decision_polygons(model, *limits), strict=True):
        np.testing.assert_allclose(np.reshape(ours, (-1, 2)), polygon, **CLOSE)


def test_temperature_and_reliability(kernel):
    logits, labels = 4 * rng.normal(size=(200, 3)), rng.integers(3, size=200)
    for temperature in (0.3, 1.0, 2.7):
        found = kernel("kernel.lossAtTemperature", logits.tolist(), labels.tolist(), temperature)
        np.testing.assert_allclose(found, softmax_lib.cross_entropy(logits / temperature, labels), **CLOSE)
        o = softmax_lib.softmax(logits / temperature)
        bins = np.minimum((o.max(axis=1) * 10).astype(int), 9)
        found = kernel("kernel.reliability", logits.tolist(), labels.tolist(), temperature)
        error = 0
        for i, each in enumerate(found["diagram"]):
            assert each["size"] == (bins == i).sum()
            if each["size"]:
                says, is_right = o.max(axis=1)[bins == i].mean(), (o.argmax(axis=1) == labels)[bins == i].mean()
                np.testing.assert_allclose([each["says"], each["isRight"]], [says, is_right], **CLOSE)
                error += each["size"] / 200 * abs(says - is_right)
        np.testing.assert_allclose(found["error"], error, **CLOSE)


def expected_minus_true_logit(T, logits, labels):
    o = softmax_lib.softmax(logits / T)
    return np.mean(np.sum(o * logits, axis=1) - logits[np.arange(len(labels)), labels])


def test_best_temperature(kernel):
    """Where SciPy finds it, at a minimum of the library's loss; the end of the range if that lies outside."""
    random = np.random.default_rng(3)
    for scale in (0.6, 1.0, 4.0):
        logits = random.normal(size=(300, 4))
        labels = (softmax_lib.softmax(logits).cumsum(axis=1) < random.random((300, 1))).sum(axis=1)
        logits *= scale  # the labels are drawn for a temperature of about `scale`
        best = brentq(expected_minus_true_logit, 0.25, 8, (logits, labels), xtol=1e-13)
        found = kernel("kernel.bestTemperature", logits.tolist(), labels.tolist())
        np.testing.assert_allclose(found, best, rtol=1e-11)
        losses = [softmax_lib.cross_entropy(logits / T, labels) for T in (found, 0.99 * found, 1.01 * found)]
        assert losses[0] == min(losses)
    sure, wrong = [[5, 0], [0, 3]], [[0, 5], [3, 0]]
    assert kernel("kernel.bestTemperature", sure, [0, 1]) == 0.25
    assert kernel("kernel.bestTemperature", wrong, [0, 1]) == 8
    assert kernel("kernel.bestTemperature", sure, [0, 1], 0.5, 2) == 0.5


# ---------------------------------------------------------------------------------------- modules and bundles


def test_dependencies_come_first():
    for name in STARTS:
        order = bundle.dependencies(name)
        assert order[-1] == name and {"kernel", "panel", "d3"} <= set(order)
        for i, each in enumerate(order):
            assert set(bundle.dependencies(each)) <= set(order[: i + 1])


def test_a_form_that_the_bundle_does_not_know_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "source", lambda name: 'import * as all from "./kernel.js";\nexport default { all };\n')
    with pytest.raises(ValueError, match="in a form that is not known"):
        bundle.bundle("odd")


@pytest.mark.parametrize("name", STARTS)
def test_an_output_holds_state_and_figure(name):
    data, metadata = explore(name)._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/svg+xml"} and data["image/svg+xml"].lstrip().startswith("<?xml")
    assert metadata["explorable"]["name"] == name
    assert json.loads(json.dumps(metadata["explorable"]["state"])) == STARTS[name]


@pytest.mark.parametrize("name", STARTS)
def test_a_widget_carries_the_module_and_the_state_both_ways(name):
    figure = explore(name)
    widget = figure.widget
    assert re.search(r"^export default modules\.\w+\.default;$", widget._esm, re.M)
    assert {key: getattr(widget, key) for key in STARTS[name]} == STARTS[name]
    key = next(iter(STARTS[name]))
    setattr(widget, key, "moved by the reader")
    assert getattr(figure, key) == "moved by the reader"
    setattr(figure, key, np.arange(3))
    assert getattr(widget, key) == [0, 1, 2]


def test_errors_say_what_there_is():
    with pytest.raises(ValueError, match=r"there is no explorable 'jacobain'; there are .*jacobian"):
        explore("jacobain")
    with pytest.raises(TypeError, match="jacobian has no logits; its state is z, step"):
        explore("jacobian", logits=[1, 2])
    with pytest.raises(AttributeError, match="jacobian has no logits"):
        _ = explore("jacobian").logits


@pytest.mark.parametrize("name", STARTS)
def test_a_bundle_runs_as_one_module(browser, name):
    """As anywidget loads it: one ES module whose default export has render({model, el})."""
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.evaluate(
        """async ([text, state]) => {
          const module = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
          const model = {get: key => state[key], set: (key, value) => { state[key] = value; }, on() {}, off() {},
                         save_changes() {}};
          globalThis.end = module.default.render({model, el: document.body});
        }""",
        [bundle.bundle(name), json.loads(json.dumps(STARTS[name]))],
    )
    page.wait_for_selector(".explorable-panel :is(svg *, td)")
    page.evaluate("end()")
    assert complaints == []
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_place_of_an_explorable_has_its_height_before_it_starts(browser, site, width):
    with Visit(browser, width=width) as visit:
        page = visit.open((site / "chapters/ten_minutes.html").as_uri())
        for name in STARTS:
            place = page.locator(f".explorable-{name}").first
            reserved = place.evaluate("place => parseFloat(getComputedStyle(place).minHeight)")
            place.scroll_into_view_if_needed()
            page.wait_for_selector(f".explorable-{name}.started")
            assert abs(place.bounding_box()["height"] - reserved) < 8, name
        assert visit.complaints == []
