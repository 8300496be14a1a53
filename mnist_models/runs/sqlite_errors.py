"""What SQLite's errors mean, for people."""

import sqlite3

_FULL = "The disk is full: the list of runs cannot be written. Delete something, then try again."
_LOCKED = "The list of runs is locked by another program. Try again in a moment."
_READ_ONLY = (
    "The list of runs cannot be written: its file or folder is read-only or missing. Whoever runs this "
    "server can change that."
)
_DAMAGED = (
    "The list of runs is damaged. Whoever runs this server can restore the file runs.sqlite3 from a copy, "
    "or move it away: then the list begins anew."
)
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


def sentence(error):
    """What a sqlite3.Error means, for people. Raises it again when it is a mistake of ours."""
    if not hasattr(error, "sqlite_errorcode"):
        raise error
    return _SENTENCES.get(_code(error), f"The list of runs cannot be used ({error}).")


def is_damage(error):
    """Whether a sqlite3.Error says that the file is no database (any more)."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full_disk(error):
    """Whether an exception of any kind is SQLite's for a full disk."""
    return _code(error) == sqlite3.SQLITE_FULL


def _code(error):
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
