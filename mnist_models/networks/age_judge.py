"""The network that guesses the age of faces, to measure generated ones."""


def build(recipe, keras):
    """A small VGG-style network (Simonyan and Zisserman 2015) of 24 million multiply-adds.

    Args:
        recipe: recipes.ClassifierRecipe; `dropout` is used.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×64×64×3 in [0, 1] → N×1, years.

    Example:
        >>> build(ClassifierRecipe(), keras).output_shape
        (None, 1)
    """
    layers = keras.layers
    x = inputs = keras.Input((64, 64, 3))
    x = layers.Conv2D(24, 5, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(96, activation="relu")(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(1, dtype="float32")(x)
    # So that the network itself computes with numbers around 1; 33 years is the data's mean age.
    x = layers.Rescaling(20.0, offset=33.0, dtype="float32", name="years")(x)
    return keras.Model(inputs, x, name="age_judge")
