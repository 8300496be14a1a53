"""Files in the layout of Kaggle's digit-recognizer: `label,pixel0…pixel783`, and what is handed in there."""

import csv
import io

import numpy as np

from mnist_models import cards, catalog, datasets, inference
from mnist_models.image_folders import shown
from mnist_models.preprocessing import as_input

PIXELS = tuple(f"pixel{number}" for number in range(784))
MOST_ROWS = 100_000
LONGEST_LINE = 20_000  # characters; the header takes 7,000
BATCH = 500  # images

_LAYOUT = "The first line must name the columns: label,pixel0,pixel1 … pixel783 (a test file: no label)."


def read_train(data):
    """Read a training file.

    Args:
        data: bytes of `train.csv`.

    Returns:
        (x, y): uint8 N×28×28 and uint8 N, digits.

    Raises:
        datasets.DataError: a sentence that says what is wrong with the file, and where.
    """
    rows, has_labels = _rows(data)
    if not has_labels:
        raise datasets.DataError(
            "This file has no column 'label', so it is one to test on. Train on the file that has one."
        )
    labels = rows[:, 0]
    if labels.max() > 9:
        line = int((labels > 9).argmax())
        raise datasets.DataError(f"Row {line + 1}: the label {labels[line]} is no digit from 0 to 9.")
    return rows[:, 1:].reshape(-1, 28, 28), labels.copy()


def read_test(data):
    """Read a test file: uint8 N×28×28.

    Raises:
        datasets.DataError: as `read_train`.
    """
    rows, has_labels = _rows(data)
    if has_labels:
        raise datasets.DataError(
            "This file has a column 'label', so it is one to train on. Choose the test file, without labels."
        )
    return rows.reshape(-1, 28, 28)


def submission(network, test, progress=lambda batches: batches):
    """What a trained network reads in a test file, as Kaggle takes it.

    Args:
        network: a classifier's name, or cards.Trained, such as a run's.
        test: bytes of `test.csv`.
        progress: wraps the list of batches that is gone through, as tqdm does.

    Returns:
        bytes: `ImageId,Label` and a line an image, numbered from 1.

    Raises:
        datasets.DataError: as `read_test`.
        cards.CardError: when the network is missing or damaged.
        ValueError: when it names no classes.
    """
    name = cards.trained(network).name
    if name not in catalog.CLASSIFIERS:
        raise ValueError(f"{name} names no classes. Use one of {', '.join(catalog.CLASSIFIERS)}.")
    x = read_test(test)
    classes = inference.card(network)["data"].get("classes")
    count = len(classes or datasets.DIGITS)
    batches = [x[start : start + BATCH] for start in range(0, len(x), BATCH)]
    read = [
        inference.predict(network, as_input(batch))[:, :count].argmax(axis=1) for batch in progress(batches)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ImageId", "Label"])
    writer.writerows(
        (number, classes[label] if classes else label)
        for number, label in enumerate(np.concatenate(read).tolist(), start=1)
    )
    return text.getvalue().encode()


def _rows(data):
    """(uint8 N×785 or N×784, whether the first column holds labels)."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    rows = csv.reader(_lines(text))
    try:
        header = [name.strip() for name in next(rows, [])]
        has_labels = header[:1] == ["label"]
        _check_header(header, ("label", *PIXELS) if has_labels else PIXELS)
        values = [_values(row, number, header) for number, row in enumerate(_filled(rows), start=1)]
    except UnicodeDecodeError:
        raise datasets.DataError("This is no CSV file: it is not text in UTF-8.") from None
    except csv.Error as error:
        raise datasets.DataError(f"This is no CSV file that can be read ({error}).") from None
    if not values:
        raise datasets.DataError("The file names its columns, but holds no images.")
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, len(header)), has_labels


def _lines(text):
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise datasets.DataError(f"A line has over {LONGEST_LINE:,} characters. {_LAYOUT}")
        yield line


def _filled(rows):
    """Rows that are not blank, no more than `MOST_ROWS`."""
    number = 0
    for row in rows:
        if not row:
            continue
        number += 1
        if number > MOST_ROWS:
            raise datasets.DataError(f"The file holds more than {MOST_ROWS:,} images. Use fewer.")
        yield row


def _check_header(header, wanted):
    if not header:
        raise datasets.DataError(f"The file is empty. {_LAYOUT}")
    if len(header) != len(wanted):
        raise datasets.DataError(f"The first line names {len(header)} columns, not 784 or 785. {_LAYOUT}")
    for number, (name, right) in enumerate(zip(header, wanted, strict=True), start=1):
        if name != right:
            raise datasets.DataError(f"Column {number} is called '{shown(name)}', not '{right}'. {_LAYOUT}")


def _values(row, number, header):
    """A row as bytes; its number, from 1, is for sentences."""
    if len(row) != len(header):
        raise datasets.DataError(f"Row {number} has {len(row)} values instead of {len(header)}.")
    try:
        return bytes(map(int, row))  # refuses what is not whole or not 0 to 255
    except ValueError:
        name, value = next((n, v) for n, v in zip(header, row, strict=True) if not _is_byte(v))
        raise datasets.DataError(
            f"Row {number}, {name}: '{shown(value)}' is no whole number from 0 to 255."
        ) from None


def _is_byte(text):
    try:
        return 0 <= int(text) <= 255
    except ValueError:
        return False
