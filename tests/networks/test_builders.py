import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_models import catalog, recipes
from mnist_models.errors import DigitLabError
from mnist_models.networks import (
    activations,
    cnn,
    fashion_cnn,
    judge,
    mlp,
    reader,
    strided_cnn,
    test_time_augmentation,
)
from mnist_models.training import export


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


def test_mlp_has_the_layers_asked_for():
    model = mlp.build(recipes.ClassifierRecipe(hidden=(128, 64), activation="tanh", dropout=0.2, l2=1e-4))
    assert model.count_params() == 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    assert [layer.units for layer in dense] == [128, 64, 10]
    assert dense[0].activation.__name__ == "tanh"
    assert dense[0].kernel_regularizer is not None


def test_mlp_without_hidden_layers_is_logistic_regression():
    assert mlp.build(recipes.ClassifierRecipe(hidden=())).count_params() == 7_850


def test_cnn_has_the_layers_the_catalog_names():
    pair = ["Conv2D", "MaxPooling2D"]
    assert kinds(cnn.build(recipes.ClassifierRecipe())) == [*pair, *pair, "Flatten", "Dropout", "Dense"]


@pytest.mark.parametrize("classifier", [judge, fashion_cnn])
def test_a_judge_names_its_features(classifier):
    assert classifier.build(recipes.ClassifierRecipe()).get_layer("features").output.shape == (None, 64)


class TestStridedCnn:
    def test_it_has_three_convolutions_of_which_two_stride(self):
        assert [stride for _, stride in strided_cnn.CONVOLUTIONS.values()] == [1, 2, 2]
        assert strided_cnn.logits(strided_cnn.variables(1), tf.zeros((5, 28, 28, 1))).shape == (5, 10)

    def test_it_is_made_of_plain_variables(self):
        assert all(isinstance(v, tf.Variable) for v in strided_cnn.variables(1).values())

    def test_weights_are_truncated_normal(self):
        kernel = strided_cnn.variables(1)["conv2/kernel"].numpy()
        deviation = np.sqrt(2 / (5 * 5 * 24))
        assert np.abs(kernel).max() <= 2 * deviation + 1e-6
        assert kernel.std() == pytest.approx(0.88 * deviation, rel=0.05)  # σ of a normal cut at 2σ

    @pytest.mark.parametrize(("random_biases", "spread"), [(False, 0), (True, 0.02)])
    def test_random_biases_are_an_option(self, random_biases, spread):
        bias = strided_cnn.variables(1, random_biases)["dense/bias"].numpy()
        assert bias.std() >= spread
        assert random_biases or not bias.any()

    def test_the_seed_decides_the_weights(self):
        first, again, other = (strided_cnn.variables(seed)["conv1/kernel"].numpy() for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_dropout_is_random(self):
        parameters, images = strided_cnn.variables(1), tf.ones((1, 28, 28, 1))
        answers = [strided_cnn.logits(parameters, images, dropout=0.5).numpy() for _ in range(2)]
        assert not np.allclose(*answers)


@pytest.mark.parametrize("name", activations.NAMES)
def test_every_activation_survives_the_export(name, tmp_path):
    network = catalog.get("mlp")
    model = mlp.build(recipes.ClassifierRecipe(hidden=(8,), activation=name))
    files, difference = export.save_classifier(network, model, tmp_path)
    assert set(files) == {"mlp.keras", "mlp.onnx"}
    assert difference <= 1e-4


def test_an_unknown_activation_is_answered_with_the_known():
    with pytest.raises(DigitLabError, match=r"no activation 'magic'\. Known: relu"):
        mlp.build(recipes.ClassifierRecipe(hidden=(8,)).model_copy(update={"activation": "magic"}))


def test_a_network_that_looks_again_averages_its_answers_to_all_views(sample):
    model = reader.build(recipes.ClassifierRecipe())
    digits = sample.x_test[:4, ..., None] / np.float32(255)
    looks = [np.asarray(test_time_augmentation.View(**view)(digits)) for view in test_time_augmentation.VIEWS]
    expected = np.mean([np.asarray(model(look)) for look in looks], axis=0)
    np.testing.assert_allclose(
        np.asarray(test_time_augmentation.averaged_over_views(model)(digits)), expected, atol=1e-5
    )


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -1)])
def test_a_view_moves_a_picture_by_whole_pixels(sample, down, right):
    digits = sample.x_test[:4, ..., None] / np.float32(255)  # their margins are empty
    moved = np.asarray(test_time_augmentation.View(down=down, right=right)(digits))
    np.testing.assert_allclose(moved, np.roll(digits, (down, right), axis=(1, 2)), atol=1e-6)


def test_a_view_turns_and_enlarges_about_the_middle():
    point = np.zeros((1, 29, 29, 1), np.float32)
    point[0, 14, 24] = 1  # ten pixels to the right of the middle
    turned = np.asarray(test_time_augmentation.View(rotation=90)(point))
    assert np.argwhere(turned[0, ..., 0] > 0.9).tolist() == [[24, 14]]  # clockwise: now below it
    enlarged = np.asarray(test_time_augmentation.View(scale=1.2)(point))
    assert np.argwhere(enlarged[0, ..., 0] > 0.9).tolist() == [[14, 26]]
