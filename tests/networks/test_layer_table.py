"""The table of layers, against the networks that Keras builds."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_models import catalog
from mnist_models.networks import layer_table, shape_layers, strided_cnn
from mnist_models.training import models


def chosen(name, **changes):
    """A row of the catalog, and the recipe that its form begins with, changed."""
    network = catalog.get(name)
    return network, (network.quick or network.recipe).replace(**changes)


CHOSEN = [
    *(chosen(name) for name in catalog.NETWORKS),
    chosen("mlp", hidden=()),
    chosen("mlp", hidden=(1,), activation="linear"),
    chosen("mlp", hidden=(512, 256, 33), activation="gelu", dropout=0.0, l2=1e-4),
    chosen("cnn", activation="tanh", dropout=0.5),
    chosen("reader", activation="elu", dropout=0.0),
    chosen("fashion_cnn", dropout=0.45),
    chosen("strided_cnn", dropout=0.35),
    chosen("autoencoder", latent_dim=1),
    chosen("denoiser", latent_dim=300),
    chosen("vae", latent_dim=7),
    *(chosen(name, latent_dim=latent_dim) for name in catalog.ADVERSARIAL for latent_dim in (1, 37)),
]


@pytest.mark.parametrize(("network", "recipe"), CHOSEN)
def test_it_says_what_keras_builds(network, recipe):
    built = models.build(network, recipe)
    built, parts = built if isinstance(built, tuple) else (built,), layer_table.parts(network, recipe)
    for model, part in zip(built, parts, strict=True):
        assert part.name == model.name
        assert [layer.shape for layer in part.layers] == [layer.output.shape[1:] for layer in model.layers]
        assert [layer.parameters for layer in part.layers] == [layer.count_params() for layer in model.layers]
        assert part.parameters == model.count_params()
        assert part.running == sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
        for layer, built_layer in zip(part.layers, model.layers, strict=True):
            for word in words(built_layer):
                assert word in layer_table.described(layer)
    assert layer_table.parameters(network, recipe) == sum(model.count_params() for model in built)


@pytest.mark.parametrize(
    ("kind", "arguments", "options"),
    [
        ("Conv2D", (4, 3), {}),
        ("Conv2D", (4, 5), {"strides": 2}),
        ("Conv2D", (4, 4), {"strides": 3, "padding": "same"}),
        ("Conv2DTranspose", (4, 3), {}),
        ("Conv2DTranspose", (4, 2), {"strides": 3}),
        ("Conv2DTranspose", (4, 5), {"strides": 2, "use_bias": False}),
        ("MaxPooling2D", (), {}),
    ],
)
def test_layers_that_no_network_has_yet_have_their_shapes_too(kind, arguments, options):
    made = []
    for library in (keras, shape_layers):
        inputs = library.Input((15, 13, 3))
        outputs = getattr(library.layers, kind)(*arguments, **options)(inputs)
        made.append(library.Model(inputs, outputs, name="one"))
    model, ours = made
    assert ours.outputs.shape == model.output_shape[1:]
    assert ours.parameters == model.count_params()


def words(layer):
    """What a layer's name must tell."""
    if isinstance(layer, keras.layers.InputLayer):
        return ["Input"]
    if isinstance(layer, keras.layers.Activation | keras.layers.ReLU):
        return [activation_name(getattr(layer, "activation", keras.activations.relu))]
    if isinstance(layer, keras.layers.LeakyReLU):
        return ["leaky ReLU", f"{layer.negative_slope:g}"]
    told = [type(layer).__name__]
    if isinstance(layer, keras.layers.Dropout):
        told.append(f"{100 * layer.rate:g} %")
    if isinstance(layer, keras.layers.Dense):
        told.append(f"{layer.units:,}")
    if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
        height, width = layer.kernel_size
        told.append(f" {layer.filters}, {height}×{width}")
        told += [f"stride {stride}" for stride in layer.strides if stride > 1]
    if getattr(layer, "activation", None) not in (None, keras.activations.linear):
        told.append(activation_name(layer.activation))
    return told


def activation_name(function):
    written = {"relu": "ReLU", "elu": "ELU", "gelu": "GELU"}
    return written.get(function.__name__, function.__name__)


def test_a_network_of_raw_operations_has_the_layers_of_its_variables():
    (part,) = layer_table.parts(*chosen("strided_cnn"))
    variables = strided_cnn.variables(1, tf)
    names = (*strided_cnn.CONVOLUTIONS, *strided_cnn.DENSE)
    kernels, biases = ([variables[f"{name}/{kind}"] for name in names] for kind in ("kernel", "bias"))
    held = [int(tf.size(kernel) + tf.size(bias)) for kernel, bias in zip(kernels, biases, strict=True)]
    assert [layer.parameters for layer in part.layers if layer.parameters] == held
    x = tf.zeros((1, *part.layers[0].shape))
    for layer, (name, (_, stride)) in zip(part.layers[1:4], strided_cnn.CONVOLUTIONS.items(), strict=True):
        x = tf.nn.conv2d(x, variables[f"{name}/kernel"], stride, "SAME")
        assert layer.shape == x.shape[1:]
    assert [layer.shape for layer in part.layers[4:]] == [(kernels[3].shape[0],), (200,), (200,), (10,)]


def test_the_keras_twin_of_a_network_of_raw_operations_computes_the_same(rng):
    model = models.build(*chosen("strided_cnn"))
    variables = strided_cnn.variables(1, tf, random_biases=True)
    model.set_weights([variable.numpy() for variable in variables.values()])
    images = rng.random((4, 28, 28, 1), np.float32)
    expected = tf.nn.softmax(strided_cnn.logits(variables, images, tf))
    np.testing.assert_allclose(np.asarray(model(images)), expected, atol=1e-5)


def test_the_table_is_for_people():
    assert layer_table.table(*chosen("mlp", hidden=(1_200,), activation="gelu")).splitlines() == [
        "| Layer | Output | Parameters |",
        "| --- | --- | ---: |",
        "| Input | 28 × 28 × 1 |  |",
        "| Flatten | 784 |  |",
        "| Dense 1,200, GELU | 1,200 | 942,000 |",
        "| Dropout 20 % | 1,200 |  |",
        "| Dense 10, softmax | 10 | 12,010 |",
        "",
        "954,010 parameters.",
    ]


def test_a_pair_has_two_tables_with_their_totals():
    text = layer_table.table(*chosen("tutorial_gan"))
    assert text.index("**Generator**") < text.index("2,330,944 parameters, 25,472 of them")
    assert text.index("2,330,944 parameters") < text.index("**Discriminator**")
    assert text.endswith("212,865 parameters.")


def test_neither_keras_nor_tensorflow_is_imported():
    code = (
        "import sys; from mnist_models import catalog; from mnist_models.networks import layer_table;"
        "[layer_table.table(row, row.recipe) for row in catalog.NETWORKS.values()];"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
