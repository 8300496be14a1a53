import pytest

from mnist_models.errors import DigitLabError
from mnist_models.runs import database, nicknames, records
from mnist_models.runs.nicknames import Nickname


def test_it_comes_from_the_visitors_name_and_stays(db):
    first = nicknames.of(db, "8f14e45fceea167a")
    assert first == nicknames.usual("8f14e45fceea167a") == nicknames.keep(db, "8f14e45fceea167a")
    assert nicknames.of(db, "8f14e45fceea167a") == first
    assert first.colour in nicknames.COLOURS
    assert first.animal in nicknames.ANIMALS


def test_no_two_are_alike_while_there_are_enough(db):
    count = len(nicknames.COLOURS) * len(nicknames.ANIMALS)
    kept = {str(nicknames.keep(db, f"visitor {number}")) for number in range(count)}
    assert len(kept) == count
    nicknames.keep(db, "one more")  # shares a name


def test_it_can_be_changed_to_what_nobody_else_is_called(db):
    other = nicknames.keep(db, "bob")
    nicknames.change(db, "ada", Nickname("green", "yak" if other.animal != "yak" else "owl"))
    assert nicknames.of(db, "ada").colour == "green"
    with pytest.raises(records.Refused, match=f"Somebody else is the {other}"):
        nicknames.change(db, "ada", other)
    with pytest.raises(DigitLabError, match="There is no"):
        nicknames.change(db, "ada", Nickname("<b>", "owl"))


def test_a_database_of_an_earlier_version_gets_them(db, settings):
    db.connection.execute("DROP TABLE nicknames")
    with database.connect(settings) as later:
        assert nicknames.keep(later, "ada") == nicknames.usual("ada")
