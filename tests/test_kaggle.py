import numpy as np
import pytest

from mnist_models import datasets, inference, kaggle
from mnist_models.preprocessing import as_input


def table(header, rows):
    return "\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]).encode() + b"\n"


def train_csv(x, y):
    """uint8 N×28×28 and N as Kaggle writes them."""
    rows = np.column_stack([y, x.reshape(len(x), -1)]).tolist()
    return table(["label", *kaggle.PIXELS], rows)


def test_csv(x):
    return table(kaggle.PIXELS, x.reshape(len(x), -1).tolist())


test_csv.__test__ = False  # no test, but a file to test on


def changed(row, column, value):
    """A training file of three black images with one other value; "label" is column 0."""
    rows = [[0] * 785 for _ in range(3)]
    rows[row - 1][column] = value
    return table(["label", *kaggle.PIXELS], rows)


def refused(read, data, sentence):
    with pytest.raises(datasets.DataError, match=sentence) as caught:
        read(data)
    assert str(caught.value).endswith((".", ".)"))
    assert len(str(caught.value)) < 300


class TestReading:
    def test_images_and_labels(self, sample):
        x, y = kaggle.read_train(train_csv(sample.x_train[:20], sample.y_train[:20]))
        np.testing.assert_array_equal(x, sample.x_train[:20])
        np.testing.assert_array_equal(y, sample.y_train[:20])
        assert x.dtype == y.dtype == np.uint8

    def test_images_to_test_on(self, sample):
        np.testing.assert_array_equal(kaggle.read_test(test_csv(sample.x_test[:5])), sample.x_test[:5])

    def test_as_spreadsheets_save_it(self, sample):
        text = train_csv(sample.x_train[:2], sample.y_train[:2]).decode()
        quoted = text.replace("label", '"label"').replace("\n", "\r\n") + "\r\n"
        x, _ = kaggle.read_train(b"\xef\xbb\xbf" + quoted.encode())
        np.testing.assert_array_equal(x, sample.x_train[:2])

    def test_the_one_is_not_taken_for_the_other(self, sample):
        refused(kaggle.read_train, test_csv(sample.x_test[:2]), "no column 'label'")
        refused(kaggle.read_test, train_csv(sample.x_test[:2], sample.y_test[:2]), "has a column 'label'")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (table(["label", *kaggle.PIXELS], []), "holds no images"),
        (table(["label", *kaggle.PIXELS[:-1]], [[0] * 784]), "names 784 columns, not 784 or 785"),
        (table(["label", *kaggle.PIXELS, "more"], [[0] * 786]), "names 786 columns"),
        (table(["digit", *kaggle.PIXELS], [[0] * 785]), "names 785 columns"),
        (table(["label", *reversed(kaggle.PIXELS)], []), "Column 2 is called 'pixel783', not 'pixel0'"),
        (b"\n".join([b",".join([b"0"] * 785)] * 3), "first line"),
        (b"label;pixel0\n1;2\n", "names 1 columns"),
        (changed(2, 0, 10), "Row 2: the label 10 is no digit"),
        (changed(3, 1, 256), "Row 3, pixel0: '256' is no whole number from 0 to 255"),
        (changed(1, 784, -1), "Row 1, pixel783: '-1'"),
        (changed(1, 5, "1.5"), "pixel4: '1.5'"),
        (changed(1, 5, "nan"), "pixel4: 'nan'"),
        (changed(1, 5, ""), "pixel4: ''"),
        (changed(1, 5, "9" * 5_000), "pixel4: '9999"),
        (changed(2, 5, "1,2"), "Row 2 has 786 values instead of 785"),
        (changed(1, 5, '"'), "values instead of 785|first line|over"),
        (changed(1, 5, "\0"), "no whole number|no CSV"),
        (changed(1, 5, "x" * 30_000), "A line has over 20,000 characters"),
        (b"PK\x03\x04\xff\xfe\x00", "no CSV file|names 1 columns"),
        (b"\xff\xfe" + "label,pixel0".encode("utf-16-le"), "no CSV file"),
        (b"," * 10_000_000, "A line has over"),
    ],
)
def test_what_is_wrong_is_said(data, sentence):
    refused(kaggle.read_train, data, sentence)


def test_ragged_rows(sample):
    whole = train_csv(sample.x_train[:3], sample.y_train[:3])
    refused(kaggle.read_train, whole[:-20], "Row 3 has .* values instead of 785")


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(kaggle, "MOST_ROWS", 2)
    refused(kaggle.read_train, changed(1, 0, 1), "more than 2 images")


class TestSubmission:
    def test_what_the_network_reads(self, sample):
        told = []
        text = kaggle.submission(
            "mlp", test_csv(sample.x_test[:520]), lambda batches: told.append(len(batches)) or batches
        )
        lines = text.decode().splitlines()
        assert lines[0] == "ImageId,Label"
        numbers, labels = np.array([line.split(",") for line in lines[1:]], int).T
        assert numbers.tolist() == list(range(1, 521))
        read = inference.predict("mlp", as_input(sample.x_test[:520])).argmax(axis=1)
        np.testing.assert_array_equal(labels, read)
        assert (labels == sample.y_test[:520]).mean() > 0.95
        assert told == [2]

    def test_a_file_to_train_on(self, sample):
        with pytest.raises(datasets.DataError, match="has a column 'label'"):
            kaggle.submission("mlp", train_csv(sample.x_test[:2], sample.y_test[:2]))

    def test_a_network_that_reads_nothing(self, sample):
        with pytest.raises(ValueError, match="vae names no classes"):
            kaggle.submission("vae", test_csv(sample.x_test[:2]))
