"""What a trained network reads in a Kaggle test file."""

import csv
import io

import numpy as np

from mnist_models import catalog, weights
from mnist_models.data import datasets, kaggle_csv
from mnist_models.errors import DigitLabError
from mnist_models.images.normalize import as_input
from mnist_models.serving import classifier, sessions

_BATCH = 500  # images


def submission(network, test, progress=lambda batches: batches):
    """What a trained network reads in a test file, as Kaggle takes it.

    Args:
        network: a classifier's name, or weights.Trained, such as a run's.
        test: bytes of `test.csv`.
        progress: wraps the list of batches that is gone through, as tqdm does.

    Returns:
        bytes: `ImageId,Label` and a line an image, numbered from 1.

    Raises:
        datasets.DataError: as `read_test`.
        weights.CardError: when the network is missing or damaged.
        DigitLabError: when it names no classes.
    """
    name = weights.trained(network).name
    if name not in catalog.CLASSIFIERS:
        raise DigitLabError(f"{name} names no classes. Use one of {', '.join(catalog.CLASSIFIERS)}.")
    x = kaggle_csv.read_test(test)
    classes = sessions.card(network)["data"].get("classes")
    count = len(classes or datasets.DIGITS)
    batches = [x[start : start + _BATCH] for start in range(0, len(x), _BATCH)]
    read = [
        classifier.predict(network, as_input(batch))[:, :count].argmax(axis=1) for batch in progress(batches)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ImageId", "Label"])
    writer.writerows(
        (number, classes[label] if classes else label)
        for number, label in enumerate(np.concatenate(read).tolist(), start=1)
    )
    return text.getvalue().encode()
