"""The classifier that measures generated digits, with a named feature layer."""


def build(recipe, keras):
    """Four convolutions and a layer of 64 features, in which Fréchet distances are taken.

    Args:
        recipe: recipes.ClassifierRecipe; `dropout` is used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities. The layer "features" gives
        N×64.

    Example:
        >>> build(ClassifierRecipe(), keras).get_layer("features").output.shape
        (None, 64)
    """
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(24, 5, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(64, activation="relu", name="features", dtype="float32")(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="judge")
