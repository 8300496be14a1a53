"""Where programs keep what is a user's own, on every system.

Earlier versions used Linux's folders and variables everywhere; where there is something, it stays there.
"""

import os
from pathlib import Path

import platformdirs

_NAME = "mnist_models"


def data():
    """The folder of things that cannot be had again: pathlib.Path; it need not be there."""
    return _found("XDG_DATA_HOME", ".local/share", platformdirs.user_data_path(_NAME, appauthor=False))


def cache():
    """The folder of things that can be had again: pathlib.Path; it need not be there."""
    return _found("XDG_CACHE_HOME", ".cache", platformdirs.user_cache_path(_NAME, appauthor=False))


def _found(variable, below_home, usual):
    chosen = os.environ.get(variable)
    earlier = Path(chosen or Path.home() / below_home) / _NAME
    return earlier if chosen or earlier.is_dir() else usual
