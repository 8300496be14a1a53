"""Foreign text on pages: what people have typed, named or sent in an address."""

import html
import re

# ASCII punctuation, before which Markdown takes a backslash, without what never means anything. A dot makes a
# link after "www" and a list after a number.
_SIGNS = re.compile(r"([!#$&()*+\-/:<=>@\[\\\]^_`{|}~]|(?<=[Ww]{3})\.|(?m:(?<=^\d)|(?<=^\d\d))\.)")


def escaped(text):
    r"""Text so that Markdown shows it as it is: no links, pictures, formulas or table cells come of it.

    Example:
        >>> escaped("a|b *c*")
        'a\\|b \\*c\\*'
    """
    return _SIGNS.sub(r"\\\1", str(text))


def in_chart(text):
    """Text so that Plotly shows it as it is, without the HTML that it knows."""
    return html.escape(str(text), quote=False)
