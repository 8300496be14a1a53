"""Names that people give to runs and data sets, and those that runs get without."""

import re

from mnist_models.errors import DigitLabError

LONGEST = 60  # characters


def clean(text, what="A run"):
    """A name without line breaks or the like, and not too long.

    Args:
        text: str.
        what: is to be named, for the sentence.

    Raises:
        DigitLabError: when nothing is left.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST].strip()
    if not name:
        raise DigitLabError(f"{what} needs a name.")
    return name


def numbered(title, taken):
    """The title with a number higher than that of any name made so: deleted runs leave gaps.

    Args:
        title: of a network.
        taken: names that there are.
    """
    made_so = re.compile(rf"{re.escape(title)} (\d{{1,6}})", re.ASCII)
    found = (made_so.fullmatch(str(name)) for name in taken)
    return f"{title} {max((int(match[1]) for match in found if match), default=0) + 1}"
