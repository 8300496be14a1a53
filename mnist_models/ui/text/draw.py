"""What the Draw page says: a sentence for a reading, and the tally of a session."""

from dataclasses import dataclass

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.serving import sessions
from mnist_models.ui.text.markdown import escaped

INVITATION = "Draw a digit, and the networks will read it."
NOTHING_IN_PHOTO = "Nothing stands out in this photo. Draw one thing large, with a pen unlike the paper."
EXPLANATION = """
Your drawing is cut out, scaled so that its longer side is 20 pixels, and placed by its centre of
mass in a field of 28×28 pixels, as was done for the MNIST digits that the networks learned from.
Lines that would get too thin are widened a little. Each network turns the 784 pixels into ten
probabilities, one a digit.

Under its own threshold a network calls itself unsure. The threshold is the probability that 99 of
100 validation digits reach. Only the Reader has also been shown scribbles and letters, so the others
are often sure of nonsense: try a letter.
"""


def task(classes):
    """One sentence that says what to do on the page, for a network that tells these classes apart."""
    if classes == datasets.DIGITS:
        return "Draw a digit from 0 to 9 with mouse, finger or pen, and compare what the networks read."
    names = ", ".join(map(escaped, classes))
    return f"Draw one of these with mouse, finger or pen, and see what the network reads: {names}."


def invitation(classes):
    """What to draw for a network that tells these classes apart."""
    if classes == datasets.DIGITS:
        return INVITATION
    return f"Draw one of these, and the network will read it: {', '.join(map(escaped, classes))}."


def photo_invitation(classes):
    """What to show a photo of, for a network that tells these classes apart."""
    if classes == datasets.DIGITS:
        return "Choose a photo with one digit on it."
    return f"Choose a photo of one of these: {', '.join(map(escaped, classes))}."


def sentence(title, reading, classes=datasets.DIGITS):
    """One sentence naming what a network reads.

    Args:
        title: the network's, for people.
        reading: classifier.Reading.
        classes: names of what the network tells apart, plain text.

    Example:
        >>> sentence("Reader", reading)
        'The Reader reads a **7** (99 %).'
    """
    probability = _percent(reading.probabilities[reading.digit])
    is_digit = classes == datasets.DIGITS
    name = escaped(classes[reading.digit])
    if reading.is_sure:
        return f"{title} reads {_article(reading.digit) + ' ' if is_digit else ''}**{name}** ({probability})."
    second = int(reading.probabilities.argsort()[-2])
    return (
        f"{title} is unsure: **{name}** ({probability}), or {escaped(classes[second])} "
        f"({_percent(reading.probabilities[second])})? "
        f"{'If it is a digit, try' if is_digit else 'Try'} drawing it more clearly."
    )


def short(reading, classes=datasets.DIGITS):
    """A reading for a table cell: the digit in bold and its probability, or that it is unsure.

    Example:
        >>> short(reading)
        '**7** (93 %)'
    """
    probability = _percent(reading.probabilities[reading.digit])
    name = escaped(classes[reading.digit])
    if reading.is_sure:
        return f"**{name}** ({probability})"
    return f"unsure, {name}? ({probability})"


@dataclass(frozen=True)
class Tally:
    """Readings of a session that a person has judged."""

    right: int = 0
    wrong: int = 0

    def count(self, read, truth):
        """The tally with one more reading."""
        if read == truth:
            return Tally(self.right + 1, self.wrong)
        return Tally(self.right, self.wrong + 1)

    def __str__(self):
        if not self.right + self.wrong:
            return "Nothing counted yet in this session."
        return f"This session: {self.right} read right, {self.wrong} read wrong."


def _article(digit):
    return "an" if digit == 8 else "a"


def _percent(probability):
    """Whole percent, but never 100 for what is only nearly certain."""
    if probability >= 0.995:
        return "over 99 %"
    return f"{100 * probability:.0f} %"


def figures_table(networks):
    """A Markdown table of what the model cards say of networks' accuracy and data.

    Args:
        networks: list of names or weights.Trained. Those of runs are left out once they are gone; of shipped
            ones the table says so.
    """
    rows = [
        "| network | MNIST test digits | drawings by new writers | trained on |",
        "| :-- | --: | --: | :-- |",
    ]
    for network in map(weights.trained, networks):
        try:
            rows.append(_figures_row(network))
        except weights.CardError:
            if network.is_shipped:
                rows.append(f"| {escaped(network.label)} | – | – | its card is damaged or missing |")
    return "\n".join(rows)


def _figures_row(network):
    card = sessions.card(network)
    figures = [
        f"{100 * card[key]['accuracy']:.2f} %" if key in card else "not measured"
        for key in ("test", "test_drawings")
    ]
    sets = escaped(", ".join(card["data"].get("titles") or card["data"]["sets"]))
    return f"| {escaped(network.label)} | {figures[0]} | {figures[1]} | {sets} |"
