"""The HTTP cache: one SQLite file per key and address, no pickle in it, compressed, private to the user.

requests-cache stores and finds the answers. How fresh an answer is, the client decides by its own clock, from the
instant at which the request was sent; so a frozen or replayed clock ages the cache with it.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from requests import Response
from requests_cache import BaseCache, CachedSession, SQLiteCache, SQLiteDict
from requests_cache.serializers import CattrStage, SerializerPipeline, Stage

from .answers import Content
from .entries import DIGEST_BYTES, LARGEST_BYTES, cache_key, pack, unpack
from .kept_columns import COLUMNS_TABLE, pack_columns
from .wal import PATIENCE_SECONDS, use_wal

KEPT_FOR = timedelta(days=30)
"""How long an answer is kept for offline use and for the day the server is down."""

log = logging.getLogger(__name__)

SERIALIZER = SerializerPipeline(
    [CattrStage(), Stage(dumps=pack, loads=unpack)], name="json head, zstd body", is_binary=True
)


def tidy(path: Path) -> None:
    """Delete answers older than `KEPT_FOR`, and the oldest beyond `LARGEST_BYTES`; give the space back.

    Columns, which can be read anew, go before any answer does. Called once per client, before its first session. A
    cache that another process holds is left for the next time.
    """
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as db:
        try:
            db.execute("DELETE FROM responses WHERE expires <= ?", (int(time.time()),))
            db.execute(COLUMNS_TABLE)
            db.execute("DELETE FROM columns WHERE key NOT IN (SELECT key FROM responses)")
            for statement in _DELETE_OLDEST:
                while _size(db) > LARGEST_BYTES and db.execute(statement).rowcount:
                    pass
            pages, free = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
            if free > pages // 2:
                db.execute("VACUUM")
        except sqlite3.OperationalError as error:
            log.info("the cache was not tidied: %s", error)
            return
        except sqlite3.DatabaseError as error:
            log.warning("the cache %s is damaged (%s) and was deleted: its answers are asked for again", path, error)
        else:
            return
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink(missing_ok=True)


_SIZE = "SELECT coalesce(sum(length(value)), 0) FROM {}"
_DELETE_OLDEST = (
    "DELETE FROM columns WHERE key IN (SELECT key FROM columns JOIN responses USING (key) ORDER BY expires LIMIT 100)",
    "DELETE FROM responses WHERE key IN (SELECT key FROM responses ORDER BY expires LIMIT 100)",
)


def _size(db: sqlite3.Connection) -> int:
    return sum(db.execute(_SIZE.format(table)).fetchone()[0] for table in ("responses", "columns"))


class _Table(SQLiteDict):  # type: ignore[misc]
    """A table that waits for a lock as long as `busy_timeout` says: requests-cache itself tries again for ever."""

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


class _Answers(_Table):
    """The table of answers, which remembers the checksum of the one that it wrote last."""

    written = b""

    def serialize(self, value: Any) -> Any:
        entry = super().serialize(value)
        self.written = bytes(entry[:DIGEST_BYTES])
        return entry


class _Cache(SQLiteCache):  # type: ignore[misc]
    """A cache whose troubles cost requests, never an answer that has arrived."""

    def __init__(self, path: Path) -> None:
        BaseCache.__init__(self, cache_name=str(path))
        options = {"wal": use_wal(path), "busy_timeout": int(PATIENCE_SECONDS * 1000)}
        self.responses = _Answers(path, table_name="responses", serializer=SERIALIZER, **options)
        self.redirects = _Table(path, table_name="redirects", lock=self.responses._lock, serializer=None, **options)
        with self.responses.connection(commit=True) as db:
            db.execute(COLUMNS_TABLE)

    def get_response(self, key: str, default: Any = None) -> Any:
        try:
            return super().get_response(key, default)
        except Exception as error:  # noqa: BLE001 whatever an entry holds, and whoever wrote it, costs one request
            log.warning("a cached answer cannot be read (%s: %s) and is asked for again", type(error).__name__, error)
            return default

    def save_response(self, response: Response, cache_key: str, *args: Any) -> None:
        try:
            super().save_response(response, cache_key, *args)
            self._keep_columns(response, cache_key)
        except sqlite3.Error as error:
            log.warning("an answer was not kept in the cache (%s)", error)

    def _keep_columns(self, response: Response, key: str) -> None:
        content: Content | None = getattr(response.request, "content", None)
        if content is None or content.columns is None:
            return
        value = pack_columns(
            content.columns, around=content.around, of=self.responses.written, headers=response.headers
        )
        with self.responses.connection(commit=True) as db:
            db.execute("INSERT OR REPLACE INTO columns VALUES (?, ?)", (key, value))


def open_session(path: Path) -> CachedSession:
    """Open a caching session on a file.

    One session serves one thread: shared ones raised stray database errors in 8 of 12,000 calls (engineering notes).
    """
    try:
        cache: BaseCache = _Cache(path)
    except sqlite3.Error as error:
        log.warning("the cache %s cannot be used (%s): answers are kept in memory", path, error)
        cache = BaseCache()
    return CachedSession(
        backend=cache,
        expire_after=KEPT_FOR,
        key_fn=cache_key,
        allowable_methods=("GET",),
        allowable_codes=(200,),
        stale_if_error=False,
    )
