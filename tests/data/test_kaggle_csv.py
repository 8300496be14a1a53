import numpy as np
import pytest

from mnist_models.data import datasets, image_folders, kaggle_csv, user_data
from mnist_models.errors import DigitLabError
from mnist_models.images.normalize import as_input
from mnist_models.serving import classifier, submission
from tests.data.test_image_folders import zipped


def table(header, rows):
    return "\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]).encode() + b"\n"


def train_csv(x, y):
    """uint8 N×28×28 and N as Kaggle writes them."""
    rows = np.column_stack([y, x.reshape(len(x), -1)]).tolist()
    return table(["label", *kaggle_csv.PIXELS], rows)


def test_csv(x):
    return table(kaggle_csv.PIXELS, x.reshape(len(x), -1).tolist())


test_csv.__test__ = False  # no test, but a file to test on


def changed(row, column, value):
    """A training file of three black images with one other value; "label" is column 0."""
    rows = [[0] * 785 for _ in range(3)]
    rows[row - 1][column] = value
    return table(["label", *kaggle_csv.PIXELS], rows)


def refused(read, data, sentence):
    with pytest.raises(datasets.DataError, match=sentence) as caught:
        read(data)
    assert str(caught.value).endswith((".", ".)"))
    assert len(str(caught.value)) < 300


class TestReading:
    def test_images_and_labels(self, sample):
        x, y = kaggle_csv.read_train(train_csv(sample.x_train[:20], sample.y_train[:20]))
        np.testing.assert_array_equal(x, sample.x_train[:20])
        np.testing.assert_array_equal(y, sample.y_train[:20])
        assert x.dtype == y.dtype == np.uint8

    def test_images_to_test_on(self, sample):
        np.testing.assert_array_equal(kaggle_csv.read_test(test_csv(sample.x_test[:5])), sample.x_test[:5])

    def test_as_spreadsheets_save_it(self, sample):
        text = train_csv(sample.x_train[:2], sample.y_train[:2]).decode()
        quoted = text.replace("label", '"label"').replace("\n", "\r\n") + "\r\n"
        x, _ = kaggle_csv.read_train(b"\xef\xbb\xbf" + quoted.encode())
        np.testing.assert_array_equal(x, sample.x_train[:2])

    def test_the_one_is_not_taken_for_the_other(self, sample):
        refused(kaggle_csv.read_train, test_csv(sample.x_test[:2]), "no column 'label'")
        refused(kaggle_csv.read_test, train_csv(sample.x_test[:2], sample.y_test[:2]), "has a column 'label'")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (table(["label", *kaggle_csv.PIXELS], []), "holds no images"),
        (table(["label", *kaggle_csv.PIXELS[:-1]], [[0] * 784]), "of which 783 are pixels, not 784"),
        (table(["label", *kaggle_csv.PIXELS, "more"], [[0] * 786]), "names 786 columns"),
        (table(["what", *kaggle_csv.PIXELS], [[0] * 785]), "names 785 columns"),
        (table(["label", *reversed(kaggle_csv.PIXELS)], []), "Column 2 is called 'pixel783', not 'pixel0'"),
        (b"label;pixel0\n1;2\n", "names 2 columns"),
        (b"1,2,3\n", "holds 3 columns"),
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
        (b"PK\x03\x04\xff\xfe\x00", "zip is damaged"),
        (b"\xff\xfe" + "label,pixel0".encode("utf-16-le"), "no CSV file"),
        (b"," * 10_000_000, "A line has over"),
    ],
)
def test_what_is_wrong_is_said(data, sentence):
    refused(kaggle_csv.read_train, data, sentence)


class TestOtherLayouts:
    """The same table as others write it."""

    @pytest.fixture
    def some(self, sample):
        return sample.x_train[:20], sample.y_train[:20]

    def same(self, data, some):
        x, y = kaggle_csv.read_train(data)
        np.testing.assert_array_equal(x, some[0])
        np.testing.assert_array_equal(y, some[1])

    @pytest.mark.parametrize(
        "names",
        [
            kaggle_csv.PIXELS,
            [f"pixel{n}" for n in range(1, 785)],
            [f"{r}x{c}" for r in range(1, 29) for c in range(1, 29)],
            [f"pixel_{r}_{c}" for r in range(28) for c in range(28)],
            [f"Pixel {n}" for n in range(784)],
            [str(n) for n in range(784)],
        ],
        ids=["pixel0", "pixel1", "1x1", "pixel_0_0", "Pixel 0", "0"],
    )
    @pytest.mark.parametrize("label", ["label", "class", "Label"])
    @pytest.mark.parametrize("place", [0, 784, 100])
    def test_names_of_columns(self, some, names, label, place):
        header = [*names[:place], label, *names[place:]]
        values = np.insert(some[0].reshape(20, -1), place, some[1], axis=1)
        self.same(table(header, values.tolist()), some)

    @pytest.mark.parametrize("place", [0, 784])
    def test_no_header(self, some, place):
        values = np.insert(some[0].reshape(20, -1), place, some[1], axis=1)
        self.same(table(values[0].astype(str), values[1:].tolist()), some)

    def test_no_header_and_no_labels(self, some):
        values = some[0].reshape(20, -1)
        data = table(values[0].astype(str), values[1:].tolist())
        np.testing.assert_array_equal(kaggle_csv.read_test(data), some[0])
        refused(kaggle_csv.read_train, data, "no column 'label'")

    @pytest.mark.parametrize("header", [True, False])
    def test_whole_numbers_with_a_point(self, some, header):
        values = np.column_stack([some[1], some[0].reshape(20, -1)]).astype(float).tolist()
        data = table(["label", *kaggle_csv.PIXELS] if header else map(str, values.pop(0)), values)
        assert b"0.0" in data
        self.same(data, some)

    @pytest.mark.parametrize("name", ["", "Unnamed: 0", "id"])
    def test_a_column_that_numbers_the_rows(self, some, name):
        values = np.column_stack([np.arange(300, 320), some[1], some[0].reshape(20, -1)]).tolist()
        self.same(table([name, "label", *kaggle_csv.PIXELS], values), some)

    @pytest.mark.parametrize("sign", [";", "\t"])
    def test_other_signs_between_values(self, some, sign):
        self.same(train_csv(*some).replace(b",", sign.encode()), some)


