"""Picture files from anybody: opened upright, at most 640×640 pixels, at a cost that is known before.

What a file is, its content says, not its name. Its width and height are read first; nothing is decoded
that needs more memory than there is for one picture, and one picture is decoded at a time.

Pillow does the work and lets other threads run meanwhile. It reads HEIC, the photos of iPhones, only
with pi-heif, which is loaded when the first one comes.
"""

import ctypes
import importlib
import io
import struct
import sys
import threading
import warnings

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from mnist_models.errors import DigitLabError

# How these files end, for folders and zips, in which other files lie too.
PHOTO_TYPES = (
    *("png", "apng", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "webp", "gif", "bmp", "dib"),
    *("tif", "tiff", "avif", "heic", "heif", "hif"),
)
MAX_PHOTO_PIXELS = 50_000_000
MOST_MEMORY = 350_000_000  # bytes to decode one picture
LARGE = 4_000_000  # pixels; worth giving memory back after
WORK_SIDE = 640  # pixels; larger pictures are brought down to this
SMALLEST_SIDE = 8  # pixels
MOST_OBLONG = 20  # times as long as wide; a photo of a digit is nowhere near
MOST_FRAMES = 50  # of an animated picture that are looked at
PLAIN = 16  # of 255; a frame whose colours are no farther apart shows nothing
SAVE_AS = "Please save it as PNG or JPEG; a screenshot of it will do."

