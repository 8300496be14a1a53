"""Pictures in a folder or a zip, a sub-folder per class, as 28×28 pixels.

A zip may come from anybody. Its members are read in memory and never written anywhere under their own
names, and what its headers say of sizes is never believed: bytes and pixels are counted while unpacking.
"""

import io
import os
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_models.data import datasets, zip_names
from mnist_models.data.upload_report import Report, class_faults, enumerated
from mnist_models.images import image_files, normalize
from mnist_models.images.image_files import PHOTO_TYPES

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
# By macOS, Windows, Picasa and the network drives of Synology and QNAP; names with a dot in front also count.
_LEFT_BY_SYSTEMS = {
    "__macosx",
    "thumbs.db",
    "thumbs.db:encryptable",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "$recycle.bin",
    "system volume information",
    "picasa.ini",
    "@eadir",
    "@synoresource",
    "@synoeastream",
    "@tmp",
    "#recycle",
    "@recycle",
}
_ABOUT = {"license", "licence", "readme", "copying", "notice", "authors", "changelog", "citation"}
_TINY = 40  # pixels
_WORK_SIDE = 160  # pixels; 28 are left of them, so finer detail does not count
_SAME_COLOUR = 24  # of 255: how far the pixels of a plain background may be apart
_PLAIN = 0.9  # share of the edge that has the background's colour in a drawing or scan
CANNOT_UNPACK = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)
_LAYOUT = "Make a folder for every class, put its pictures there, and zip these folders."
# Each for one file and for several.
_NO_PICTURE = (
    "{} is no picture. Take it out, or save it as PNG or JPEG.",
    "{} are no pictures. Take them out, or save them as PNG or JPEG.",
)
_CANNOT_BE_OPENED = (
    "{} cannot be opened as a picture. Take it out, or save it again as PNG or JPEG.",
    "{} cannot be opened as pictures. Take them out, or save them again as PNG or JPEG.",
)
_NOTHING_STANDS_OUT = (
    "Nothing stands out in {}. Take it out, or use a picture with more contrast.",
    "Nothing stands out in {}. Take them out, or use pictures with more contrast.",
)
_NAME_UNKNOWN = (
    "The name of the folder of {} cannot be read, since nothing says which alphabet it is in. Give the "
    "folder another name, with letters from a to z, and zip it again.",
    "The names of the folders of {} cannot be read, since nothing says which alphabet they are in. Give "
    "these folders other names, with letters from a to z, and zip them again.",
)


@dataclass(frozen=True)
class _File:
    """A picture's file: where it lies, in parts of its path, and how to get its bytes."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def shown(self):
        return shown("/".join(self.parts))


def read_zip(data, progress=lambda files: files, note=lambda sentence: None):
    """Read a zip of pictures.

    Args:
        data: bytes of the zip. In it `CLASS/picture.png`, or the same in one more folder.
        progress: wraps the list of files that is gone through, as tqdm does.
        note: called with a sentence about whatever was passed over and should be known.

    Returns:
        (x, y, labels): uint8 N×28×28, ink bright on black; uint8 N; tuple of class names. Where all
        classes are called by single digits, y are those digits and labels are all ten.

    Raises:
        upload_report.UploadError: when it is no zip, is laid out otherwise, is too large, or was made to
            do harm; sentences that say everything that is wrong.
    """
    report = Report()
    with opened_zip(data) as archive:
        infos = archive.infolist()
        unpack = Unpacking(archive, len(data))
        files, folders = [], []
        for info, name in zip(infos, zip_names.decode(infos), strict=True):
            parts = tuple(part for part in name.split("/") if part not in ("", "."))
            if not _is_safe(info, name, parts, report):
                continue
            if info.is_dir():
                folders.append(parts)
            else:
                files.append(_File(parts, lambda info=info: unpack(info)))
        return _read(files, folders, progress, note, report)


def read_folder(folder, progress=lambda files: files, note=lambda sentence: None):
    """Read a folder of pictures, laid out as for `read_zip`, with the same results and errors.

    Args:
        folder: path; links in it are refused.
        progress, note: as for `read_zip`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise datasets.DataError(f"There is no folder {folder}.")
    files, folders, report = [], [], Report()
    for place, inner, names in os.walk(folder):
        inner.sort()
        for path in (Path(place) / name for name in inner + sorted(names)):
            parts = tuple(_known(part) for part in path.relative_to(folder).parts)
            if path.is_symlink():
                report.add(
                    shown(path),
                    "{} is a link. Put the picture itself there.",
                    "{} are links. Put the files there.",
                )
            elif path.is_dir():
                folders.append(parts)
            else:
                files.append(_File(parts, lambda path=path: _bytes_of(path)))
        if len(files) > 2 * MOST_PICTURES:
            raise datasets.DataError(f"{folder} holds over {MOST_PICTURES:,} files, more than can be read.")
    return _read(files, folders, progress, note, report)


