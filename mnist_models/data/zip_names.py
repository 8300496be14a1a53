"""Names of a zip's members, which systems write in different ways, and not all of them say in which.

Without the flag for UTF-8 a name should be in code page 437 (APPNOTE.TXT 4.4.4 and appendix D). macOS writes
UTF-8 without the flag, Windows the code page of its country. Which one that is nobody says: the same byte is
an "Ä", an "О" or half of a "姿".
"""

import re
import struct
import unicodedata
import zlib

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for every byte that could be one letter or another
_IS_UTF_8 = 0x800  # of the flags
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field: the same name in UTF-8
# Letters of western Europe at the same place in code pages 437 and 850, which Windows uses there.
_WESTERN = set("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜáíóúñÑß")
_LETTERS_TO_SPECIAL = 2  # plain letters for every special one in names that we take for western ones


def decode(infos):
    """The names of members as people wrote them, in Unicode's composed form (NFC).

    Args:
        infos: list of zipfile.ZipInfo.

    Returns:
        list of str, parts of a path with "/" between them. Letters that cannot be known are `UNKNOWN`.
    """
    names = [_certain(info) for info in infos]
    raw = [_raw(info) for info, name in zip(infos, names, strict=True) if name is None]
    page = "cp850" if raw and _are_western(raw) else "ascii"
    return [
        unicodedata.normalize("NFC", _guessed(info, page) if name is None else name.replace("\\", "/"))
        for info, name in zip(infos, names, strict=True)
    ]


def _raw(info):
    return info.orig_filename.encode("cp437")  # what zipfile decoded it with; no byte is lost


def _certain(info):
    """A name about which there is no doubt, or None."""
    if info.flag_bits & _IS_UTF_8:
        return info.orig_filename
    try:
        raw = _raw(info)
    except UnicodeEncodeError:  # not from a file, but made in memory
        return info.orig_filename
    try:
        # Text in another code page is hardly ever valid UTF-8 by chance.
        return _unicode_path(info, raw) or raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unicode_path(info, raw):
    """The name in Info-ZIP's extra field, where there is one and it belongs to the name."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5:
            version, checksum = struct.unpack_from("<BL", field)
            if version == 1 and checksum == zlib.crc32(raw):
                return field[5:].decode("utf-8")
    return None


def _guessed(info, page):
    name = _raw(info).decode(page, "replace")
    # In Japan the second byte of a letter may be a backslash.
    return name if "/" in name else name.replace("\\", "/")


def _are_western(raw):
    """Whether names read as words of western Europe, and of nowhere else.

    Cyrillic, Greek, Chinese or Japanese names read so would be mostly special letters, capitals within
    words, or signs.
    """
    parts = {part for name in raw for part in name.decode("cp850").split("/") if not part.isascii()}
    special = [letter for part in parts for letter in part if not letter.isascii()]
    plain = sum(letter.isascii() and letter.isalpha() for part in parts for letter in part)
    words = [word for part in parts for word in re.findall(r"[^\W\d_]+", part) if not word.isascii()]
    return (
        _WESTERN.issuperset(special)
        and plain >= _LETTERS_TO_SPECIAL * len(special)
        and all(word.isupper() or word[1:].islower() or len(word) == 1 for word in words)
    )