_PLUGINS = {  # of Pillow; all others stay asleep
    "PNG": "PngImagePlugin",
    "WebP": "WebPImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "AVIF": "AvifImagePlugin",
}
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_OTHER_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xffO\xffQ", "JPEG 2000"),
    (b"\0\0\1\0", "Icon"),
    (b"PK\x03\x04", "Zip and Office"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "Gzip"),
    (b"{\\rtf", "RTF"),
    (b"\xd0\xcf\x11\xe0", "Office"),
    (b"\x1a\x45\xdf\xa3", "Video"),
    (b"FUJIFILMCCD-RAW", "Raw camera"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MOST_SCANS = 200  # of a JPEG, which decodes all its pixels in each; cameras and programs write ten
_one_at_a_time = threading.Lock()


class UnreadableImage(DigitLabError):
    """The bytes are not an image that can be opened, or the image is too large or too narrow."""


def open_image(data: bytes) -> Image.Image:
    """Open an image file's bytes, upright as its EXIF data says.

    Of an animated image the first frame that shows something is taken.

    Returns:
        PIL.Image.Image of mode L, RGB or RGBA, at most 640×640 pixels, its proportions kept.

    Raises:
        UnreadableImage: when it is no image or damaged, larger than 50 million pixels, too costly to
            decode, under 8 pixels wide or high, or over 20 times as long as wide. The sentence says
            which, and what to do.
    """
    kind = _kind(data)
    try:
        # Warnings are silenced for the whole process, which is another reason to go one at a time.
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = _opened(data, kind)
            is_large = file.size[0] * file.size[1] > LARGE
            try:
                return _heif(file) if kind == "HEIC" else _first_that_shows_something(file)
            finally:
                del file
                if is_large:
                    _give_memory_back()
    except UnreadableImage:
        raise
    except Image.DecompressionBombError:
        raise UnreadableImage("This image is far too large. Please make it smaller.") from None
    except Exception:  # a damaged file makes Pillow raise nearly anything
        raise UnreadableImage(
            f"This {kind} file is damaged and cannot be opened as an image. Please save it again, or take "
            "another picture."
        ) from None


def size(data: bytes) -> tuple[int, int]:
    """Width and height of an image file in pixels as it is stored, before anything is decoded.

    Raises:
        UnreadableImage: when it is no image, or damaged at its beginning.
    """
    kind = _kind(data)
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _opened(data, kind).size
    except UnreadableImage:
        raise
    except Exception:
        raise UnreadableImage(f"This {kind} file is damaged and cannot be opened as an image.") from None


def preview(image: Image.Image, side: int) -> Image.Image:
    """A small RGB copy of a photo for showing, at most `side` pixels wide and high."""
    copy = image.convert("RGB")
    copy.thumbnail((side, side))
    return copy


def _kind(data):
    """Which of the readable kinds of files it is.

    Raises:
        UnreadableImage: when it is none of them; the sentence names what it is, where that is plain.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        length = min(int.from_bytes(data[:4]), 256)
        brands = {data[start : start + 4] for start in range(8, length, 4)}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIC"
    raise UnreadableImage(_what_it_is(data))


def _what_it_is(data):
    """The sentence about a file of no readable kind."""
    if not data:
        return "This file is empty and cannot be opened as an image. Please choose another."
    other = next((name for signature, name in _OTHER_SIGNATURES if data.startswith(signature)), None)
    beginning = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<") and b"<svg" in beginning:
        other = "SVG"
    elif beginning.startswith((b"<!doctype html", b"<html")):
        other = "HTML"
    elif data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        other = "Video"
    if other is None:
        return f"This file cannot be opened as an image. {SAVE_AS}"
    return f"{other} files cannot be opened as an image here. {SAVE_AS}"


def _opened(data, kind):
    """Pillow's image, or that of pi-heif, not decoded yet."""
    if kind == "HEIC":
        import pi_heif  # most visitors bring none

        return pi_heif.open_heif(data)
    if kind == "JPEG":
        # Not by Image.open, which looks for more pictures in it, and fails where that list is odd.
        return JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    if kind == "GIF":  # opening one already takes memory for the size that it names
        _check_cost((int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")), 4)
    importlib.import_module(f"PIL.{_PLUGINS[kind]}")
    return Image.open(io.BytesIO(data), formats=[kind])


def _heif(file):
    """A HEIC photo; libheif turns it upright."""
    _check_shape(file.size)
    # Measured: the planes as they are stored, the pixels made of them, and Pillow's copy.
    _check_cost(file.size, 4 + Image.getmodebands(file.mode))
    pixels = file.data
    return _bounded(Image.frombytes(file.mode, file.size, pixels, "raw", file.mode, file.stride))


def _first_that_shows_something(image):
    """The picture upright; of several frames the first that is not plain, or the first of all."""
    _check_cost(_stored_size(image), _bytes_a_pixel(image))
    _check_shape(image.size)
    _check_scans(image)
    image.draft("RGB", (WORK_SIDE, WORK_SIDE))  # JPEG only: decodes at a fraction of the size
    shown = _bounded(image)
    turn = _TURNS.get(_orientation(image))
    if getattr(image, "is_animated", False) and not _shows_something(shown):
        shown = _later_frame(image) or shown
    return shown if turn is None else shown.transpose(turn)


def _later_frame(image):
    """The first frame after the first that shows something, or None."""
    frames = min(MOST_FRAMES, MAX_PHOTO_PIXELS // (image.width * image.height))
    # A frame may make the image larger.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for number in range(1, frames):
        try:
            image.seek(number)
            _check_cost(_stored_size(image), _bytes_a_pixel(image))
            frame = _bounded(image)
        except Exception:  # there are no more, or none that can be decoded
            return None
        if _shows_something(frame):
            return frame
    return None


def _check_cost(size, bytes_a_pixel):
    """Refuse what is too large, or needs too much memory, before it is decoded."""
    pixels = size[0] * size[1]
    if pixels > MAX_PHOTO_PIXELS:
        raise UnreadableImage(
            f"This image has {pixels / 1e6:.0f} megapixels; at most {MAX_PHOTO_PIXELS // 1_000_000} can be "
            "read. Please make it smaller."
        )
    if pixels * bytes_a_pixel > MOST_MEMORY:
        raise UnreadableImage(
            f"This image has {pixels / 1e6:.0f} megapixels; at most "
            f"{MOST_MEMORY // (bytes_a_pixel * 1_000_000)} can be read from a file of its type. Please make "
            "it smaller, or save it as JPEG."
        )


def _check_shape(size):
    """Refuse what no digit can be seen in."""
    width, height = size
    if max(size) > MOST_OBLONG * min(size):
        raise UnreadableImage(
            f"This image has {width}×{height} pixels, too narrow for a picture of a digit. Please choose "
            "another."
        )
    if min(size) < SMALLEST_SIDE:
        raise UnreadableImage(
            f"This image has only {width}×{height} pixels, too few to show a digit. Please choose a larger "
            "one."
        )


def _bytes_a_pixel(image):
    """Memory to decode an image, in bytes a pixel; measured with Pillow 13."""
    if image.format == "JPEG":
        return 7 if image.info.get("progressive") else 4
    if image.format == "WEBP":
        return 16
    if image.format == "AVIF":
        return 9
    # Pillow keeps the frame before, and what to put back of it.
    return 16 if image.format in ("GIF", "PNG") and getattr(image, "is_animated", False) else 4


def _stored_size(image):
    """Width and height, or those of the tiles of a TIFF where these are larger."""
    tags = getattr(image, "tag_v2", {})
    tile = tags.get(322, 0), tags.get(323, 0)  # TileWidth and TileLength, decoded as a whole
    return max(image.size, tile, key=lambda size: size[0] * size[1])


def _check_scans(image):
    if image.format == "JPEG" and image.info.get("progressive"):
        scans = image.fp.getvalue().count(b"\xff\xda")  # a marker; in pixels 0 or a restart follows ff
        if scans > _MOST_SCANS:
            raise UnreadableImage("This JPEG file is made to be slow to open. Please save it again.")


def _orientation(image):
    """How the camera was held, by EXIF; None where that says nothing that can be understood."""
    try:
        value = _orientation_among_others(image.info.get("exif", b""))
        if value is None:
            value = image.getexif().get(ExifTags.Base.Orientation)  # in XMP, or a TIFF's own
    except Exception:  # mistyped fields make Pillow raise nearly anything
        return None
    return value if isinstance(value, int) else None


def _orientation_among_others(exif):
    """The orientation in a block of EXIF, whatever its other fields are like; None where there is none.

    Raises:
        struct.error: when the block ends before.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return None
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    (fields,) = struct.unpack_from(f"{order}H", exif, start)
    for number in range(fields):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number)
        if tag == ExifTags.Base.Orientation and kind == 3:  # a whole number of 16 bits
            return value
    return None


def _bounded(image):
    """Mode L, RGB or RGBA and at most `WORK_SIDE` pixels wide and high.

    A large picture goes through in bands of rows, so that there is never a second copy of all of it.
    """
    image.load()
    mode = _working_mode(image)
    factor = max(1, max(image.size) // WORK_SIDE)
    small = _eight_bits(_reduced(image, mode, factor) if factor > 1 else image.convert(mode))
    small.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
    small.info = {}  # nobody after us has to understand it
    return small


def _reduced(image, mode, factor):
    """The mean of every `factor`×`factor` pixels."""
    small = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    rows = 16 * factor
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        small.paste(band.convert(mode).reduce(factor), (0, top // factor))
    return small


def _give_memory_back():
    """Return what was freed to the system: else glibc keeps up to 150 MB of it for every thread."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)


def _working_mode(image):
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return "RGBA"
    if image.mode in ("1", "L"):
        return "L"
    if image.mode.startswith("I"):
        return "I"
    return "F" if image.mode == "F" else "RGB"


def _eight_bits(image):
    """Whole numbers over 255 and fractions, as scanners and microscopes write them, as L."""
    if image.mode not in ("I", "F"):
        return image
    values = np.nan_to_num(np.asarray(image, np.float32))
    white = next((white for white in (1, 255, 65_535) if values.max() <= white), values.max())
    return Image.fromarray(np.uint8(np.clip(values * (255 / white), 0, 255)))


def _shows_something(image):
    if image.mode == "RGBA":
        image = image.convert("RGBa")  # colours that are fully transparent show nothing
    extrema = image.getextrema()
    pairs = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return any(high - low > PLAIN for low, high in pairs)
