"""A network that looks eleven times: at the picture as it is, and at it slightly distorted."""

import keras
import numpy as np
from keras import layers, ops

# About one standard deviation of each of the distortions in training (`training.augment`).
VIEWS = (
    {},
    {"down": 1},
    {"down": -1},
    {"right": 1},
    {"right": -1},
    {"rotation": 7},
    {"rotation": -7},
    {"slant": 0.12},
    {"slant": -0.12},
    {"scale": 1.07},
    {"scale": 1 / 1.07},
)
_ENDING = "_views"


def averaged_over_views(model):
    """Average a trained network's answers over small distortions of its input.

    Test-time augmentation (Krizhevsky, Sutskever, Hinton 2012, section 4.1). On 7,000 validation and
    held-out digits it took `reader` from 99.64 to 99.69 %, on pen digits of new writers from 99.43 to
    99.57 % (shifts alone: 99.66 and 99.57 %; an earlier reader gained more, 0.13 points), for eleven times
    the arithmetic: a few milliseconds more a drawing, which nobody notices.

    Args:
        model: keras.Model, float32 N×H×W×C → N×K probabilities.

    Returns:
        keras.Model with the same weights, inputs and kind of outputs.
    """
    inputs = keras.Input(model.input_shape[1:])
    answers = [model(View(**view)(inputs) if view else inputs) for view in VIEWS]
    return keras.Model(inputs, layers.Average()(answers), name=f"{model.name}{_ENDING}")


def without_views(model):
    """The network that `averaged_over_views` was given; any other model as it is."""
    if not model.name.endswith(_ENDING):
        return model
    return model.get_layer(model.name.removesuffix(_ENDING))


@keras.saving.register_keras_serializable("mnist_models")
class View(layers.Layer):
    """Resamples images by one fixed affine change, bilinearly; outside lies paper (zeros).

    Args:
        rotation: degrees, clockwise.
        slant: horizontal shear.
        scale: factor of size.
        down, right: pixels.

    Call:
        float32 N×H×W×C → the same shape.
    """

    def __init__(self, rotation=0.0, slant=0.0, scale=1.0, down=0, right=0, **kwargs):
        super().__init__(**kwargs)
        self.change = {"rotation": rotation, "slant": slant, "scale": scale, "down": down, "right": right}

    def build(self, shape):
        _, height, width, _ = shape
        y, x = _sources(height, width, **self.change)
        top, left = np.floor(y), np.floor(x)
        self.corners = []  # of every target pixel: where to read in the flat image, and its weight
        for row, row_weight in ((top, 1 - (y - top)), (top + 1, y - top)):
            for column, column_weight in ((left, 1 - (x - left)), (left + 1, x - left)):
                inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
                index = np.where(inside, row * width + column, 0).astype(np.int32)
                weight = np.where(inside, row_weight * column_weight, 0).astype(np.float32)
                if weight.any():
                    self.corners.append((index, weight[:, np.newaxis]))

    def call(self, images):
        _, height, width, channels = images.shape
        flat = ops.reshape(images, (-1, height * width, channels))
        mixed = sum(ops.take(flat, index, axis=1) * weight for index, weight in self.corners)
        return ops.reshape(mixed, (-1, height, width, channels))

    def get_config(self):
        return super().get_config() | self.change


def _sources(height, width, rotation, slant, scale, down, right):
    """Where every target pixel is read in the source: y and x, float N, N = H·W."""
    angle = np.deg2rad(rotation)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle) + slant, np.cos(angle)]]) / scale
    centre = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    grid = np.mgrid[:height, :width].reshape(2, -1)
    return matrix @ (grid - centre - np.array([[down], [right]])) + centre
