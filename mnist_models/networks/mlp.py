"""The feed-forward network, every hyperparameter changeable."""


def build(recipe, keras):
    """Dense layers from 784 pixels to ten probabilities.

    Args:
        recipe: recipes.ClassifierRecipe; `hidden`, `activation`, `dropout` and `l2` shape the network. An
            empty `hidden` gives multinomial logistic regression.
        keras: the module, or `shape_layers`.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Example:
        >>> build(ClassifierRecipe(hidden=(128, 64), dropout=0.2), keras).count_params()
        109386
    """
    penalty = keras.regularizers.L2(recipe.l2) if recipe.l2 else None
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Flatten()(x)
    for width in recipe.hidden or ():
        x = layers.Dense(width, activation=recipe.activation, kernel_regularizer=penalty)(x)
        x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="mlp")
