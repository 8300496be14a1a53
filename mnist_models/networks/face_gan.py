"""A DCGAN for 64×64 colour faces (Radford, Metz, Chintala 2016, arXiv:1511.06434)."""

CHANNELS = 256, 128, 64, 32  # at 4×4, 8×8, 16×16 and 32×32 pixels
SLOPE = 0.2  # of the discriminator's leaky ReLU below zero
# A kernel of 4 covers every pixel equally often at stride 2; one of 5 would not, and leaves a checkerboard
# (Odena, Dumoulin, Olah 2016, https://distill.pub/2016/deconv-checkerboard).
KERNEL = 4


def build(recipe, keras):
    """Both players, each with four strided convolutions and batch norm.

    Args:
        recipe: recipes.GanRecipe; `latent_dim` is used.
        keras: the module, or `shape_layers`.

    Returns:
        (generator, discriminator): keras.Model, float32 N×latent_dim → N×64×64×3 in [-1, 1] with 27
        million multiply-adds, and N×64×64×3 in [-1, 1] → N×1 logits, higher for what looks real.
    """
    return _generator(recipe.latent_dim, keras), _discriminator(keras)


def _generator(latent_dim, keras):
    layers = keras.layers
    x = inputs = keras.Input((latent_dim,))
    x = layers.Dense(4 * 4 * CHANNELS[0], use_bias=False, kernel_initializer=_initial(keras))(x)
    x = layers.Reshape((4, 4, CHANNELS[0]))(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    for channels in CHANNELS[1:]:
        x = layers.Conv2DTranspose(
            channels, KERNEL, strides=2, padding="same", use_bias=False, kernel_initializer=_initial(keras)
        )(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.Conv2DTranspose(
        3,
        KERNEL,
        strides=2,
        padding="same",
        activation="tanh",
        kernel_initializer=_initial(keras),
        dtype="float32",
    )(x)
    return keras.Model(inputs, x, name="generator")


def _discriminator(keras):
    layers = keras.layers
    x = inputs = keras.Input((64, 64, 3))
    for channels in reversed(CHANNELS):
        first = channels == CHANNELS[-1]
        x = layers.Conv2D(
            channels, KERNEL, strides=2, padding="same", use_bias=first, kernel_initializer=_initial(keras)
        )(x)
        if not first:  # the paper leaves the layer that sees the image without batch norm
            x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(SLOPE)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1, kernel_initializer=_initial(keras), dtype="float32")(x)
    return keras.Model(inputs, x, name="discriminator")


def _initial(keras):
    # A new object for every layer, since one without a seed repeats its numbers.
    return keras.initializers.RandomNormal(stddev=0.02)
