"""What visitors are called among others: a colour and an animal, made from their cookie until they choose."""

from dataclasses import dataclass

from mnist_models.runs.records import Refused

COLOURS = ("red", "orange", "yellow", "green", "blue", "violet", "grey")  # that Streamlit's Markdown knows
ANIMALS = (
    "badger", "bat", "bear", "beaver", "bee", "bison", "camel", "cat", "crab", "crane", "crow", "deer",
    "dolphin", "dove", "duck", "eagle", "elk", "falcon", "ferret", "finch", "fox", "frog", "gecko", "goat",
    "goose", "hare", "hawk", "hedgehog", "heron", "horse", "ibex", "koala", "lark", "lemur", "lion", "lynx",
    "mole", "moose", "moth", "mouse", "newt", "otter", "owl", "panda", "parrot", "puffin", "rabbit", "raven",
    "robin", "seal", "shark", "sheep", "snail", "spider", "squirrel", "stork", "swan", "tiger", "toad",
    "turtle", "whale", "wolf", "wren", "yak",
)  # fmt: skip


@dataclass(frozen=True)
class Nickname:
    """A visitor's name for others: one of `COLOURS` and one of `ANIMALS`."""

    colour: str
    animal: str

    def __str__(self):
        return f"{self.colour} {self.animal}"


def of(db, visitor):
    """What a visitor is called, or would be.

    Args:
        db: database.Database.
        visitor: str, as from `visitors.name`.

    Returns:
        Nickname; until it is kept, somebody else may get the same one.
    """
    return db.nicknames.of(visitor) or usual(visitor)


def usual(visitor):
    """The Nickname that a visitor's name alone gives."""
    return _number(_first(visitor))


def keep(db, visitor):
    """Make sure that nobody else is called as this visitor is; returns the Nickname."""
    with db.transaction():
        kept = db.nicknames.of(visitor)
        if kept:
            return kept
        taken = db.nicknames.of_others(visitor)
        count = len(COLOURS) * len(ANIMALS)
        free = (_number(_first(visitor) + step) for step in range(count))
        nickname = next((one for one in free if one not in taken), usual(visitor))
        db.nicknames.set(visitor, nickname)
        return nickname


def change(db, visitor, nickname):
    """Call a visitor something else.

    Raises:
        records.Refused: when somebody else is called that, or there is no such colour or animal.
    """
    if nickname.colour not in COLOURS or nickname.animal not in ANIMALS:
        raise Refused(f"There is no '{nickname}' among the names. Choose a colour and an animal.")
    with db.transaction():
        if nickname in db.nicknames.of_others(visitor):
            raise Refused(f"Somebody else is the {nickname}. Choose another colour or animal.")
        db.nicknames.set(visitor, nickname)


def _first(visitor):
    return sum(byte << 8 * place for place, byte in enumerate(visitor.encode()[-8:]))


def _number(number):
    animal, colour = divmod(number, len(COLOURS))
    return Nickname(COLOURS[colour], ANIMALS[animal % len(ANIMALS)])