@contextmanager
def opened_zip(data):
    """A zip from anybody as zipfile.ZipFile.

    Raises:
        datasets.DataError: also for what goes wrong with the zip while it is in use.
    """
    # The directory of a zip is read as a whole; a hostile one has millions of entries.
    if data.count(b"PK\x01\x02") > 2 * MOST_PICTURES:
        raise datasets.DataError(f"This zip holds too many files; at most {MOST_PICTURES:,} can be read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except datasets.DataError:
        raise
    except CANNOT_UNPACK as error:
        raise datasets.DataError(
            f"This zip is damaged or of a kind that cannot be read ({shown(error)}). Make it again."
        ) from None


def shown(text):
    """A name from outside as a sentence may show it: one line, printable, not too long."""
    line = _one_line(str(text).replace(zip_names.UNKNOWN, "?"))
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def is_clutter(parts):
    """Whether a path, in parts, is what systems and programs leave in folders, or a licence or the like."""
    *folders, name = (part.lower() for part in parts)
    if any(part.startswith(".") or part in _LEFT_BY_SYSTEMS for part in (*folders, name)):
        return True
    stem, ending = os.path.splitext(name)
    # macOS ends the name with a carriage return, in place of which other systems put something else.
    is_icon = not ending and name.rstrip("\r\n\uf00d?_ ") == "icon"
    return is_icon or (stem in _ABOUT and ending not in _ENDINGS)


def is_picture(parts):
    """Whether a path, in parts, has the ending of a picture."""
    return os.path.splitext(parts[-1])[1].lower() in _ENDINGS


class Unpacking:
    """Gives members' bytes, and counts them all."""

    def __init__(self, archive, packed):
        self.archive, self.packed, self.unpacked = archive, packed, 0

    def __call__(self, info):
        with self.archive.open(info) as member:
            data = member.read(MOST_BYTES + 1)
        self.count(len(data))
        return data

    def count(self, more):
        """Count bytes that were unpacked. Raises TooMuch when it is time to stop."""
        self.unpacked += more
        if self.unpacked > MOST_UNPACKED:
            raise TooMuch(
                f"This zip holds more than {MOST_UNPACKED // 1_000_000} MB unpacked. Use fewer or smaller "
                "files."
            )
        if self.unpacked > max(SMALL, MOST_TIMES * self.packed):
            raise TooMuch(
                f"This zip unpacks to more than {MOST_TIMES} times its size, which pictures do not. "
                "Make it again from PNG or JPEG files."
            )


class TooMuch(datasets.DataError):
    """There is more to do than we do for anybody; nothing further is looked at."""


def _one_line(text):
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _known(part):
    """A name on this disk, with what is no UTF-8 in it as `zip_names.UNKNOWN`."""
    text = os.fsencode(part).decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text)


