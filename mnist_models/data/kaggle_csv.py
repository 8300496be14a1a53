"""Tables of digits: `label,pixel0…pixel783` as in Kaggle's digit-recognizer, and what is handed in there.

Others lay the same table out in other ways: the label last, pixels counted from 1 or called by row and
column, no header, whole numbers written as 5.0. Which column is the label is plain in all of them.
"""

import csv
import io
import re
from dataclasses import dataclass

import numpy as np

from mnist_models.data import datasets, zip_names
from mnist_models.data.image_folders import Unpacking, is_clutter, is_picture, opened_zip, shown
from mnist_models.data.upload_report import MOST_NAMED, UploadError

SIDE = 28  # pixels
PIXELS = tuple(f"pixel{number}" for number in range(SIDE**2))
MOST_ROWS = 100_000
LONGEST_LINE = 20_000  # characters; the header takes 7,000

_LAYOUT = "The first line should name the columns: label,pixel0,pixel1 … pixel783 (a test file: no label)."
_NUMBERS = "", "unnamed: 0", "index", "id", "imageid"  # columns that number the rows
_NAMES_OF_LABEL = "label", "labels", "class", "target", "digit", "y"
_ZIP = b"PK\x03\x04"


def read_train(data):
    """Read a training file.

    Args:
        data: bytes of `train.csv`, or of a zip that holds it.

    Returns:
        (x, y): uint8 N×28×28 and uint8 N, digits.

    Raises:
        datasets.DataError: sentences that say what is wrong with the file, and where; see
            `upload_report.sentences`.
    """
    table = _read(data, to_train=True)
    if table.labels is None:
        raise datasets.DataError(
            "This file has no column 'label', so it is one to test on. Train on the file that has one."
        )
    wrong = np.flatnonzero(table.labels > 9)
    if wrong.size:
        faults = [
            f"Row {line + 1}: the label {table.labels[line]} is no digit from 0 to 9." for line in wrong
        ]
        raise UploadError(_some(faults))
    return table.images, table.labels


def read_test(data):
    """Read a test file, or a zip that holds it: uint8 N×28×28.

    Raises:
        datasets.DataError: as `read_train`.
    """
    table = _read(data, to_train=False)
    if table.labels is not None:
        raise datasets.DataError(
            "This file has a column 'label', so it is one to train on. Choose the test file, without labels."
        )
    return table.images


def is_zip_of_tables(data):
    """Whether a zip holds CSV files and no pictures. False also for what cannot be opened."""
    try:
        with opened_zip(data) as archive:
            return bool(_tables(archive))
    except datasets.DataError:
        return False


@dataclass(frozen=True)
class _Table:
    """Images: uint8 N×28×28; labels: uint8 N, or None where there are none."""

    images: np.ndarray
    labels: np.ndarray | None


@dataclass(frozen=True)
class _Columns:
    """Which columns hold what.

    Attributes:
        names: of all columns, for sentences.
        label: place of the label; None without one.
        is_label_sure: False where no header says so: then it may be the first or the last one.
        passed_over: places of columns that only number the rows.
    """

    names: tuple[str, ...]
    label: int | None
    is_label_sure: bool = True
    passed_over: tuple[int, ...] = ()


def _read(data, to_train):
    if not data.startswith(_ZIP):
        return _table(io.BytesIO(data))
    with opened_zip(data) as archive:
        info, name = _chosen(_tables(archive), to_train)
        with archive.open(info) as member:
            try:
                return _table(_Counted(member, Unpacking(archive, len(data)).count))
            except UploadError as problem:
                raise UploadError(f"{name}: {sentence}" for sentence in problem.sentences) from None
            except datasets.DataError as problem:
                raise datasets.DataError(f"{name}: {problem}") from None


def _tables(archive):
    """The CSV files of a zip: list of zipfile.ZipInfo and name. None where it also holds pictures."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    names = zip_names.decode(infos)
    tables = []
    for info, name in zip(infos, names, strict=True):
        parts = [part for part in name.split("/") if part] or [""]
        if is_clutter(parts):
            continue
        if is_picture(parts):
            return []
        if parts[-1].lower().endswith(".csv"):
            tables.append((info, shown(parts[-1])))
    return tables


def _chosen(tables, to_train):
    """The table to train or test on, by its name where there are several."""
    if not tables:
        raise datasets.DataError("This zip holds no CSV file. Zip the CSV file itself.")
    word = "train" if to_train else "test"
    fitting = [table for table in tables if word in table[1].lower()] if len(tables) > 1 else tables
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(name for _, name in tables[:MOST_NAMED])
    raise datasets.DataError(
        f"This zip holds several CSV files ({listed}). Zip only the one that is meant, or call it {word}.csv."
    )


class _Counted(io.RawIOBase):
    """A member of a zip whose bytes are counted while they are read."""

    def __init__(self, member, count):
        self._member, self._count = member, count

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self._member.read(len(buffer))
        self._count(len(data))
        buffer[: len(data)] = data
        return len(data)


def _table(file):
    """A CSV file's images and labels."""
    try:
        text = io.TextIOWrapper(io.BufferedReader(file), encoding="utf-8-sig", newline="")
        lines = _lines(text)
        first = next((line for line in lines if line.strip()), "")
        rows = csv.reader(_again(first, lines), delimiter=max(",;\t", key=first.count))
        header = next(rows, [])
        columns = _columns([name.strip() for name in header])
        is_data = columns is None
        columns = columns or _unnamed(header)
        values, faults = [], []
        for number, row in enumerate(_filled(_again(header, rows) if is_data else rows), start=1):
            _read_row(row, number, columns, values, faults)
    except UnicodeDecodeError:
        raise datasets.DataError("This is no CSV file: it is not text in UTF-8.") from None
    except csv.Error as error:
        raise datasets.DataError(f"This is no CSV file that can be read ({error}).") from None
    if faults:
        raise UploadError(_some(faults))
    if not values:
        raise datasets.DataError("The file names its columns, but holds no images.")
    return _taken_apart(np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1), columns)


