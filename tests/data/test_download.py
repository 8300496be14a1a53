import pytest

from mnist_models.data import datasets, download

UNIPEN = """
.VERSION 1.0
.COMMENT 30 writers
.SEGMENT DIGIT 0-2 ? "8"
.COMMENT  8  30  0
.DT 100
.PEN_DOWN
     267       333
     267       336
.PEN_UP
.DT 10
.SEGMENT DIGIT 3-9 ? "4"
.PEN_DOWN
     1       2
.PEN_UP
.PEN_DOWN
     3       4
     5       6
.PEN_UP
.SEGMENT DIGIT 10-10 ? "5"
.PEN_DOWN
.PEN_UP
"""


def test_unipen_becomes_labels_and_strokes():
    assert download.parse_unipen(UNIPEN) == [
        {"label": 8, "strokes": [[[267, 333], [267, 336]]]},
        {"label": 4, "strokes": [[[1, 2]], [[3, 4], [5, 6]]]},
    ]


def test_a_failed_download_gets_a_sentence_and_leaves_nothing(data_folder, monkeypatch):
    keras = pytest.importorskip("keras")

    def no_network(**_):
        raise OSError("no route to host")

    monkeypatch.setattr(keras.utils, "get_file", no_network)
    with pytest.raises(datasets.DataError, match=r"could not be downloaded.*pen_digits"):
        download.fetch("strokes")
    assert not list(data_folder.iterdir())
