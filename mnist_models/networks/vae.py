"""A variational autoencoder: every digit is a small cloud on a plane, not a point."""

from mnist_models.networks import autoencoder


def build(recipe, keras):
    """The autoencoder's layers, with a normal distribution as the code (Kingma and Welling 2014).

    Args:
        recipe: recipes.AutoencoderRecipe; `latent_dim` is used.
        keras: the module, or `shape_layers`.

    Returns:
        (encoder, decoder): keras.Model, float32 N×28×28×1 in [0, 1] → N×(2·latent_dim), the means and
        then the logarithms of the variances, and N×latent_dim → N×28×28×1 in [0, 1].
    """
    latent_dim = recipe.latent_dim
    return autoencoder.encoder(2 * latent_dim, keras), autoencoder.decoder(latent_dim, keras)
