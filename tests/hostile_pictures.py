"""Picture files that are odd, damaged, or made to cost much."""

import io
import struct

import numpy as np
from PIL import Image, ImageDraw

_EXIF_TAGS = (
    *(0x10E, 0x10F, 0x110, 0x11A, 0x11B, 0x128, 0x131, 0x132, 0x13B, 0x201, 0x202, 0x211, 0x213, 0x214),
    *(0x829A, 0x8769, 0x8825, 0x8822, 0x9000, 0x9003, 0x927C, 0x9286, 0xA005, 0xA432, 0xB001, 0xC4A5),
)


def encoded(image, kind, **options):
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def mark(size=(64, 48), mode="RGB"):
    """A light picture, dark in its upper left corner, so that one sees how it is turned."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="black")
    return image.convert(mode)


def with_exif(jpeg, block):
    """A JPEG file with a block of EXIF, its first two bytes of length included."""
    segment = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def mistyped_exif(rng, orientation):
    """A block of EXIF with a sound orientation among fields of wrong types, lengths and places.

    Args:
        rng: numpy Generator.
        orientation: int.
    """
    order = str(rng.choice(["<", ">"]))
    fields = [(0x112, 3, 1, struct.pack(f"{order}HH", orientation, 0))]
    for tag in rng.choice(_EXIF_TAGS, rng.integers(1, 8), replace=False):
        count = int(rng.choice([0, 1, 2, 3, 4, 8, 200, 2**31]))
        place = struct.pack(f"{order}I", int(rng.integers(8, 200)))
        fields.append(
            (int(tag), int(rng.integers(0, 14)), count, place if rng.random() < 0.5 else rng.bytes(4))
        )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    body = b"".join(struct.pack(f"{order}HHI", *field[:3]) + field[3] for field in sorted(fields))
    after = struct.pack(f"{order}I", int(rng.choice([0, 8, 60])))
    return head + struct.pack(f"{order}H", len(fields)) + body + after + rng.bytes(120)


def costly():
    """Small files that are large, or narrow, when opened: a dict of bytes by name."""
    large = Image.new("RGB", (8_000, 6_200), "white")
    large.paste("black", (3_000, 1_000, 4_000, 5_000))
    files = {
        "49.6 megapixels.png": encoded(large, "PNG"),
        "49.6 megapixels.webp": encoded(large, "WEBP", lossless=True, method=0, quality=0),
        "49.6 megapixels.gif": encoded(large.convert("L"), "GIF"),
        "100 megapixels.png": encoded(Image.new("1", (10_000, 10_000)), "PNG"),
    }
    del large
    for width, height in ((1, 2_000), (2_000, 1), (3, 160), (1, 500), (40, 2_000), (12, 240)):
        narrow = Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width), np.uint8))
        files[f"{width}×{height}.png"] = encoded(narrow, "PNG")
    return files
