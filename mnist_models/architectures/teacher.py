"""The classifier whose features a generator's pictures have to match while it is trained."""

import keras
from keras import layers


def build():
    """Two Conv2D–MaxPooling pairs, a layer of 128 features, and the logits.

    Another network than those that measure the pictures afterwards.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → (features float32 N×128, logits float32 N×10).

    Example:
        >>> [output.shape for output in build().outputs]
        [(None, 128), (None, 10)]
    """
    x = inputs = keras.Input((28, 28, 1))
    for channels, size in ((32, 5), (64, 3)):
        x = layers.Conv2D(channels, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    features = layers.Dense(128, activation="relu", dtype="float32")(x)
    return keras.Model(inputs, [features, layers.Dense(10, dtype="float32")(features)], name="teacher")
