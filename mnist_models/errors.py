"""What went wrong: for people, in a sentence; everything else is a bug, and shows a traceback.

Visitors of a server need not know where it keeps its files; on the command line they are named in full.
"""

import errno
import re
from pathlib import Path

# From the root or a drive on, up to the last separator. Not in "and/or", not in an address.
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"]+[/\\])+")
LONGEST = 60  # characters of a foreign value that a sentence quotes


class DigitLabError(Exception):
    """Something that a person can do something about.

    The message is a sentence that says what was wrong and what to do. Whoever talks to people (pages, the
    command line, the worker) catches this, and lets every other exception through.

    Attributes:
        on_the_command_line: what else to say there, a sentence; pages keep it to themselves.
    """

    on_the_command_line = ""


def said(error, in_full=False):
    """What an exception says.

    Args:
        error: DigitLabError or OSError, or another one whose message is a part of a sentence.
        in_full: True to name files with their folders, for the command line.

    Example:
        >>> said(PermissionError(13, "Permission denied", "/srv/lab/runs/settings.toml"))
        'settings.toml: Permission denied'
    """
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error) if in_full else without_folders(str(error))
    what = error.strerror
    if error.errno == errno.ENOSPC:
        what = "The disk is full, delete something first"
    if not error.filename:
        return what
    return f"{error.filename if in_full else Path(str(error.filename)).name}: {what}"


def without_folders(text):
    """A text in which names stand for the absolute paths of files.

    Example:
        >>> without_folders('File "/srv/lab/app.py", line 5')
        'File "app.py", line 5'
    """
    return _FOLDERS.sub("", text)


def short(value, longest=LONGEST):
    """A foreign value for a sentence: on one line, and cut when it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def spelled(number: float) -> str:
    """A number for people: whole ones with all their digits, as long as one can read them."""
    return f"{int(number):,}" if abs(number) < 1e12 and number == int(number) else f"{number:,g}"
