"""The classic small convolutional network."""


def build(recipe, keras):
    """Two Conv2D–MaxPooling pairs, Flatten, Dropout, Dense.

    Args:
        recipe: recipes.ClassifierRecipe; `activation` and `dropout` are used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Example:
        >>> build(ClassifierRecipe(), keras).count_params()
        50698
    """
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 5, padding="same", activation=recipe.activation)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation=recipe.activation)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="cnn")
