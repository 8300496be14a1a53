"""The classifiers whose features a generator's pictures have to match while it is trained."""

import keras
from keras import layers, ops

# Each member's convolutions: (channels, kernel size), with a MaxPooling after every group.
MEMBERS = (
    (((32, 5),), ((64, 3),)),
    (((32, 3),), ((48, 3), (48, 3)), ((64, 3),)),
    (((24, 3), (24, 3)), ((48, 3), (48, 3))),
)
FEATURES = 128


def build():
    """Three classifiers of different depths that look at the same pictures.

    A generator that pleases one classifier need not please another; what pleases three it has learned.
    None of them is one of the networks that measure the pictures afterwards.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → (features float32 N×3×128, logits float32 N×3×10).

    Example:
        >>> [output.shape for output in build().outputs]
        [(None, 3, 128), (None, 3, 10)]
    """
    inputs = keras.Input((28, 28, 1))
    features, logits = zip(*(_member(inputs, groups) for groups in MEMBERS), strict=True)
    return keras.Model(inputs, [ops.stack(features, axis=1), ops.stack(logits, axis=1)], name="teacher")


def _member(x, groups):
    for convolutions in groups:
        for channels, size in convolutions:
            x = layers.Conv2D(channels, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    features = layers.Dense(FEATURES, activation="relu", dtype="float32")(x)
    return features, layers.Dense(10, dtype="float32")(features)
