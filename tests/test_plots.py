"""The drawings: exact regions first, then what is on the page."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.path import Path
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from softmax_lib import (
    SoftmaxRegression,
    decision_polygons,
    make_blobs,
    plot_decision_regions,
    plot_history,
    plot_jacobian,
    plot_simplex,
    plots,
    softmax_jacobian,
    use_style,
)

mpl.use("agg")
X, Y = make_blobs((30, 20, 12, 9), spread=1.2)[:2]
XLIM, YLIM = (-4.0, 3.0), (-5.0, 4.0)
MODELS = [
    pytest.param(SoftmaxRegression(0.1), id="softmax"),
    pytest.param(make_pipeline(StandardScaler(), SoftmaxRegression(0.1)), id="pipeline"),
    pytest.param(LogisticRegression(solver="newton-cholesky"), id="scikit-learn"),
    pytest.param(LinearDiscriminantAnalysis(), id="lda"),
]


@pytest.fixture(autouse=True)
def _style_and_tidiness():
    with mpl.rc_context():
        use_style()
        yield
    plt.close("all")


def area(polygon):
    x, y = polygon.T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("offset", [0, 1000])
def test_regions_hold_exactly_the_points_that_are_predicted(model, n_classes, offset):
    kept = n_classes > Y
    model.fit(X[kept] + offset, Y[kept])
    xlim, ylim = (tuple(np.add(limits, offset)) for limits in (XLIM, YLIM))
    polygons = decision_polygons(model, xlim, ylim)
    assert len(polygons) == n_classes
    points = offset + np.random.default_rng(0).uniform([XLIM[0], YLIM[0]], [XLIM[1], YLIM[1]], size=(2000, 2))
    predicted = model.predict(points)
    for k, polygon in enumerate(polygons):
        inside = Path(polygon).contains_points(points) if len(polygon) else np.zeros(len(points), bool)
        np.testing.assert_array_equal(inside, predicted == k)
    total = sum(area(polygon - offset) for polygon in polygons)
    assert total == pytest.approx(7 * 9, rel=1e-9)


def test_inner_corners_lie_where_logits_are_equal():
    model = SoftmaxRegression(0.1).fit(X, Y)
    for k, polygon in enumerate(decision_polygons(model, XLIM, YLIM)):
        inner = ((np.abs(polygon - [XLIM[0], YLIM[0]]) > 1e-9) & (np.abs(polygon - [XLIM[1], YLIM[1]]) > 1e-9)).all(
            axis=1
        )
        z = model.decision_function(polygon)
        np.testing.assert_allclose(z[:, k], z.max(axis=1), atol=1e-10)
        runners_up = np.sort(z, axis=1)
        np.testing.assert_allclose(runners_up[inner, -3], runners_up[inner, -1], atol=1e-10)  # a triple point
        assert k or inner.any()


def test_a_class_that_never_wins_has_an_empty_region():
    model = SoftmaxRegression(0.1).fit(X, Y)
    model.intercept_ = model.intercept_ - [0, 0, 0, 1000]
    polygons = decision_polygons(model, XLIM, YLIM)
    assert polygons[3].shape == (0, 2)
    assert len(plot_decision_regions(model, X, Y).patches) == 3


def test_neighbours_share_their_boundary_to_the_last_bits():
    model = SoftmaxRegression(0.1).fit(X[Y < 2], Y[Y < 2])
    first, second = decision_polygons(model, XLIM, YLIM)
    on_line = [p[np.abs(model.decision_function(p)) < 1e-9] for p in (first, second)]
    assert len(on_line[0]) == len(on_line[1]) == 2
    np.testing.assert_allclose(np.sort(on_line[0], axis=0), np.sort(on_line[1], axis=0), atol=1e-13)


def test_a_model_that_is_not_affine_has_no_polygons_but_is_drawn():
    model = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), SoftmaxRegression(0.1))
    model.fit(X, Y)
    with pytest.raises(ValueError, match="Pipeline is not affine"):
        decision_polygons(model, XLIM, YLIM)
    ax = plot_decision_regions(model, X, Y)
    assert not ax.patches
    assert len(ax.collections) == 4 + 4 + 1 + 4  # fills, boundaries, probability lines, points


class Bent:
    """Affine logits, but for a bend of a thousandth of their size in one quarter of the rectangle."""

    classes_ = np.arange(3)

    def __init__(self, quarter):
        self.quarter = quarter

    def decision_function(self, points):
        middle, half = np.mean([XLIM, YLIM], axis=1), np.ptp([XLIM, YLIM], axis=1) / 2
        bend = np.maximum((points - middle) / half * self.quarter, 0).prod(axis=1)  # (N,): 0 in the others
        return points @ np.array([[1.0, 0, -1], [0, 2, 1]]) + 0.02 * bend[:, None] * [0, 1, 0]


@pytest.mark.parametrize("quarter", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_a_slight_bend_in_any_quarter_of_the_rectangle_is_not_affine(quarter):
    assert len(decision_polygons(Bent((0, 0)), XLIM, YLIM)) == 3
    with pytest.raises(ValueError, match="Bent is not affine"):
        decision_polygons(Bent(quarter), XLIM, YLIM)


def test_curved_boundaries_lie_where_a_logit_equals_the_largest_of_the_others():
    model = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), SoftmaxRegression(0.1))
    ax = plot_decision_regions(model.fit(X, Y), X, Y, proba=False)
    for k, lines in enumerate(ax.collections[1:8:2]):  # a fill and its boundary for each class
        z = model.decision_function(np.vstack([path.vertices for path in lines.get_paths()]))
        assert len(z) > 20
        others = np.delete(z, k, axis=1).max(axis=1)
        np.testing.assert_allclose(z[:, k], others, atol=0.05)  # the logits span about 10


def test_clipping_keeps_the_corners_on_the_line_and_repeats_none():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    diagonal = np.array([1.0, -1])
    np.testing.assert_array_equal(plots.clip(square, diagonal, 0.0), square[:3])
    np.testing.assert_array_equal(plots.clip(square, -diagonal, 0.0), square[[0, 2, 3]])
    np.testing.assert_array_equal(plots.clip(square, np.array([1.0, 0]), 0.0), square)  # a side on the line


def test_the_picture_has_a_margin_around_the_data():
    ax = plot_decision_regions(SoftmaxRegression(0.1).fit(X, Y), X, Y)
    for (left, right), x in zip((ax.get_xlim(), ax.get_ylim()), X.T, strict=True):
        room = np.array([x.min() - left, right - x.max()]) / np.ptp(x)
        assert ((room > 0.02) & (room < 0.2)).all()


def test_regions_are_drawn_as_the_polygons_and_classes_by_colour_and_marker():
    model = SoftmaxRegression(0.1).fit(X, Y)
    ax = plot_decision_regions(model, X, Y, proba=False, class_names=["a", "b", "c", "d"])
    for patch, polygon in zip(ax.patches, decision_polygons(model, ax.get_xlim(), ax.get_ylim()), strict=True):
        np.testing.assert_array_equal(patch.get_xy()[:-1], polygon)
    points = ax.collections
    for k in range(4):
        np.testing.assert_array_equal(points[k].get_offsets(), X[Y == k])
    assert len({p.get_paths()[0].vertices.tobytes() for p in points}) == 4
    assert len({tuple(p.get_facecolor()[0]) for p in points}) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c", "d"]


def test_probability_lines_lie_where_the_winner_has_that_probability():
    model = SoftmaxRegression(0.1).fit(X, Y)
    ax = plot_decision_regions(model, X, Y, levels=(0.7, 0.9))
    lines = ax.collections[0]
    for level, path in zip((0.7, 0.9), lines.get_paths(), strict=True):
        np.testing.assert_allclose(model.predict_proba(path.vertices).max(axis=1), level, atol=2e-3)
    assert {text.get_text() for text in ax.texts} <= {"0.7", "0.9"}


def test_models_fitted_with_column_names_are_drawn_with_them():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["length", "depth"])
    ax = plot_decision_regions(SoftmaxRegression(0.1).fit(frame, Y), frame, Y)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length", "depth")


def test_more_classes_than_colours_still_differ():
    assert len({tuple(plots.look(k).values()) for k in range(40)}) == 40


def test_jacobian_cells_stand_in_row_k_and_column_j():
    J = np.array([[0.5, -0.25], [0.125, -0.375]])
    ax = plot_jacobian(J, class_names=["p", "q"])
    assert [text.get_text() for text in ax.texts] == ["0.500", "−0.250", "0.125", "−0.375"]
    assert [text.get_position() for text in ax.texts] == [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5)]
    assert ax.yaxis_inverted()
    mesh = ax.collections[0]
    np.testing.assert_array_equal(mesh.get_array(), J)
    assert mesh.norm.vmin == -mesh.norm.vmax
    with pytest.raises(ValueError, match=r"square matrix \(K, K\), got shape \(2, 2, 2\)"):
        plot_jacobian(softmax_jacobian(np.zeros((2, 2))))


def test_positive_entries_are_blue_and_negative_ones_red():
    mesh = plot_jacobian([[0.5, -0.5], [-0.25, 0.25]]).collections[0]
    red, _, blue, _ = mesh.cmap(mesh.norm(np.array([0.5, 0.25, -0.25, -0.5]))).T
    np.testing.assert_array_equal(blue > red, [True, True, False, False])


def test_the_limit_sets_the_ends_of_the_colour_scale():
    J = np.array([[0.1, -0.2], [0.0, 0.1]])
    for limit, end in [(None, 0.2), (0.25, 0.25)]:
        norm = plot_jacobian(J, limit=limit).collections[0].norm
        assert (norm.vmin, norm.vmax) == (-end, end)


def test_histories_are_drawn_from_anything_that_has_one():
    model = SoftmaxRegression(0.1).fit(X, Y)
    J = model.history_["loss"]
    for run in (model, model.history_, J):
        np.testing.assert_array_equal(plot_history(run).lines[0].get_ydata(), J)
    ax = plot_history({"a": model, "b": J[:5]}, logx=True, logy=True)
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.column_stack([range(1, 5), J[1:5]]))
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_the_simplex_is_a_triangle_of_side_one_and_mixtures_are_mixtures():
    corners = plots.simplex_coordinates(np.eye(3))
    for k in range(3):
        assert np.linalg.norm(corners[k] - corners[k - 1]) == pytest.approx(1)
    p = np.random.default_rng(1).dirichlet(np.ones(3), size=(2, 4))
    np.testing.assert_allclose(plots.simplex_coordinates(p), p @ corners)
    for wrong in ([0.5, 0.5], [0.5, 0.5, 0.5]):
        with pytest.raises(ValueError, match="three numbers that sum to 1"):
            plots.simplex_coordinates(wrong)


def test_points_and_arrows_of_the_simplex():
    o, y = [0.2, 0.5, 0.3], [0, 1, 0]
    ax = plot_simplex([o, y], labels=["o", "y"], arrows=[(o, y, "y - o")], corner_names="abc")
    np.testing.assert_allclose([line.get_xydata()[0] for line in ax.lines], plots.simplex_coordinates([o, y]))
    arrow = next(text for text in ax.texts if text.get_text() == "")
    np.testing.assert_allclose([arrow.xyann, arrow.xy], plots.simplex_coordinates([o, y]))
    assert {text.get_text() for text in ax.texts} == {"", "a", "b", "c", "o", "y", "y - o"}


def test_drawings_use_the_axes_given_and_return_them():
    model = SoftmaxRegression(0.1).fit(X, Y)
    for draw in (
        lambda ax: plot_decision_regions(model, X, Y, ax=ax),
        lambda ax: plot_jacobian(np.eye(2), ax=ax),
        lambda ax: plot_history(model, ax=ax),
        lambda ax: plot_simplex(ax=ax),
    ):
        ax = plt.subplots()[1]
        assert draw(ax) is ax
        assert ax.get_title() == ""


def test_text_is_large_enough_for_a_phone():
    for name in ("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"):
        assert mpl.rcParams[name] >= 11
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plots.PALETTE)


def test_svg_is_the_same_every_time(tmp_path):
    code = (
        "import matplotlib; matplotlib.use('agg')\n"
        "from softmax_lib import *\nuse_style()\nX, y, *_ = make_blobs()\n"
        "ax = plot_decision_regions(SoftmaxRegression(0.1).fit(X, y), X, y)\n"
        "ax.figure.savefig({!r}, metadata={{'Date': None}})"
    )
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for file in files:
        subprocess.run([sys.executable, "-c", code.format(str(file))], check=True)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert b"dc:date" not in first
    assert len(first) < 300_000
