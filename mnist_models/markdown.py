"""Text that people have typed, within Markdown."""

import re

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")  # ASCII punctuation, all of which a backslash may stand before


def escaped(text):
    r"""Text so that Markdown shows it as it is: no links, pictures, formulas or table cells come of it.

    Example:
        >>> escaped("a|b *c*")
        'a\\|b \\*c\\*'
    """
    return _SIGNS.sub(r"\\\1", text)
