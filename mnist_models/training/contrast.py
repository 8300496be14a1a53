"""A generator's pictures become as clear as the real images, by the slope of its last layer.

Where tanh nears its ends its slope vanishes, so training hardly gets there: round generated strokes a
haze remains, which is black in real images. A steeper tanh takes it away, and hardens edges a little.
"""

import numpy as np
from keras import ops

CLEAR = 0.98  # a pixel is as good as black or white when it is further than this from mid-grey, of 1
STEEPEST = 4.0  # real images of black and white alone would ask for an endless slope


def match(generator, images, latents):
    """Scale the last layer so that as many pixels are clear as in real images.

    Args:
        generator: keras.Model, N×latent_dim → N×H×W×C in [-1, 1]; its last layer with weights is changed.
        images: uint8 N×H×W×C, real ones.
        latents: float32 N×latent_dim, whose pictures are compared.

    Returns:
        float, the factor, at most STEEPEST.

    Raises:
        ValueError: when that layer does not end in tanh.
    """
    last = [layer for layer in generator.layers if layer.weights][-1]
    if getattr(last.activation, "__name__", None) != "tanh":
        raise ValueError(
            f"The contrast can be matched only of pictures that come from a tanh, not {last.name}'s."
        )
    clear = np.mean(np.abs(images / np.float32(127.5) - 1) > CLEAR)
    pictures = ops.convert_to_numpy(generator(latents, training=False))
    # float32 ends just below 1; what is there has been clear before.
    sums = np.arctanh(np.minimum(np.abs(pictures), np.float32(1 - 2**-23)))
    factor = np.arctanh(CLEAR) / max(np.quantile(sums, 1 - clear), np.arctanh(CLEAR) / STEEPEST)
    for weight in last.weights:
        weight.assign(factor * weight)
    return float(factor)
