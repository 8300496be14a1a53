"""The tables of the database, made where they are missing and mended where they are of an earlier version."""

import functools
import sqlite3
import time
from contextlib import closing, contextmanager

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    visitor TEXT NOT NULL,
    network TEXT NOT NULL,
    data TEXT NOT NULL,
    configuration TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    command TEXT NOT NULL DEFAULT '',
    more_epochs INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    queued REAL NOT NULL,
    started REAL,
    ended REAL,
    beat REAL,
    phase TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    epochs INTEGER NOT NULL,
    epochs_done REAL NOT NULL DEFAULT 0,
    images_per_second REAL,
    seconds_left REAL,
    notes TEXT NOT NULL DEFAULT '[]',
    figures TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS metrics (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    seconds REAL NOT NULL,
    whole INTEGER NOT NULL,
    figures TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS metrics_of_run ON metrics (run, row);
CREATE TABLE IF NOT EXISTS confusions (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    matrix TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS confusions_of_run ON confusions (run, row);
CREATE TABLE IF NOT EXISTS workers (
    slot INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    run TEXT,
    ready INTEGER NOT NULL DEFAULT 0,
    wanted REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS used_networks (
    run TEXT PRIMARY KEY,
    page TEXT NOT NULL,
    since REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS nicknames (
    visitor TEXT PRIMARY KEY,
    colour TEXT NOT NULL,
    animal TEXT NOT NULL
);
"""
_COLUMNS = (
    'SELECT m.name, p.name, p.type, p."notnull", p.dflt_value FROM sqlite_master AS m'
    " JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'"
)


@contextmanager
def transaction(connection):
    """All or nothing, and no other process writes meanwhile.

    Args:
        connection: sqlite3.Connection in autocommit mode.
    """
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def prepare(connection, patience):
    """Get a database ready for use, whatever it is like.

    Args:
        connection: sqlite3.Connection in autocommit mode.
        patience: seconds to wait for another process's transaction.
    """
    # Safe with WAL, and no wait for the disk at every point.
    connection.execute("PRAGMA synchronous = NORMAL")
    _write_ahead(connection, patience)
    if _missing(connection):
        _mend(connection)


@functools.cache
def _columns():
    """What every column is like in a new database: dict of (table, name) → (type, not null, default)."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_SCHEMA)
        return {(table, name): rest for table, name, *rest in connection.execute(_COLUMNS)}


def _missing(connection):
    return _columns().keys() - {(row[0], row[1]) for row in connection.execute(_COLUMNS)}


def _mend(connection):
    """Make what is missing: all of a new database, some columns of an earlier version's."""
    with transaction(connection):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        for table, name in _missing(connection):
            kind, not_null, default = _columns()[table, name]
            if not_null and default is None:
                default = "''" if kind == "TEXT" else "0"
            rule = f"NOT NULL DEFAULT {default}" if not_null else ""
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind} {rule}")


def _write_ahead(connection, patience):
    """Let readers and a writer work at once. That stays with the file.

    SQLite switches when nobody else writes, and its own timeout does not wait for that.
    """
    give_up = time.monotonic() + patience
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