class TestZips:
    def test_a_table_in_a_zip(self, sample):
        x, y = sample.x_train[:60], sample.y_train[:60]
        files = [
            ("train.csv", train_csv(x, y)),
            ("test.csv", test_csv(x[:5])),
            ("sample_submission.csv", b"ImageId,Label\n1,0\n"),
            ("__MACOSX/._train.csv", b"?"),
        ]
        for members in (files, files[:1], [(f"digit-recognizer/{name}", data) for name, data in files]):
            data = zipped(members)
            assert kaggle_csv.is_zip_of_tables(data)
            np.testing.assert_array_equal(kaggle_csv.read_train(data)[0], x)
            assert sum(user_data.from_file("digits.zip", data).counts.values()) == 60
        np.testing.assert_array_equal(kaggle_csv.read_test(zipped(files)), x[:5])
        assert submission.submission("mlp", zipped(files[1:2])).count(b"\n") == 6

    def test_the_file_that_is_wrong_is_named(self):
        refused(
            kaggle_csv.read_train, zipped([("train.csv", changed(1, 5, "x"))]), "^train.csv: Row 1, pixel4"
        )
        refused(
            kaggle_csv.read_train,
            zipped([("train.csv", b"label,pixel0\n")]),
            "^train.csv: .* names 2 columns",
        )

    def test_several_that_might_be_meant(self):
        refused(
            kaggle_csv.read_train,
            zipped([("a.csv", b""), ("b.csv", b"")]),
            r"several CSV files \(a.csv, b.csv\)",
        )

    def test_pictures_come_first(self, sample):
        assert not kaggle_csv.is_zip_of_tables(zipped([("a/0.png", b"?"), ("labels.csv", b"?")]))
        assert not kaggle_csv.is_zip_of_tables(b"PK\x03\x04 no zip")

    def test_a_bomb(self, monkeypatch):
        monkeypatch.setattr(image_folders, "SMALL", 100_000)
        bomb = zipped([("train.csv", table(["label", *kaggle_csv.PIXELS], [[0] * 785] * 5_000))])
        refused(kaggle_csv.read_train, bomb, "100 times its size")

    def test_a_damaged_table(self, sample):
        data = bytearray(zipped([("train.csv", train_csv(sample.x_train[:20], sample.y_train[:20]))]))
        data[4000:4020] = bytes(20)
        refused(kaggle_csv.read_train, bytes(data), "zip is damaged")


def test_everything_that_is_wrong_is_said():
    rows = [[0] * 785 for _ in range(30)]
    rows[3][5], rows[7][2] = "x", 300
    rows[9].append(0)
    refused(kaggle_csv.read_train, table(["label", *kaggle_csv.PIXELS], rows), "Row 4.*Row 8.*Row 10 has 786")
    with pytest.raises(datasets.DataError, match="18 more rows are wrong"):
        kaggle_csv.read_train(table(["label", *kaggle_csv.PIXELS], [["x", *[0] * 784]] * 30))
    labels = table(["label", *kaggle_csv.PIXELS], [[label, *[0] * 784] for label in (1, 10, 2, 26)])
    refused(kaggle_csv.read_train, labels, "Row 2: the label 10 .* Row 4: the label 26")


def test_very_many_blank_lines(monkeypatch):
    monkeypatch.setattr(kaggle_csv, "MOST_ROWS", 20)
    refused(kaggle_csv.read_train, changed(1, 0, 1) + b"\n" * 100, "too many blank lines")


def test_ragged_rows(sample):
    whole = train_csv(sample.x_train[:3], sample.y_train[:3])
    refused(kaggle_csv.read_train, whole[:-20], "Row 3 has .* values instead of 785")


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(kaggle_csv, "MOST_ROWS", 2)
    refused(kaggle_csv.read_train, changed(1, 0, 1), "more than 2 images")


class TestSubmission:
    def test_what_the_network_reads(self, sample):
        told = []
        text = submission.submission(
            "mlp", test_csv(sample.x_test[:520]), lambda batches: told.append(len(batches)) or batches
        )
        lines = text.decode().splitlines()
        assert lines[0] == "ImageId,Label"
        numbers, labels = np.array([line.split(",") for line in lines[1:]], int).T
        assert numbers.tolist() == list(range(1, 521))
        read = classifier.predict("mlp", as_input(sample.x_test[:520])).argmax(axis=1)
        np.testing.assert_array_equal(labels, read)
        assert (labels == sample.y_test[:520]).mean() > 0.95
        assert told == [2]

    def test_a_file_to_train_on(self, sample):
        with pytest.raises(datasets.DataError, match="has a column 'label'"):
            submission.submission("mlp", train_csv(sample.x_test[:2], sample.y_test[:2]))

    def test_a_network_that_reads_nothing(self, sample):
        with pytest.raises(DigitLabError, match="vae names no classes"):
            submission.submission("vae", test_csv(sample.x_test[:2]))
