"""What went wrong, for visitors of a server: they need not know where it keeps its files."""

import re
from pathlib import Path

LONGEST = 60  # characters of a foreign value that a sentence quotes
# From the root or a drive on, up to the last separator. Not in "and/or", not in an address.
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"]+[/\\])+")
LONGEST = 60  # characters of a foreign value that a sentence quotes


def said(error):
    """What an exception says, without folders of this machine.

    Example:
        >>> said(PermissionError(13, "Permission denied", "/srv/lab/runs/settings.toml"))
        'settings.toml: Permission denied'
    """
    if not isinstance(error, OSError) or error.strerror is None:
        return without_folders(str(error))
    name = Path(str(error.filename)).name if error.filename else ""
    return f"{name}: {error.strerror}" if name else error.strerror


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
