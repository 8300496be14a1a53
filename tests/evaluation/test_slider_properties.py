import numpy as np
import pytest

from mnist_models import catalog, weights
from mnist_models.evaluation import slider_properties


@pytest.mark.parametrize(("network", "shape"), [("digit_gan", (28, 28, 1)), ("face_gan", (64, 64, 3))])
def test_without_a_judge_in_the_folder_the_shipped_one_measures(tmp_path, network, shape):
    pictures = np.random.default_rng(0).random((2, *shape), np.float32)
    shipped, here = (
        slider_properties.meter_of(catalog.ADVERSARIAL[network], folder).measure(pictures)
        for folder in (None, tmp_path)
    )
    np.testing.assert_array_equal(here, shipped)


def test_a_damaged_judge_in_the_folder_is_not_passed_over(tmp_path):
    (tmp_path / "judge.json").write_text("{")
    meter = slider_properties.meter_of(catalog.ADVERSARIAL["digit_gan"], tmp_path)
    with pytest.raises(weights.CardError, match="damaged"):
        meter.measure(np.zeros((1, 28, 28, 1), np.float32))


def test_digits_are_measured_in_shape_and_likeness(sample):
    meter = slider_properties.meter_of(catalog.ADVERSARIAL["tutorial_gan"])
    values = meter.measure(sample.x_test[:50, ..., None] / np.float32(255))
    assert values.shape == (50, len(meter.properties))
    assert [one.title for one in meter.properties[2:5]] == ["Width", "More like a 0", "More like a 1"]
    likeness = values[:, [one.is_class for one in meter.properties]]
    assert (likeness.argmax(axis=1) == sample.y_test[:50]).mean() > 0.95


def test_titles_are_english():
    meter = slider_properties.meter_of(catalog.ADVERSARIAL["fashion_gan"])
    titles = {one.title for one in meter.properties}
    assert {"More like a T-shirt", "More like trousers", "More like an ankle boot"} <= titles


def test_the_shipped_age_judge_is_measured_and_better_than_a_guess():
    card = weights.read("age_judge")
    for file_name in card["files"]:
        assert weights.checked_file("age_judge", file_name).is_file()
    test = card["test"]
    assert test["images"] > 2_000
    assert test["mean_absolute_error"] <= 7  # years
    assert test["mean_absolute_error"] < 0.5 * test["mean_absolute_error_of_the_median"]
    assert any("without profit" in limit for limit in card["limits"])