def _is_safe(info, name, parts, report):
    """Whether a member of a zip is a file or folder within it that can be read; else it is reported."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.is_dir() and not parts:
        return False
    if not parts or name.startswith("/") or ":" in parts[0] or ".." in parts:
        report.add(
            shown(name),
            "{} leads out of the zip. Zip the folders of your classes themselves.",
            "{} lead out of the zip. Zip the folders of your classes themselves.",
        )
        return False
    if info.is_dir():
        return True
    if kind not in (0, stat.S_IFREG):
        report.add(
            shown(name),
            "{} is a link or no file. Zip the pictures themselves.",
            "{} are links or no files. Zip the pictures themselves.",
        )
        return False
    if info.flag_bits & 0x1:
        report.say("This zip is encrypted. Make it again without a password.")
        return False
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        report.say("This zip is packed in an unusual way. Make it again as an ordinary zip.")
        return False
    return True


def _bytes_of(path):
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise datasets.DataError(f"{path} cannot be read ({error.strerror}).") from None


def _read(files, folders, progress, note, report):
    """What `read_zip` returns."""
    folders = [parts for parts in folders if not is_clutter(parts)]
    folders += [file.parts[:-1] for file in files if len(file.parts) > 1 and not is_clutter(file.parts[:-1])]
    files = [file for file in files if not is_clutter(file.parts)]
    if len(files) > MOST_PICTURES:
        raise datasets.DataError(f"It holds {len(files):,} files; at most {MOST_PICTURES:,} can be read.")
    if not files and not report:
        report.say(f"There are no pictures in it. {_LAYOUT}")
    files = _laid_out(files, report)
    empty = _empty(folders, files)
    classes = _classes(files, report)
    images = _images(files, progress, report)
    if report:
        # Whatever else stands in the way, so that one attempt is enough.
        are_known = all(zip_names.UNKNOWN not in file.parts[-2] for file in files)
        for sentence in [*_empty_folders(empty), *(class_faults(Counter(classes)) if are_known else ())]:
            report.say(sentence)
    report.raise_if_any()
    for sentence in _empty_folders(empty):
        note(sentence)
    names = sorted(set(classes))
    labels = datasets.DIGITS if set(names) <= set(datasets.DIGITS) else tuple(names)
    return np.stack(images), np.array([labels.index(name) for name in classes], np.uint8), labels


def _laid_out(files, report):
    """The files that are pictures in the folder of a class; what is wrong with others is reported."""
    for file in files:
        if not is_picture(file.parts):
            report.add(file.shown, *_NO_PICTURE)
    files = [file for file in files if is_picture(file.parts)]
    if not files:
        return []
    depth = max(len(file.parts) for file in files)
    if depth > 3 or (depth == 3 and len({file.parts[0] for file in files}) > 1):
        deepest = next(file for file in files if len(file.parts) == depth)
        report.say(f"“{deepest.shown}” lies too deep. {_LAYOUT}")
        return [file for file in files if len(file.parts) > 1]
    for file in files:
        if len(file.parts) < max(2, depth):
            report.add(
                file.shown,
                f"{{}} lies in no class's folder. {_LAYOUT}",
                f"{{}} lie in no class's folder. {_LAYOUT}",
            )
    return [file for file in files if len(file.parts) >= max(2, depth)]


def _classes(files, report):
    """The class of every picture, by the folder it lies in."""
    whole_names, unknown = {}, {}  # name as shown → the folder's whole name; unknown name → a picture in it
    for file in files:
        whole = _one_line(file.parts[-2])
        if zip_names.UNKNOWN in whole:
            unknown.setdefault(whole, file)
        elif whole_names.setdefault(shown(whole), whole) != whole:
            report.say(f"Two folders' names both begin with “{shown(whole)}”. Give them shorter names.")
    for file in unknown.values():
        report.add(file.shown, *_NAME_UNKNOWN)
    if "" in whole_names:
        report.say("The folder of a class has no name that one could read. Rename it.")
    classes = [shown(file.parts[-2]) for file in files]
    count = len(set(classes))
    if count > MOST_CLASSES:
        report.say(
            f"It holds {count} classes; the networks here tell at most {MOST_CLASSES} apart. "
            "Leave some of the folders out."
        )
    return classes


def _empty(folders, files):
    """Folders beside those of the classes, without anything in them: their names."""
    depth = max((len(file.parts) for file in files), default=2)
    filled = {file.parts[:-1] for file in files}
    beside = {parts for parts in folders if len(parts) == depth - 1}
    return sorted(shown(parts[-1]) for parts in beside - filled)


def _empty_folders(names):
    if not names:
        return []
    verb, rest = (
        ("is", "a picture there, or take it out")
        if len(names) == 1
        else ("are", "pictures there, or take them out")
    )
    return [f"The folder{'s' * (len(names) > 1)} {enumerated(names)} {verb} empty. Put {rest}."]


def _images(files, progress, report):
    """Pictures as uint8 28×28; those that cannot be used are reported."""
    fitting = _Fitting()
    images = []
    try:
        for file in progress(files):
            image = _image(file, fitting, report)
            if image is not None:
                images.append(image)
    except TooMuch as limit:
        report.say(str(limit))
    return images


def _image(file, fitting, report):
    """A picture as uint8 28×28, or None when it is reported."""
    try:
        return fitting(file.read())
    except TooMuch:
        raise
    except normalize.EmptyCanvas:
        report.add(file.shown, *_NOTHING_STANDS_OUT)
    except _Unopened:
        report.add(file.shown, *_CANNOT_BE_OPENED)
    except _TooLarge as size:
        report.add(file.shown, f"{{}} has {size}. Make it smaller.", f"{{}} have {size}. Make them smaller.")
    except CANNOT_UNPACK as error:
        reason = shown(error)
        report.add(
            file.shown,
            f"{{}} is damaged in this zip ({reason}). Make the zip again.",
            f"{{}} are damaged in this zip ({reason}). Make the zip again.",
        )
    except datasets.DataError as problem:
        report.say(str(problem))
    return None


class _Unopened(Exception):
    """These bytes are no picture."""


class _TooLarge(Exception):
    """A picture is too large; the message says by what measure."""


class _Fitting:
    """Turns files' bytes into 28×28 pixels, and counts the work."""

    def __init__(self):
        self.pixels, self.fitted = 0, 0

    def __call__(self, data):
        """uint8 28×28, ink bright on black."""
        if len(data) > MOST_BYTES:
            raise _TooLarge(f"more than {MOST_BYTES // 1_000_000} MB")
        try:
            self._count(*image_files.size(data))
            image = normalize.open_image(data)
            fit = _fit_drawing if _is_plain(image) else _fit_photo
            pixels = fit(_small(image))
        except (normalize.EmptyCanvas, _TooLarge, TooMuch):
            raise
        # A damaged file makes Pillow raise nearly anything.
        except Exception:
            raise _Unopened from None
        return np.uint8(np.rint(255 * pixels[..., 0]))

    def _count(self, width, height):
        if width * height > MOST_PIXELS:
            raise _TooLarge(f"{width * height / 1e6:.0f} megapixels, more than {MOST_PIXELS // 1_000_000}")
        self.pixels += width * height
        self.fitted += (width, height) != (normalize.FIELD, normalize.FIELD)
        if self.fitted > MOST_TO_FIT:
            raise TooMuch(
                f"More than {MOST_TO_FIT:,} pictures have to be brought to 28×28 pixels. Use fewer, or bring "
                "them to that size yourself."
            )
        if self.pixels > MOST_PIXELS_OF_ALL:
            raise TooMuch(
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
    if image.size == (normalize.FIELD, normalize.FIELD):
        return False
    rgba = np.asarray(_small(image.copy()).convert("RGBA")).astype(int)
    rgba[..., :3] *= rgba[..., 3:] > 0  # the colours below full transparency mean nothing
    edge = np.concatenate([rgba[0], rgba[-1], rgba[:, 0], rgba[:, -1]])
    apart = np.abs(edge - np.median(edge, axis=0)).max(axis=1)
    return (apart <= _SAME_COLOUR).mean() >= _PLAIN


def _fit_drawing(image):
    return normalize.canvas_to_mnist(np.array(image.convert("RGBA")))


def _fit_photo(image):
    paper = _on_paper(image)
    if max(paper.size) < _TINY:  # JPEG keeps colours at half the resolution, which blurs strokes of a pixel
        paper = paper.convert("L")
    return normalize.photo_to_mnist(paper)


def _on_paper(image):
    """A picture with transparent parts on white, or on black where it is light ink on nothing."""
    if not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    alpha = np.asarray(rgba.getchannel("A"), float) / 255
    light = np.asarray(rgba.convert("RGB").convert("L"), float) / 255
    is_light_ink = alpha.mean() < 0.5 and (alpha * light).sum() > 0.5 * alpha.sum()
    paper = Image.new("RGBA", rgba.size, "black" if is_light_ink else "white")
    return Image.alpha_composite(paper, rgba).convert("RGB")
