"""SQLite files that threads and processes use side by side."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.01


def use_wal(path: Path) -> None:
    """Make a file write ahead (WAL), whoever else begins with it at the same moment.

    Of two connections that switch a new file together, SQLite refuses one at once, whatever its timeout: waiting might
    be a deadlock (https://www.sqlite.org/c3ref/busy_handler.html). The mode stays in the file, so a connection made
    afterwards has nothing to switch.

    Raises
    ------
    sqlite3.Error
        When the file is none of SQLite's or cannot be written, or is in use for longer than 30 seconds.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as db:
            try:
                db.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            else:
                return
        time.sleep(_PAUSE_SECONDS)
