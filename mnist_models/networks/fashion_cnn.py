"""The classifier of clothes, with a named feature layer: it measures generated clothes."""

MOMENTUM = 0.95  # of batch norm's running statistics; `reader` says why


def build(recipe, keras):
    """A small residual network (He et al. 2016, arXiv:1512.03385) and a layer of 64 features, in which
    Fréchet distances are taken.

    Args:
        recipe: recipes.ClassifierRecipe; `dropout` is used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities, 28 million multiply-adds. The
        layer "features" gives N×64.

    Example:
        >>> build(ClassifierRecipe(), keras).get_layer("features").output.shape
        (None, 64)
    """
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = _convolution(x, 24, layers)
    for channels in (48, 128):
        x = layers.MaxPooling2D()(x)
        x = _convolution(x, channels, layers)
        change = _convolution(_convolution(x, channels, layers), channels, layers)
        x = layers.Add()([x, change])
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(64, activation="relu", name="features", dtype="float32")(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="fashion_cnn")


def _convolution(x, channels, layers):
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.Activation("relu")(x)
