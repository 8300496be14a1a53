"""A convolutional network in raw TensorFlow ops: variables and functions, no layer classes.

Three convolutions, the second and third with stride 2 instead of pooling, a fully connected layer
and the output layer.
"""

# name: shape of the kernel (height, width, channels in, channels out) and stride
CONVOLUTIONS = {
    "conv1": ((5, 5, 1, 24), 1),
    "conv2": ((5, 5, 24, 48), 2),
    "conv3": ((4, 4, 48, 64), 2),
}
DENSE = {"dense": (7 * 7 * 64, 200), "output": (200, 10)}


def variables(seed, tf, random_biases=False):
    """Fresh weights: truncated normal with He's standard deviation (He et al. 2015).

    Args:
        seed: int.
        tf: TensorFlow, the module.
        random_biases: True to draw the biases from a truncated normal (σ = 0.1) as well; zeros
            otherwise.

    Returns:
        dict of tf.Variable, float32: "conv1/kernel", "conv1/bias", …, "output/bias".
    """
    generator = tf.random.Generator.from_seed(seed)
    shapes = {name: shape for name, (shape, _) in CONVOLUTIONS.items()} | DENSE
    parameters = {}
    for name, shape in shapes.items():
        inputs = tf.reduce_prod(shape[:-1])
        deviation = tf.sqrt(2 / tf.cast(inputs, tf.float32))
        kernel = generator.truncated_normal(shape, stddev=deviation)
        bias = tf.zeros(shape[-1:])
        if random_biases:
            bias = generator.truncated_normal(shape[-1:], stddev=0.1)
        parameters[f"{name}/kernel"] = tf.Variable(kernel, name=f"{name}_kernel")
        parameters[f"{name}/bias"] = tf.Variable(bias, name=f"{name}_bias")
    return parameters


def logits(parameters, images, tf, dropout=0.0, seed=None):
    """The network itself.

    Args:
        parameters: as from `variables`.
        images: float32 N×28×28×1 in [0, 1].
        tf: TensorFlow, the module.
        dropout: share of the fully connected layer's units dropped; 0 outside training.
        seed: int32 tensor of two, decides which units; None for others at every call.

    Returns:
        float32 N×10 logits.

    Example:
        >>> logits(variables(1, tf), tf.zeros((2, 28, 28, 1)), tf).shape
        TensorShape([2, 10])
    """
    x = images
    for name, (_, stride) in CONVOLUTIONS.items():
        x = tf.nn.conv2d(x, parameters[f"{name}/kernel"], strides=stride, padding="SAME")
        x = tf.nn.relu(x + parameters[f"{name}/bias"])
    x = tf.reshape(x, (-1, 7 * 7 * 64))
    x = tf.nn.relu(x @ parameters["dense/kernel"] + parameters["dense/bias"])
    if dropout:
        if seed is None:
            x = tf.nn.dropout(x, dropout)
        else:
            x = tf.nn.experimental.stateless_dropout(x, dropout, seed)
    return x @ parameters["output/kernel"] + parameters["output/bias"]


def build(recipe, keras):
    """The same network of Keras layers: what the table of layers shows, and an exported script trains.

    Args:
        recipe: recipes.ClassifierRecipe; `dropout` is used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.
    """
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    for (side, _, _, filters), stride in CONVOLUTIONS.values():
        x = layers.Conv2D(filters, side, strides=stride, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(DENSE["dense"][1], activation="relu")(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(DENSE["output"][1], activation="softmax")(x)
    return keras.Model(inputs, x, name="strided_cnn")
