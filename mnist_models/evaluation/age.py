"""How far `age_judge`'s guesses are off, on faces that it never saw. ONNX Runtime only."""

import numpy as np

from mnist_models import weights as cards
from mnist_models.serving import classifier

_BATCH = 200


def evaluate(faces, weights=None):
    """Measure the network that guesses ages.

    Args:
        faces: datasets.FaceData with ages.
        weights: folder; the shipped one when None.

    Returns:
        dict: "images", how many test faces; "mean_absolute_error" and, of always guessing the median
        of the training faces, "mean_absolute_error_of_the_median", in years; "correlation".

    Raises:
        datasets.DataError: when nobody knows the ages.
        weights.CardError: when the network is missing or damaged.
    """
    faces.need_ages()
    network = cards.trained("age_judge", weights)
    parts = [
        classifier.predict(network, faces.x_test[i : i + _BATCH] / np.float32(255))
        for i in range(0, len(faces.x_test), _BATCH)
    ]
    guesses, ages = np.concatenate(parts)[:, 0], faces.age_test.astype(np.float32)
    return {
        "images": len(ages),
        "mean_absolute_error": float(np.abs(guesses - ages).mean()),
        "mean_absolute_error_of_the_median": float(np.abs(np.median(faces.age_train) - ages).mean()),
        "correlation": float(np.corrcoef(guesses, ages)[0, 1]),
    }
