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


def build():
    """Three classifiers of different depths that look at the same pictures.

    A generator that pleases one classifier need not please another; what pleases three it has learned.
    None of them is one of the networks that measure the pictures afterwards.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → dict of what the members see, float32: "features" that they
        have learned, N×3×128; "brightness", N×3×49; "logits", N×3×10.

    Example:
        >>> {name: output.shape for name, output in build().output.items()}
        {'features': (None, 3, 128), 'logits': (None, 3, 10), 'brightness': (None, 3, 49)}
    """
    inputs = keras.Input((28, 28, 1))
    members = [_member(inputs, groups) for groups in MEMBERS]
    features, logits = (ops.stack(each, axis=1) for each in zip(*members, strict=True))
    seen = {"features": features, "logits": logits, "brightness": _brightness(inputs, len(members))}
    return keras.Model(inputs, seen, name="teacher")


def of(classifiers):
    """Trained classifiers as a teacher, with all their maps and with their features class by class.

    The features of two classifiers with other seeds are not the same. A generator that matched those of its
    teachers was three times as far away in the eyes of a third; most of that could be told from how strong
    the maps of their convolutions were, which it had not been asked to match. (Santos et al. 2019 match
    every layer, too.) And features that are spread as the real ones altogether need not be so within a
    class: pictures between two classes passed for bags, sandals and trousers. Nor need what classifiers care
    little about: eleven epochs with the brightness class by class brought the bags' mean picture from 1.1 %
    of their variance to 0.3 % from the real one.

    Args:
        classifiers: list of K keras.Model of one architecture, float32 N×28×28×1 in [0, 1] → N×C
            probabilities, with a layer "features".

    Returns:
        keras.Model as from `build`: "features" N×K×F, "brightness", "logits" N×K×C. Beside them "maps", a
        list of those before every pooling and before Flatten, as means of their quarters, N×K×4·channels
        each; and "by_class", a list of the features N×K×F·C and the brightness N×K×49·C, each times the
        probability of every class.
    """
    inputs = keras.Input((28, 28, 1))
    members = []
    for number, classifier in enumerate(classifiers):
        maps = [
            layer.input
            for layer in classifier.layers
            if isinstance(layer, layers.MaxPooling2D | layers.Flatten)
        ]
        outputs = [classifier.output, classifier.get_layer("features").output, *maps]
        eyes = keras.Model(classifier.input, outputs, name=f"classifier_{number}")
        probabilities, features, *maps = eyes(inputs)
        members.append((probabilities, features, *[_quarters(each) for each in maps]))
    probabilities, features, *maps = [ops.stack(each, axis=1) for each in zip(*members, strict=True)]
    brightness = _brightness(inputs, len(members))
    seen = {
        "features": features,
        "maps": maps,
        "by_class": [_by_class(each, probabilities) for each in (features, brightness)],
        "brightness": brightness,
        "logits": ops.log(probabilities + keras.config.epsilon()),
    }
    return keras.Model(inputs, seen, name="teacher")


def _by_class(seen, probabilities):
    """Times the probability of every class: N×K×F and N×K×C → N×K×F·C."""
    products = ops.expand_dims(seen, -1) * ops.expand_dims(probabilities, -2)
    return ops.reshape(products, (-1, seen.shape[1], seen.shape[2] * probabilities.shape[2]))


def _brightness(inputs, members):
    """Where the picture is bright, as the amplitudes of its 7×7 slowest cosine waves: N×members×49.

    Classifiers care little for how thick a stroke is: a generator that listened to them alone spent 9 % more
    ink than there is in real digits. So this is among what every member sees. (Means of patches drew their
    grid into the clothes.)
    """
    amplitudes = layers.Flatten(dtype="float32")(_amplitudes(inputs[..., 0]))
    return ops.stack([amplitudes] * members, axis=1)


def _quarters(maps):
    """The means of maps' upper left, upper right, lower left and lower right: N×H×H×C → N×4C.

    What lies in the middle of an odd side belongs to both halves.
    """
    side = maps.shape[1]
    means = layers.AveragePooling2D(side - side // 2, strides=side // 2, dtype="float32")(maps)
    return layers.Flatten(dtype="float32")(means)


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
