"""An encoder that turns a digit into a few numbers, and a decoder that draws it from them."""


def build(recipe, keras):
    """A convolutional autoencoder (Hinton and Salakhutdinov 2006, with convolutions).

    The encoder halves the picture twice by strides, the decoder doubles it twice; dense layers in
    between see the whole of it. 2.9 million multiply-adds. No batch norm, which is slow on CPUs.

    Args:
        recipe: recipes.AutoencoderRecipe; `latent_dim` is used.
        keras: the module, or `shape_layers`.

    Returns:
        (encoder, decoder): keras.Model, float32 N×28×28×1 in [0, 1] → N×latent_dim, and
        N×latent_dim → N×28×28×1 in [0, 1].

    Example:
        >>> encoder, decoder = build(AutoencoderRecipe(latent_dim=32), keras)
        >>> encoder.output_shape, decoder.output_shape
        ((None, 32), (None, 28, 28, 1))
    """
    return encoder(recipe.latent_dim, keras), decoder(recipe.latent_dim, keras)


def encoder(outputs, keras):
    """28×28 → 14×14 → 7×7 → `outputs` numbers."""
    layers = keras.layers
    x = image = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 5, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(outputs, dtype="float32", name="code")(x)
    return keras.Model(image, x, name="encoder")


def decoder(latent_dim, keras):
    """`latent_dim` numbers → 7×7 → 14×14 → 28×28."""
    layers = keras.layers
    x = code = keras.Input((latent_dim,))
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(7 * 7 * 48, activation="relu")(x)
    x = layers.Reshape((7, 7, 48))(x)
    x = layers.Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(
        1, 4, strides=2, padding="same", activation="sigmoid", dtype="float32", name="picture"
    )(x)
    return keras.Model(code, x, name="decoder")
