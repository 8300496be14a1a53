"""The classifiers whose features a generator's pictures have to match while it is trained."""

import keras
import numpy as np
from keras import layers, ops

# Each member's convolutions: (channels, kernel size), with a MaxPooling after every group.
MEMBERS = (
    (((32, 5),), ((64, 3),)),
    (((32, 3),), ((48, 3), (48, 3)), ((64, 3),)),
    (((24, 3), (24, 3)), ((48, 3), (48, 3))),
)
LEARNED = 128
WAVES = 7  # cosine waves along each side, from none to three periods
AMPLITUDES = WAVES**2  # of a picture's brightness, the last of a member's features


def build():
    """Three classifiers of different depths that look at the same pictures.

    A generator that pleases one classifier need not please another; what pleases three it has learned.
    None of them is one of the networks that measure the pictures afterwards.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → (features float32 N×3×177, logits float32 N×3×10).

    Example:
        >>> [output.shape for output in build().outputs]
        [(None, 3, 177), (None, 3, 10)]
    """
    inputs = keras.Input((28, 28, 1))
    return _together(inputs, [_member(inputs, groups) for groups in MEMBERS])


def of(classifiers):
    """Trained classifiers as a teacher.

    Args:
        classifiers: list of keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities, with a layer
            "features" of the same width F.

    Returns:
        keras.Model as from `build`, for K classifiers: (features float32 N×K×(F+49), logits N×K×10).
    """
    inputs = keras.Input((28, 28, 1))
    members = []
    for number, classifier in enumerate(classifiers):
        outputs = [classifier.get_layer("features").output, classifier.output]
        eyes = keras.Model(classifier.input, outputs, name=f"classifier_{number}")
        features, probabilities = eyes(inputs)
        members.append((features, ops.log(probabilities + keras.config.epsilon())))
    return _together(inputs, members)


def _together(inputs, members):
    """One model of all members' (features, logits), with the brightness among the features.

    Classifiers care little for how thick a stroke is: a generator that listened to them alone spent 9 % more
    ink than there is in real digits. So where the picture is bright, as the amplitudes of its 7×7 slowest
    cosine waves, is among every member's features. (Means of patches drew their grid into the clothes.)
    """
    brightness = layers.Flatten(dtype="float32")(_amplitudes(inputs[..., 0]))
    features, logits = zip(*members, strict=True)
    features = [layers.Concatenate(dtype="float32")([learned, brightness]) for learned in features]
    return keras.Model(inputs, [ops.stack(features, axis=1), ops.stack(logits, axis=1)], name="teacher")


def _amplitudes(images):
    """Of the slowest waves of the discrete cosine transform: N×28×28 → N×7×7."""
    places = np.arange(28) + 0.5
    waves = np.cos(np.pi / 28 * np.outer(np.arange(WAVES), places)).astype(np.float32)
    return ops.matmul(ops.matmul(waves, images), waves.T)


def _member(x, groups):
    for convolutions in groups:
        for channels, size in convolutions:
            x = layers.Conv2D(channels, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    features = layers.Dense(LEARNED, activation="relu", dtype="float32")(x)
    return features, layers.Dense(10, dtype="float32")(features)
