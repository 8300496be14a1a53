"""The DCGAN of TensorFlow's tutorial, https://www.tensorflow.org/tutorials/generative/dcgan."""

SLOPE = 0.3  # of leaky ReLU below zero, as in the tutorial


def build(recipe, keras):
    """Both players as in the tutorial: batch norm in the generator, dropout in the discriminator.

    Args:
        recipe: recipes.GanRecipe; `latent_dim` is used (the tutorial's noise has 100 numbers).
        keras: the module, or `shape_layers`.

    Returns:
        (generator, discriminator): keras.Model, float32 N×latent_dim → N×28×28×1 in [-1, 1] with 52
        million multiply-adds, and N×28×28×1 in [-1, 1] → N×1 logits, higher for what looks real.
    """
    return _generator(recipe.latent_dim, keras), _discriminator(keras)


def _generator(latent_dim, keras):
    layers = keras.layers
    x = inputs = keras.Input((latent_dim,))
    x = layers.Dense(7 * 7 * 256, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(SLOPE)(x)
    x = layers.Reshape((7, 7, 256))(x)
    for channels, stride in ((128, 1), (64, 2)):
        x = layers.Conv2DTranspose(channels, 5, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(SLOPE)(x)
    x = layers.Conv2DTranspose(
        1, 5, strides=2, padding="same", use_bias=False, activation="tanh", dtype="float32"
    )(x)
    return keras.Model(inputs, x, name="generator")


def _discriminator(keras):
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    for channels in (64, 128):
        x = layers.Conv2D(channels, 5, strides=2, padding="same")(x)
        x = layers.LeakyReLU(SLOPE)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1, dtype="float32")(x)
    return keras.Model(inputs, x, name="discriminator")
