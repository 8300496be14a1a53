"""Our best reader of drawings: five convolutions and a wide last layer."""

# Of batch norm's running statistics. Keras's 0.99 needs some 500 steps until a network that reads well in
# training reads well at all: more than an epoch on the embedded sample has.
MOMENTUM = 0.95


def build(recipe, keras):
    """A small VGG-style network (Simonyan and Zisserman 2015) of 22 million multiply-adds.

    Batch norm (Ioffe and Szegedy 2015) stands only where pictures are already small: after the two
    poolings and the last convolution. There it costs a tenth of the training time on CPUs; after every
    convolution it cost three times the rest.

    Args:
        recipe: recipes.ClassifierRecipe; `activation` and `dropout` are used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Example:
        >>> build(ClassifierRecipe(), keras).count_params()
        341322
    """
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 5, padding="same")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Activation(recipe.activation)(x)
    x = layers.Conv2D(64, 3, padding="same", activation=recipe.activation)(x)
    x = layers.Conv2D(64, 3, padding="same")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Activation(recipe.activation)(x)
    x = layers.Conv2D(128, 3, padding="same", activation=recipe.activation)(x)
    x = layers.Conv2D(128, 3, padding="same")(x)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Activation(recipe.activation)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="reader")
