"""Pictures in a folder or a zip, a sub-folder per class, as 28×28 pixels.

A zip may come from anybody. Its members are read in memory and never written anywhere under their own
names, and what its headers say of sizes is never believed: bytes and pixels are counted while unpacking.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_models import datasets, image_files, preprocessing
from mnist_models.image_files import PHOTO_TYPES

MOST_CLASSES = 10  # our classifiers end in ten outputs
MOST_PICTURES = 70_000  # as many as MNIST has
MOST_TO_FIT = 5_000  # pictures that are not 28×28 yet; a photo takes 30 ms
MOST_BYTES = 20_000_000  # of one picture's file
MOST_PIXELS = 25_000_000  # of one picture
MOST_PIXELS_OF_ALL = 1_000_000_000
MOST_UNPACKED = 300_000_000  # bytes of a zip's members together
MOST_TIMES = 100  # that a zip may grow; pictures are packed already ...
SMALL = 10_000_000  # ... but unpacked bytes below this harm nobody
LONGEST_NAME = 60  # characters of a class, or of a file in a sentence

_ENDINGS = {f".{ending}" for ending in PHOTO_TYPES}
_LEFT_BY_SYSTEMS = {"__macosx", "thumbs.db", "desktop.ini"}
_WORK_SIDE = 160  # pixels; 28 are left of them, so finer detail does not count
_SAME_COLOUR = 24  # of 255: how far the pixels of a plain background may be apart
_PLAIN = 0.9  # share of the edge that has the background's colour in a drawing or scan
_CANNOT_UNPACK = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)
_LAYOUT = "Make a folder for every class, put its pictures there, and zip these folders."


@dataclass(frozen=True)
class _File:
    """A picture's file: where it lies, in parts of its path, and how to get its bytes."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def shown(self):
        return shown("/".join(self.parts))


