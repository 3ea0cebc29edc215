"""What was sent, to which channel and when: one SQLite file per profile, so that nothing is told twice.

A delivery is *claimed* before it is sent and *marked* afterwards, each in a transaction that is on disk when it ends
(`synchronous=FULL`). A claim says whose it is. One whose owner lives is left alone; one whose owner died in between may
have arrived or not, so it is sent again under the same name, and says so: a lost report is worse than a second one. No
protocol over SMTP can do better.

An owner lives while it holds the lock of a file of its own, which the system takes back when a process ends, however it
ends; unlike a process number it is never given to another one, and it tells the truth across containers.

The ledger holds digests of recipients in place of addresses, and no secret.

Pitfall: a ledger that was deleted, or that a CI did not keep, knows nothing: everything is sent once more, and the run
says that it cannot know.
"""

import datetime as dt
import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from shortimize_analytics.client.settings import make_private_dir
from shortimize_analytics.client.wal import PATIENCE_SECONDS
from shortimize_analytics.errors import ArchiveError

FILE, VERSION = "deliveries.sqlite", 1
ALERT, REPORT = "alert", "report"
"""Kinds of what is delivered: alerts of a day share a message, a report has one of its own."""
_COLUMNS = {
    "messages": "key TEXT PRIMARY KEY, at REAL, body TEXT",
    "deliveries": "key TEXT, channel TEXT, recipient TEXT, kind TEXT, state TEXT, ident TEXT, owner TEXT, at REAL, "
    "PRIMARY KEY (key, channel, recipient)",
    "episodes": "rule TEXT, subject TEXT, opened TEXT, level INTEGER, told TEXT, closed TEXT, "
    "PRIMARY KEY (rule, subject)",
    "watched": "since TEXT, day TEXT",
    "failures": "job TEXT, code INTEGER, period TEXT, first REAL, told INTEGER, reason TEXT, "
    "PRIMARY KEY (job, code, period)",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What this run may send to a recipient: one message that tells of `keys`.

    Attributes
    ----------
    keys
        What it tells of: one report, or the alerts that wait.
    ident
        Its name, the same however often it is sent.
    again
        An earlier try may have arrived.
    """

    channel: str
    recipient: str
    keys: tuple[str, ...]
    ident: str
    again: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `Ledger.entries`: state is waiting, sending, sent, failed or unclear."""

    key: str
    channel: str
    recipient: str
    state: str
    at: dt.datetime


class Ledger:
    """The record of a profile; use it in a ``with`` block.

    Parameters
    ----------
    folder
        Of the profile; made where it is missing.
    private
        Let nobody else enter the folder.

    Raises
    ------
    ArchiveError
        When the file cannot be read or written: nothing may be sent then.
    """

    def __init__(self, folder: Path, *, private: bool = True) -> None:
        self.path = folder / FILE
        self._private = private
        self.is_new = False
        self._owner = uuid.uuid4().hex
        self._lock = FileLock(self._lock_of(self._owner), timeout=0)

    def __enter__(self) -> Self:
        with _told(self.path):
            if self._private:
                make_private_dir(self.path.parent)
            else:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self.is_new = not self.path.exists()
            self._db = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
            try:
                # no WAL: one file that may lie on a network disk, and a commit is on disk when it returns
                self._db.execute("PRAGMA synchronous=FULL")
                if self.rows("PRAGMA user_version") != [(VERSION,)]:
                    self._make_tables()
                with self.transaction():  # alone, so that no other run's file is met before it is locked
                    self._begin()
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        # gone before it is let go: who finds no file knows that its owner ended
        with suppress(OSError):
            Path(self._lock.lock_file).unlink()
        self._lock.release(force=True)

    def _begin(self) -> None:
        """Say that this run lives, and clear away what runs left that were killed before they claimed anything."""
        Path(self._lock.lock_file).touch()  # filelock takes a folder without writers for a lock that is held
        self._lock.acquire()
        for path in self.path.parent.glob(".sending-*.lock"):
            self._lives(path.stem.removeprefix(".sending-"))

    def _make_tables(self) -> None:
        """Make the tables, all of them or none; of two runs that begin together the second finds them."""
        with self.transaction() as db:
            for name, columns in _COLUMNS.items():
                db.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            db.execute(f"PRAGMA user_version={VERSION}")

    def _lock_of(self, owner: str) -> Path:
        return self.path.with_name(f".sending-{owner}.lock")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all or nothing, alone, inside a ``with`` block."""
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read rows."""
        with _told(self.path):
            return self._db.execute(query, values).fetchall()

    def kept(self, key: str) -> str | None:
        """Return what a message says, or None where none of this key is known."""
        rows = self.rows("SELECT body FROM messages WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def claim(
        self,
        keys: Sequence[str] | None,
        *,
        channel: str,
        recipient: str,
        at: dt.datetime,
        body: str = "",
        repeat: bool = False,
    ) -> list[Claim]:
        """Claim what is to be sent to a recipient, in one transaction.

        Parameters
        ----------
        keys
            What one new message would tell of; None takes all alerts that wait for this recipient.
        channel, recipient
            Where it goes.
        at
            Now.
        body
            What a new message says: kept, in place of an older version of it.
        repeat
            Send what was sent, too.

        Returns
        -------
        list of Claim
            One per message: what an owner that died left open, each under the name that it had, and one new message
            with the rest. Empty where all was sent or a living run is at it.
        """
        who = digest(recipient)
        with self.transaction() as db:
            for key in keys or () if body else ():
                _keep(db, key, body, at=at)
            kind = ALERT if keys is None else REPORT
            query = "SELECT key, state, ident, owner FROM deliveries WHERE channel = ? AND recipient = ? AND kind = ?"
            known = {row[0]: row[1:] for row in db.execute(query, (channel, who, kind))}
            wanted = list(known) if keys is None else list(keys)
            groups: dict[str, list[str]] = {}
            fresh: list[str] = []
            for key in wanted:
                state, ident, owner = known.get(key, ("waiting", None, None))
                if (state == "sending" and self._lives(owner)) or (state == "sent" and not repeat):
                    continue
                if state in {"sending", "unclear"}:
                    groups.setdefault(ident, []).append(key)
                else:
                    fresh.append(key)
            claims = [Claim(channel, recipient, tuple(of), ident, again=True) for ident, of in groups.items()]
            if fresh:
                name = ident_of([*fresh, at.isoformat()] if repeat else fresh, channel, recipient)
                claims.append(Claim(channel, recipient, tuple(fresh), name, again=False))
            rows = [
                (key, channel, who, kind, "sending", claim.ident, self._owner, at.timestamp())
                for claim in claims
                for key in claim.keys
            ]
            db.executemany("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return claims

    def mark(self, claim: Claim, state: str, *, at: dt.datetime) -> None:
        """Say what became of a claim: sent, failed (it did not arrive), or unclear."""
        with self.transaction() as db:
            db.executemany(
                "UPDATE deliveries SET state = ?, at = ? WHERE key = ? AND channel = ? AND recipient = ?",
                [(state, at.timestamp(), key, claim.channel, digest(claim.recipient)) for key in claim.keys],
            )

    def state(self, key: str, *, channel: str, recipient: str) -> tuple[str, dt.datetime]:
        """Return what became of a delivery, and when."""
        query = "SELECT state, at FROM deliveries WHERE key = ? AND channel = ? AND recipient = ?"
        state, at = self.rows(query, key, channel, digest(recipient))[0]
        return str(state), dt.datetime.fromtimestamp(float(str(at)), dt.UTC)

    def entries(self, key: str | None = None) -> list[Entry]:
        """List deliveries, newest first."""
        query = "SELECT key, channel, recipient, state, at FROM deliveries"
        rows = self.rows(f"{query} WHERE key = ?", key) if key is not None else self.rows(query)
        found = [
            Entry(str(key), str(channel), str(who), str(state), dt.datetime.fromtimestamp(float(str(at)), dt.UTC))
            for key, channel, who, state, at in rows
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)

    def _lives(self, owner: str) -> bool:
        """Tell whether the run that made a claim still goes on; the files of dead ones are cleared away."""
        if owner == self._owner:
            return True
        path = self._lock_of(owner)
        if not path.exists():
            return False
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            return True
        with suppress(OSError):
            path.unlink()
        lock.release(force=True)
        return False


def _keep(db: sqlite3.Connection, key: str, body: str, *, at: dt.datetime) -> None:
    row = db.execute("SELECT body FROM messages WHERE key = ?", (key,)).fetchone()
    if row is None or row[0] != body:
        db.execute("INSERT OR REPLACE INTO messages VALUES (?, ?, ?)", (key, at.timestamp(), body))


def digest(recipient: str) -> str:
    """Return what the ledger keeps in place of an address."""
    return hashlib.sha256(recipient.strip().lower().encode()).hexdigest()[:16] if recipient else ""


def ident_of(keys: Sequence[str], channel: str, recipient: str) -> str:
    """Return the name of a message to a recipient, for Message-ID and Idempotency-Key: it tells nothing by itself."""
    return hashlib.sha256("\0".join([*sorted(keys), channel, digest(recipient)]).encode()).hexdigest()[:32]


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the disk or SQLite refuses into an error that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError, NotImplementedError) as error:
        reason = error.strerror or os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
        raise ArchiveError(
            f"{path} cannot be used ({reason}), and without a record of what was sent nothing is sent: free space on "
            "its disk, or make its folder writable, and run again"
        ) from error
