"""Everything that is wrong with a file somebody brings along, told at once: one sentence a kind."""

from mnist_models.data import datasets

MOST_NAMED = 12  # files or rows in a sentence; the others are counted
FEWEST = 2  # images of a class: one to learn from, one to validate on


class UploadError(datasets.DataError):
    """What is wrong with an upload.

    Attributes:
        sentences: tuple of str, each of a kind of fault. The message is all of them.
    """

    def __init__(self, sentences):
        self.sentences = tuple(sentences)
        super().__init__(" ".join(self.sentences))


class Report:
    """Collects what is wrong.

    Example:
        >>> report = Report()
        >>> report.add("a.png", "{} is empty. Take it out.", "{} are empty. Take them out.")
        >>> report.add("b.png", "{} is empty. Take it out.", "{} are empty. Take them out.")
        >>> report.sentences()
        ['“a.png” and “b.png” are empty. Take them out.']
    """

    def __init__(self):
        self._named = {}  # the two forms of a sentence → names
        self._said = []

    def __bool__(self):
        return bool(self._named or self._said)

    def add(self, name, one, several):
        """Something with a name has a fault.

        Args:
            name: str, to be put in quotation marks.
            one: str with {} for the name.
            several: the same for more than one.
        """
        self._named.setdefault((one, several), []).append(name)

    def say(self, sentence):
        """Something is wrong with the whole."""
        if sentence not in self._said:
            self._said.append(sentence)

    def sentences(self):
        """What is wrong: list of str."""
        named = [
            (one if len(names) == 1 else several).replace("{}", enumerated(names))
            for (one, several), names in self._named.items()
        ]
        return named + self._said

    def raise_if_any(self):
        """Raises UploadError when anything was added."""
        if self:
            raise UploadError(self.sentences())


def enumerated(names):
    """Names in quotation marks as a sentence has them; of very many the first ones and a number."""
    quoted = [f"“{name}”" for name in names]
    if len(quoted) > MOST_NAMED:
        return f"{', '.join(quoted[:MOST_NAMED])} and {len(quoted) - MOST_NAMED:,} others"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def sentences(problem):
    """What an exception says: list of str, each a sentence or more for people."""
    return list(getattr(problem, "sentences", [str(problem)]))


def class_faults(counts):
    """Why nothing could be learned from so many images of each class.

    Args:
        counts: dict of class name → int, without empty classes.

    Returns:
        list of sentences; empty when there are enough.
    """
    faults = []
    if len(counts) == 1:
        (only,) = counts
        faults.append(f"All images are of one class ('{only}'). At least two are needed.")
    few = [name for name, count in counts.items() if count < FEWEST]
    if len(few) == 1:
        faults.append(f"The class '{few[0]}' has one image only. Every class needs at least two.")
    elif few:
        listed = ", ".join(f"'{name}'" for name in few)
        faults.append(f"The classes {listed} have one image only. Every class needs at least two.")
    return faults
