"""The database of runs, one SQLite file: any number of processes read and write at the same time."""

import sqlite3
from contextlib import closing, contextmanager

from mnist_models.errors import DigitLabError
from mnist_models.runs import schema, sqlite_errors
from mnist_models.runs.tables import Nicknames, Runs, Shared, Workers

BUSY_SECONDS = 15.0  # to wait for another process's transaction
PAGE_SECONDS = 2.0  # the same for a page, which should say something rather than hang
_GLANCE_SECONDS = 1.0  # the same for a page that does without when there is no answer


class Unavailable(DigitLabError):
    """The database cannot be used now. The message says why and what to do."""


@contextmanager
def connect(settings, patience=BUSY_SECONDS):
    """The database, made where it is missing and mended where it is of an earlier version.

    Args:
        settings: settings.Settings.
        patience: seconds to wait for another process's transaction.

    Yields:
        Database, for one thread.

    Raises:
        Unavailable: when SQLite fails, here or while the database is used.
    """
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The folder for runs cannot be made ({error.strerror}).") from error
    with _opened(settings.database, patience) as connection:
        schema.prepare(connection, patience)
        yield Database(connection)


@contextmanager
def glance(settings):
    """The database as it is, only for reading, and never made: as `connect` otherwise."""
    address = f"{settings.database.resolve().as_uri()}?mode=ro"
    with _opened(address, _GLANCE_SECONDS, uri=True) as connection:
        yield Database(connection)


@contextmanager
def _opened(address, patience, **options):
    try:
        with closing(
            sqlite3.connect(address, timeout=patience, isolation_level=None, **options)
        ) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.Error as error:
        raise Unavailable(sqlite_errors.sentence(error)) from error


class Database:
    """The database, for one thread.

    Attributes:
        connection: sqlite3.Connection in autocommit mode.
        runs, workers, shared, nicknames: what is asked of each.
    """

    def __init__(self, connection):
        self.connection = connection
        self.runs = Runs(connection)
        self.workers = Workers(connection)
        self.shared = Shared(connection)
        self.nicknames = Nicknames(connection)

    def transaction(self):
        """All or nothing, and no other process writes meanwhile: a context."""
        return schema.transaction(self.connection)