def read_zip(data, progress=lambda files: files):
    """Read a zip of pictures.

    Args:
        data: bytes of the zip. In it `CLASS/picture.png`, or the same in one more folder.
        progress: wraps the list of files that is gone through, as tqdm does.

    Returns:
        (x, y, labels): uint8 N×28×28, ink bright on black; uint8 N; tuple of class names. Where all
        classes are called by single digits, y are those digits and labels are all ten.

    Raises:
        datasets.DataError: when it is no zip, is laid out otherwise, is too large, or was made to do
            harm; a sentence that says what is wrong.
    """
    # The directory of a zip is read as a whole; a hostile one has millions of entries.
    if data.count(b"PK\x01\x02") > 2 * MOST_PICTURES:
        raise datasets.DataError(f"This zip holds too many files; at most {MOST_PICTURES:,} can be read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpack = _Unpacking(archive, len(data))
            members = [info for info in archive.infolist() if not info.is_dir()]
            files = [_File(_safe_parts(info), lambda info=info: unpack(info)) for info in members]
            return _read(files, progress)
    except datasets.DataError:
        raise
    except _CANNOT_UNPACK as error:
        raise datasets.DataError(
            f"This zip is damaged or of a kind that cannot be read ({error}). Make it again."
        ) from None


def read_folder(folder, progress=lambda files: files):
    """Read a folder of pictures, laid out as for `read_zip`, with the same results and errors.

    Args:
        folder: path; links in it are refused.
        progress: as for `read_zip`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise datasets.DataError(f"There is no folder {folder}.")
    files = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(place) / name for name in folders + sorted(names)):
            if path.is_symlink():
                raise datasets.DataError(f"{path} is a link. Put the picture itself there.")
            if not path.is_dir():
                files.append(_File(path.relative_to(folder).parts, lambda path=path: _bytes_of(path)))
        if len(files) > 2 * MOST_PICTURES:
            raise datasets.DataError(f"{folder} holds over {MOST_PICTURES:,} files, more than can be read.")
    return _read(files, progress)


def shown(text):
    """A name from outside as a sentence may show it: one line, printable, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


class _Unpacking:
    """Gives members' bytes, and counts them all."""

    def __init__(self, archive, packed):
        self.archive, self.packed, self.unpacked = archive, packed, 0

    def __call__(self, info):
        with self.archive.open(info) as member:
            data = member.read(MOST_BYTES + 1)
        self.unpacked += len(data)
        if self.unpacked > MOST_UNPACKED:
            raise datasets.DataError(
                f"This zip holds more than {MOST_UNPACKED // 1_000_000} MB unpacked. Use fewer or smaller "
                "pictures."
            )
        if self.unpacked > max(SMALL, MOST_TIMES * self.packed):
            raise datasets.DataError(
                f"This zip unpacks to more than {MOST_TIMES} times its size, which pictures do not. "
                "Make it again from PNG or JPEG files."
            )
        return data


def _safe_parts(info):
    """The parts of a member's path.

    Raises:
        datasets.DataError: when it leads out of the zip, or is nothing one could read as a picture.
    """
    name = info.orig_filename.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not parts or name.startswith("/") or ":" in parts[0] or ".." in parts:
        raise datasets.DataError(
            f"“{shown(name)}” leads out of the zip, so nothing of it was read. Zip the folders of your "
            "classes themselves."
        )
    if kind not in (0, stat.S_IFREG):
        raise datasets.DataError(f"“{shown(name)}” is a link or no file. Zip the pictures themselves.")
    if info.flag_bits & 0x1:
        raise datasets.DataError("This zip is encrypted. Make it again without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise datasets.DataError("This zip is packed in an unusual way. Make it again as an ordinary zip.")
    return parts


def _bytes_of(path):
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise datasets.DataError(f"{path} cannot be read ({error.strerror}).") from None


def _read(files, progress):
    """What `read_zip` returns."""
    files = [file for file in files if not _is_clutter(file.parts)]
    if not files:
        raise datasets.DataError(f"There are no pictures in it. {_LAYOUT}")
    if len(files) > MOST_PICTURES:
        raise datasets.DataError(f"It holds {len(files):,} files; at most {MOST_PICTURES:,} can be read.")
    classes = _classes(files)
    names = sorted(set(classes))
    if len(names) > MOST_CLASSES:
        raise datasets.DataError(
            f"It holds {len(names)} classes; the networks here tell at most {MOST_CLASSES} apart. "
            "Leave some of the folders out."
        )
    fitting = _Fitting()
    x = np.stack([fitting(file) for file in progress(files)])
    labels = datasets.DIGITS if set(names) <= set(datasets.DIGITS) else tuple(names)
    return x, np.array([labels.index(name) for name in classes], np.uint8), labels


def _is_clutter(parts):
    """What macOS and Windows leave in folders."""
    return any(part.startswith(".") or part.lower() in _LEFT_BY_SYSTEMS for part in parts)


def _classes(files):
    """The class of every file, by the folder it lies in."""
    depth = max(len(file.parts) for file in files)
    if depth > 3 or (depth == 3 and len({file.parts[0] for file in files}) > 1):
        deepest = next(file for file in files if len(file.parts) == depth)
        raise datasets.DataError(f"“{deepest.shown}” lies too deep. {_LAYOUT}")
    outside = next((file for file in files if len(file.parts) < max(2, depth)), None)
    if outside:
        raise datasets.DataError(f"“{outside.shown}” lies in no class's folder. {_LAYOUT}")
    foreign = next((f for f in files if os.path.splitext(f.parts[-1])[1].lower() not in _ENDINGS), None)
    if foreign:
        raise datasets.DataError(
            f"“{foreign.shown}” is no picture. Take it out, or save it as PNG, JPEG, WebP, GIF or BMP."
        )
    classes = [shown(file.parts[-2]) for file in files]
    if "" in classes:
        raise datasets.DataError("The folder of a class has no name that one could read. Rename it.")
    return classes


class _Fitting:
    """Turns files into 28×28 pixels, and counts the work."""

    def __init__(self):
        self.pixels, self.fitted = 0, 0

    def __call__(self, file):
        """uint8 28×28, ink bright on black."""
        data = file.read()
        if len(data) > MOST_BYTES:
            raise datasets.DataError(
                f"“{file.shown}” has more than {MOST_BYTES // 1_000_000} MB. Make it smaller."
            )
        try:
            width, height = image_files.size(data)
            self._count(file, width, height)
            image = preprocessing.open_image(data)
            fit = _fit_drawing if _is_plain(image) else preprocessing.photo_to_mnist
            pixels = fit(_small(image))
        except preprocessing.EmptyCanvas:
            raise datasets.DataError(
                f"Nothing stands out in “{file.shown}”. Take it out, or use a picture with more contrast."
            ) from None
        except datasets.DataError:
            raise
        # A damaged file makes Pillow raise nearly anything.
        except Exception:
            raise datasets.DataError(
                f"“{file.shown}” cannot be opened as a picture. Take it out, or save it again as PNG or JPEG."
            ) from None
        return np.uint8(np.rint(255 * pixels[..., 0]))

    def _count(self, file, width, height):
        if width * height > MOST_PIXELS:
            raise datasets.DataError(
                f"“{file.shown}” has {width * height / 1e6:.0f} megapixels, more than "
                f"{MOST_PIXELS // 1_000_000}. Make it smaller."
            )
        self.pixels += width * height
        self.fitted += (width, height) != (preprocessing.FIELD, preprocessing.FIELD)
        if self.fitted > MOST_TO_FIT:
            raise datasets.DataError(
                f"More than {MOST_TO_FIT:,} pictures have to be brought to 28×28 pixels. Use fewer, or bring "
                "them to that size yourself."
            )
        if self.pixels > MOST_PIXELS_OF_ALL:
            raise datasets.DataError(
                f"All pictures together have more than {MOST_PIXELS_OF_ALL // 1_000_000:,} megapixels. "
                "Make them smaller, or use fewer."
            )


def _small(image):
    if max(image.size) <= _WORK_SIDE:
        return image
    if image.mode not in ("L", "RGB"):  # a palette has no colours between its colours
        image = image.convert("RGBA")
    image.thumbnail((_WORK_SIDE, _WORK_SIDE), Image.Resampling.BOX)
    return image


def _is_plain(image):
    """Whether it is a drawing on a plain background, that is no photo; MNIST's own size never is."""
    if image.size == (preprocessing.FIELD, preprocessing.FIELD):
        return False
    rgba = np.asarray(_small(image.copy()).convert("RGBA")).astype(int)
    rgba[..., :3] *= rgba[..., 3:] > 0  # the colours below full transparency mean nothing
    edge = np.concatenate([rgba[0], rgba[-1], rgba[:, 0], rgba[:, -1]])
    apart = np.abs(edge - np.median(edge, axis=0)).max(axis=1)
    return (apart <= _SAME_COLOUR).mean() >= _PLAIN


def _fit_drawing(image):
    return preprocessing.canvas_to_mnist(np.array(image.convert("RGBA")))
