"""Files that are whole or not there, however many write them at the same time."""

import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(path):
    """Write a file under another name, put it in place in one step; an exception changes nothing.

    An OSError names the file, not the draft, which nobody has heard of.

    The other name is a new one every time, so that two processes never write into the same draft.

    Args:
        path: of the file, in a folder that exists.

    Yields:
        pathlib.Path to write to, beside it; its ending, ".draft", says nothing of the format.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        yield draft
        os.replace(draft, path)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError) and error.filename in (draft, str(draft)):
            error.filename = str(path)
        raise
