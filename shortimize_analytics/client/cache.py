"""The HTTP cache: one SQLite file per key and address, no pickle in it, compressed, private to the user.

requests-cache stores and finds the answers. How fresh an answer is, the client decides by its own clock, from the
instant at which the request was sent; so a frozen or replayed clock ages the cache with it.

The serialiser writes a checksum, the response's fields as JSON and its body as it came, compressed with zstd: reading a
cache file that someone else could have written runs no code, which unpickling would, and a flipped bit is no data.
"""

import hashlib
import json
import logging
import os
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from requests import PreparedRequest
from requests_cache import BaseCache, CachedSession, SQLiteCache, SQLiteDict
from requests_cache.serializers import CattrStage, SerializerPipeline, Stage

from .wal import PATIENCE_SECONDS, use_wal

KEPT_FOR = timedelta(days=30)
"""How long an answer is kept for offline use and for the day the server is down."""
LARGEST_BYTES = 500_000_000

log = logging.getLogger(__name__)
_LENGTHS = struct.Struct(">IQ")
_DIGEST_BYTES = 16


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _pack(fields: dict[str, object]) -> bytes:
    body = fields.pop("_content", None) or b""
    if not isinstance(body, bytes):
        raise TypeError(f"requests-cache stores bodies as bytes, not {type(body).__name__}")
    head = json.dumps(fields).encode()
    packed: bytes = pa.compress(body, codec="zstd", asbytes=True)
    content = _LENGTHS.pack(len(head), len(body)) + head + packed
    return _digest(content) + content


def _unpack(blob: bytes) -> dict[str, object]:
    digest, blob = blob[:_DIGEST_BYTES], blob[_DIGEST_BYTES:]
    if digest != _digest(blob):
        raise ValueError("its checksum does not fit")
    head_length, body_length = _LENGTHS.unpack_from(blob)
    if body_length > LARGEST_BYTES:
        raise ValueError("it claims to be larger than the whole cache may be")
    start = _LENGTHS.size
    fields: dict[str, object] = json.loads(blob[start : start + head_length])
    packed = blob[start + head_length :]
    fields["_content"] = pa.decompress(packed, decompressed_size=body_length, codec="zstd", asbytes=True)
    return fields


SERIALIZER = SerializerPipeline(
    [CattrStage(), Stage(dumps=_pack, loads=_unpack)], name="json head, zstd body", is_binary=True
)


def cache_key(request: PreparedRequest, **_: object) -> str:
    """Key of a read within one profile's file: its whole URL, of which the parameters come sorted."""
    return hashlib.blake2b(f"{request.method} {request.url}".encode(), digest_size=16).hexdigest()


def make_private_dir(path: Path) -> None:
    """Create a folder that only the user can enter (on Windows, the profile folder already is)."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)


def tidy(path: Path) -> None:
    """Delete answers older than `KEPT_FOR`, and the oldest beyond `LARGEST_BYTES`; give the space back.

    Called once per client, before its first session. A cache that another process holds is left for the next time.
    """
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as db:
        try:
            db.execute("DELETE FROM responses WHERE expires <= ?", (int(time.time()),))
            size = db.execute("SELECT coalesce(sum(length(value)), 0) FROM responses").fetchone()[0]
            while size > LARGEST_BYTES:
                db.execute("DELETE FROM responses WHERE key IN (SELECT key FROM responses ORDER BY expires LIMIT 100)")
                size = db.execute("SELECT coalesce(sum(length(value)), 0) FROM responses").fetchone()[0]
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


class _Table(SQLiteDict):  # type: ignore[misc]
    """A table that waits for a lock as long as `busy_timeout` says: requests-cache itself tries again for ever."""

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


class _Cache(SQLiteCache):  # type: ignore[misc]
    """A cache whose troubles cost requests, never an answer that has arrived."""

    def __init__(self, path: Path) -> None:
        BaseCache.__init__(self, cache_name=str(path))
        options = {"wal": use_wal(path), "busy_timeout": int(PATIENCE_SECONDS * 1000)}
        self.responses = _Table(path, table_name="responses", serializer=SERIALIZER, **options)
        self.redirects = _Table(path, table_name="redirects", lock=self.responses._lock, serializer=None, **options)

    def get_response(self, key: str, default: Any = None) -> Any:
        try:
            return super().get_response(key, default)
        except Exception as error:  # noqa: BLE001 whatever an entry holds, and whoever wrote it, costs one request
            log.warning("a cached answer cannot be read (%s: %s) and is asked for again", type(error).__name__, error)
            return default

    def save_response(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().save_response(*args, **kwargs)
        except sqlite3.Error as error:
            log.warning("an answer was not kept in the cache (%s)", error)


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
