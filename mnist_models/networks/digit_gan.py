"""A DCGAN for digits without batch norm, from 100 random numbers."""


def build(recipe, keras):
    """Both players, with "same" padding everywhere and no activation where none is named.

    Generator: Dense 7·7·64 → 7×7×64 → Conv2DTranspose 64 k3 s1 leaky ReLU → 64 k5 s2 → 32 k5 s2
    leaky ReLU → 32 k3 s1 ReLU → 1 k3 s1 tanh; 24 million multiply-adds.
    Discriminator: Conv2D 32 k3 s1 → 64 k5 s2 → 64 k5 s2 leaky ReLU → 128 k3 s1 leaky ReLU → Flatten
    → Dense 100 → Dense 2 tanh.

    Args:
        recipe: recipes.GanRecipe; `latent_dim` is used.
        keras: the module, or `shape_layers`.

    Returns:
        (generator, discriminator): keras.Model, float32 N×latent_dim → N×28×28×1 in [-1, 1], and
        N×28×28×1 in [-1, 1] → N×2 in [-1, 1]: one unit for "real", one for "generated".
    """
    return _generator(recipe.latent_dim, keras), _discriminator(keras)


def _generator(latent_dim, keras):
    layers = keras.layers
    x = inputs = keras.Input((latent_dim,))
    x = layers.Dense(7 * 7 * 64)(x)
    x = layers.Reshape((7, 7, 64))(x)
    x = layers.Conv2DTranspose(64, 3, strides=1, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.Conv2DTranspose(64, 5, strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 5, strides=2, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.Conv2DTranspose(32, 3, strides=1, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(1, 3, strides=1, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, x, name="generator")


def _discriminator(keras):
    layers = keras.layers
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, strides=1, padding="same")(x)
    x = layers.Conv2D(64, 5, strides=2, padding="same")(x)
    x = layers.Conv2D(64, 5, strides=2, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.Conv2D(128, 3, strides=1, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(100)(x)
    x = layers.Dense(2, activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, x, name="discriminator")