def _again(first, rest):
    yield first
    yield from rest


def _lines(text):
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise datasets.DataError(f"A line has over {LONGEST_LINE:,} characters. {_LAYOUT}")
        if number > 2 * MOST_ROWS + 10:
            raise datasets.DataError("The file holds too many blank lines. Save it again without them.")
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


def _columns(header):
    """What the first line says of the columns; None when it is an image already.

    Raises:
        datasets.DataError: when it is neither.
    """
    if not any(header):
        raise datasets.DataError(f"The file is empty. {_LAYOUT}")
    known = [place for place, name in enumerate(header) if name.lower() in _NAMES_OF_LABEL]
    numbers = [place for place, name in enumerate(header) if name.lower() in _NUMBERS]
    others = [place for place in range(len(header)) if place not in known + numbers]
    if len(others) == SIDE**2 and len(known) < 2 and _are_pixels([header[place] for place in others]):
        return _Columns(tuple(header), known[0] if known else None, passed_over=tuple(numbers))
    if all(_byte(value) is not None for value in header):
        return None
    raise datasets.DataError(f"{_fault_of_header(header, others)} {_LAYOUT}")


def _are_pixels(names):
    """Whether names count pixels: pixel0 …, pixel1 …, 1x1 … 28x28, 0, 1, 2 … and the like."""
    numbers = [tuple(map(int, re.findall(r"\d{1,3}", name))) for name in names]
    first = numbers[0]
    if first in ((0,), (1,)):
        return numbers == [(first[0] + place,) for place in range(SIDE**2)]
    if first in ((0, 0), (1, 1)):
        return numbers == [
            (row + first[0], column + first[0]) for row in range(SIDE) for column in range(SIDE)
        ]
    return False


def _fault_of_header(header, others):
    pixels = len(others)
    if len(header) not in (SIDE**2, SIDE**2 + 1):
        return f"The first line names {len(header):,} columns, not 784 or 785."
    if pixels != SIDE**2:
        return f"The first line names {len(header)} columns, of which {pixels} are pixels, not 784."
    start = int(header[others[0]].lower() == "pixel1")
    for place, number in zip(others, range(start, SIDE**2 + start), strict=True):
        if header[place].lower() != f"pixel{number}":
            return f"Column {place + 1} is called '{shown(header[place])}', not 'pixel{number}'."
    return "The columns are not named as pixels are."


def _unnamed(row):
    """Columns of a file without a header: the label, where there is one, comes first or last."""
    if len(row) not in (SIDE**2, SIDE**2 + 1):
        raise datasets.DataError(f"The first line holds {len(row):,} columns, not 784 or 785. {_LAYOUT}")
    names = tuple(f"column {number}" for number in range(1, len(row) + 1))
    has_label = len(row) > SIDE**2
    return _Columns(names, 0 if has_label else None, is_label_sure=not has_label)


def _read_row(row, number, columns, values, faults):
    """Put a row's bytes to `values`, or sentences on what is wrong to `faults`."""
    if len(row) != len(columns.names):
        faults.append(f"Row {number} has {len(row)} values instead of {len(columns.names)}.")
        return
    if columns.passed_over:
        row = ["0" if place in columns.passed_over else value for place, value in enumerate(row)]
    try:
        values.append(bytes(map(int, row)))  # refuses what is not whole or not 0 to 255
        return
    except ValueError:
        found = [_byte(value) for value in row]
    if None not in found:
        values.append(bytes(found))
        return
    place = found.index(None)
    faults.append(
        f"Row {number}, {columns.names[place]}: '{shown(row[place])}' is no whole number from 0 to 255."
    )


def _byte(text):
    """A whole number from 0 to 255, also one written as 5.0; None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= 255 else None


def _some(faults):
    """The first faults, and how many more there are."""
    more = len(faults) - MOST_NAMED
    return faults[:MOST_NAMED] + ([f"{more:,} more rows are wrong."] if more > 0 else [])


def _taken_apart(values, columns):
    """A _Table of uint8 N×columns."""
    label = columns.label
    if not columns.is_label_sure and _is_label(values[:, -1]) and not _is_label(values[:, 0]):
        label = values.shape[1] - 1
    labels = None if label is None else values[:, label].copy()
    aside = [place for place in (label, *columns.passed_over) if place is not None]
    return _Table(np.delete(values, aside, axis=1).reshape(-1, SIDE, SIDE), labels)


def _is_label(column):
    """Whether a column may be that of the labels: corners of pictures are black, or have any brightness."""
    return column.max() <= 9 and np.ptp(column) > 0
