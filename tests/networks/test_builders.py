from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_models import catalog, recipes
from mnist_models.networks import cnn, fashion_cnn, judge, mlp, strided_cnn
from mnist_models.training import export, models


def kinds(model):
    return [type(layer).__name__ for layer in model.layers[1:]]


def test_mlp_has_the_layers_asked_for():
    model = mlp.build(
        recipes.ClassifierRecipe(hidden=(128, 64), activation="tanh", dropout=0.2, l2=1e-4), keras
    )
    assert model.count_params() == 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    assert [layer.units for layer in dense] == [128, 64, 10]
    assert dense[0].activation.__name__ == "tanh"
    assert dense[0].kernel_regularizer is not None


def test_mlp_without_hidden_layers_is_logistic_regression():
    assert mlp.build(recipes.ClassifierRecipe(hidden=()), keras).count_params() == 7_850


def test_cnn_has_the_layers_the_catalog_names():
    pair = ["Conv2D", "MaxPooling2D"]
    model = cnn.build(recipes.ClassifierRecipe(), keras)
    assert kinds(model) == [*pair, *pair, "Flatten", "Dropout", "Dense"]


@pytest.mark.parametrize("classifier", [judge, fashion_cnn])
def test_a_judge_names_its_features(classifier):
    features = classifier.build(recipes.ClassifierRecipe(), keras).get_layer("features")
    assert features.output.shape == (None, 64)


class TestStridedCnn:
    def test_it_has_three_convolutions_of_which_two_stride(self):
        assert [stride for _, stride in strided_cnn.CONVOLUTIONS.values()] == [1, 2, 2]
        answers = strided_cnn.logits(strided_cnn.variables(1, tf), tf.zeros((5, 28, 28, 1)), tf)
        assert answers.shape == (5, 10)

    def test_it_is_made_of_plain_variables(self):
        assert all(isinstance(v, tf.Variable) for v in strided_cnn.variables(1, tf).values())

    def test_weights_are_truncated_normal(self):
        kernel = strided_cnn.variables(1, tf)["conv2/kernel"].numpy()
        deviation = np.sqrt(2 / (5 * 5 * 24))
        assert np.abs(kernel).max() <= 2 * deviation + 1e-6
        assert kernel.std() == pytest.approx(0.88 * deviation, rel=0.05)  # σ of a normal cut at 2σ

    @pytest.mark.parametrize(("random_biases", "spread"), [(False, 0), (True, 0.02)])
    def test_random_biases_are_an_option(self, random_biases, spread):
        bias = strided_cnn.variables(1, tf, random_biases)["dense/bias"].numpy()
        assert bias.std() >= spread
        assert random_biases or not bias.any()

    def test_the_seed_decides_the_weights(self):
        first, again, other = (strided_cnn.variables(seed, tf)["conv1/kernel"].numpy() for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_dropout_is_random(self):
        parameters, images = strided_cnn.variables(1, tf), tf.ones((1, 28, 28, 1))
        answers = [strided_cnn.logits(parameters, images, tf, dropout=0.5).numpy() for _ in range(2)]
        assert not np.allclose(*answers)


@pytest.mark.parametrize("name", get_args(recipes.Activation))
def test_every_activation_survives_the_export(name, tmp_path):
    network = catalog.get("mlp")
    model = models.build(network, recipes.ClassifierRecipe(hidden=(8,), activation=name))
    files, difference = export.save_classifier(network, model, tmp_path)
    assert set(files) == {"mlp.keras", "mlp.onnx"}
    assert difference <= 1e-4
