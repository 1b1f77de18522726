"""The bundled and generated data."""

import csv
from pathlib import Path

import numpy as np
import pytest

import softmax_lib
from softmax_lib import load_digits, load_penguins, make_blobs

DATA = Path(softmax_lib.__file__).parent / "data"


@pytest.mark.parametrize(
    "dataset", [load_penguins(), load_digits(), make_blobs(), make_blobs((2, 9), centres=np.eye(2, 5))]
)
def test_every_dataset_is_described_completely(dataset):
    N, D = dataset.X.shape
    assert dataset.X.dtype == np.float64
    assert np.isfinite(dataset.X).all()
    assert dataset.y.shape == (N,)
    assert np.unique(dataset.y).tolist() == list(range(len(dataset.class_names)))
    assert len(dataset.feature_names) == D
    assert all(isinstance(name, str) for name in dataset.feature_names + dataset.class_names)
    assert dataset.source
    assert dataset.licence


def test_penguins_are_the_complete_rows_as_measured():
    penguins = load_penguins()
    assert np.bincount(penguins.y).tolist() == [146, 68, 119]
    assert penguins.class_names == ("Adelie", "Chinstrap", "Gentoo")
    assert penguins.X[0].tolist() == [39.1, 18.7, 181, 3750]
    with (DATA / "penguins.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert not any(value in ("", "NA") for row in rows for value in row.values())
    columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    np.testing.assert_array_equal(penguins.X, [[float(row[c]) for c in columns] for row in rows])
    assert [penguins.class_names[k] for k in penguins.y] == [row["species"] for row in rows]


def test_penguin_features_are_chosen_by_name_in_the_order_given():
    everything, two = load_penguins(), load_penguins(["body mass", "bill length"])
    np.testing.assert_array_equal(two.X, everything.X[:, [3, 0]])
    assert two.feature_names == ("body mass (g)", "bill length (mm)")
    np.testing.assert_array_equal(load_penguins("bill depth").X, everything.X[:, [1]])
    with pytest.raises(ValueError, match="no feature 'wing length': choose from"):
        load_penguins(["wing length"])


def test_the_data_say_where_they_come_from():
    text = (DATA / "README.md").read_text()
    for fact in ("CC0", "10.1371/journal.pone.0090081", "10.5281/zenodo.3960218", "333"):
        assert fact in text


def test_blobs_follow_their_seed_sizes_centres_and_spread():
    blobs = make_blobs((4000, 2000), centres=[[0, 0, 5], [9, 9, 9]], spread=2, random_state=3)
    assert np.bincount(blobs.y).tolist() == [4000, 2000]
    np.testing.assert_allclose(blobs.X[blobs.y == 1].mean(axis=0), 9, atol=0.2)
    np.testing.assert_allclose(blobs.X[blobs.y == 0].std(axis=0), 2, atol=0.1)
    again = make_blobs((4000, 2000), centres=[[0, 0, 5], [9, 9, 9]], spread=2, random_state=3)
    np.testing.assert_array_equal(blobs.X, again.X)
    assert (make_blobs(random_state=1).X != make_blobs(random_state=2).X).all()
    with pytest.raises(ValueError, match=r"centres have shape \(2, 2\), expected one row for each of 3"):
        make_blobs((1, 1, 1), centres=np.eye(2))
