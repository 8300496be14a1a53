"""The table of layers, against the networks that Keras builds."""

import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_models import catalog
from mnist_models.networks import layer_table, strided_cnn
from mnist_models.runs import configuration as c
from mnist_models.training import models


def configured(network, **changes):
    default = c.default(network)
    return replace(default, recipe=default.recipe.replace(**changes))


CONFIGURATIONS = [
    *(c.default(network) for network in c.NETWORKS),
    configured("mlp", hidden=()),
    configured("mlp", hidden=(1,), activation="linear"),
    configured("mlp", hidden=(512, 256, 33), activation="gelu", dropout=0.0, l2=1e-4),
    configured("cnn", activation="tanh", dropout=0.5),
    configured("reader", activation="elu", dropout=0.0),
    configured("fashion_cnn", dropout=0.45),
    configured("autoencoder", latent_dim=1),
    configured("denoiser", latent_dim=300),
    configured("vae", latent_dim=7),
    *(
        configured(network, latent_dim=latent_dim)
        for network in catalog.ADVERSARIAL
        for latent_dim in (1, 37)
    ),
]


def as_text(configuration):
    return "-".join(c.to_query(configuration).values())


def built(configuration):
    """The Keras models of a configured network."""
    network = c.NETWORKS[configuration.network]
    built = models.build(network, configuration.recipe)
    return (built,) if network.kind == "classifier" else built


@pytest.mark.parametrize(
    "configuration", [one for one in CONFIGURATIONS if one.network != "strided_cnn"], ids=as_text
)
def test_layers_are_those_that_keras_builds(configuration):
    models, parts = built(configuration), layer_table.parts(configuration)
    assert len(models) == len(parts)
    for model, part in zip(models, parts, strict=True):
        assert [layer.shape for layer in part.layers] == [layer.output.shape[1:] for layer in model.layers]
        assert [layer.parameters for layer in part.layers] == [layer.count_params() for layer in model.layers]
        assert part.parameters == model.count_params()
        assert part.running == sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
        if len(parts) == 2:
            assert part.name.lower() == model.name
    assert layer_table.parameters(configuration) == sum(model.count_params() for model in models)


@pytest.mark.parametrize(
    "configuration", [one for one in CONFIGURATIONS if one.network != "strided_cnn"], ids=as_text
)
def test_names_say_what_keras_built(configuration):
    for model, part in zip(built(configuration), layer_table.parts(configuration), strict=True):
        for layer, built_layer in zip(part.layers, model.layers, strict=True):
            for word in words(built_layer):
                assert word in layer.name


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
    (part,) = layer_table.parts(configured("strided_cnn", dropout=0.35))
    variables = strided_cnn.variables(seed=1)
    held = [
        int(tf.size(variables[f"{name}/kernel"]) + tf.size(variables[f"{name}/bias"]))
        for name in (*strided_cnn.CONVOLUTIONS, *strided_cnn.DENSE)
    ]
    assert [layer.parameters for layer in part.layers if layer.parameters] == held
    x = tf.zeros((1, *part.layers[0].shape))
    for layer, (name, (_, stride)) in zip(part.layers[1:4], strided_cnn.CONVOLUTIONS.items(), strict=True):
        x = tf.nn.conv2d(x, variables[f"{name}/kernel"], stride, "SAME")
        assert layer.shape == x.shape[1:]
    widths = [variables[f"{name}/kernel"].shape for name in strided_cnn.DENSE]
    assert [layer.shape for layer in part.layers[4:]] == [(widths[0][0],), (200,), (200,), (10,)]
    assert part.layers[6].name == "Dropout 35 %"


def test_the_table_is_for_people():
    assert layer_table.table(configured("mlp", hidden=(1_200,), activation="gelu")).splitlines() == [
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
    text = layer_table.table(c.default("tutorial_gan"))
    assert text.index("**Generator**") < text.index("2,330,944 parameters, 25,472 of them")
    assert text.index("2,330,944 parameters") < text.index("**Discriminator**")
    assert text.endswith("212,865 parameters.")


def test_neither_keras_nor_tensorflow_is_imported():
    code = (
        "import sys; from mnist_models.networks import layer_table;"
        "from mnist_models.runs import configuration as c;"
        "[layer_table.table(c.default(name)) for name in c.NETWORKS];"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
