"""The columns of a cached page of videos, kept beside the answer so that its JSON is parsed once.

They lie in the cache's own file, in a table of their own, and go where it goes. Their checksum is made of the answer's
checksum, of this version of the package and of their bytes: columns of another answer, of an older decoder, or with a
flipped bit are no columns, and the answer's body is read as if there were none. Only pages that needed no repair have
columns, so what a tolerant reading counts and warns of, it does anew each time.
"""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from shortimize_analytics import __version__

from .answers import Answer, Content
from .columns import COLUMNS
from .entries import DIGEST_BYTES, check, digest, unpack
from .transport import SENT_AT, http_date
from .wal import PATIENCE_SECONDS, file_at, use_wal

log = logging.getLogger(__name__)

COLUMNS_TABLE = "CREATE TABLE IF NOT EXISTS columns (key TEXT PRIMARY KEY, value BLOB)"
_FIND = (
    "SELECT responses.value, columns.value FROM responses JOIN columns USING (key)"
    " WHERE responses.key = ? AND responses.expires > ?"
)
DECODER = f"{__version__} {COLUMNS}".encode()
"""What columns depend on beside the answer: how it was read, and into what."""
_BESIDE = b"beside"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)


def pack_columns(columns: pa.Table, *, around: dict[str, Any], of: bytes, headers: Mapping[str, str]) -> bytes:
    """Write what was read of an answer, whose checksum is `of`, and those of its headers that say how old it is."""
    stamps = {name: headers[name] for name in (SENT_AT, "Date") if name in headers}
    table = columns.replace_schema_metadata({_BESIDE: json.dumps({"around": around, "headers": stamps})})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as stream:
        stream.write_table(table)
    written = sink.getvalue()
    return digest(of, DECODER, written) + written.to_pybytes()


def unpack_columns(blob: bytes, *, of: bytes) -> tuple[Content, dict[str, str]]:
    """Read columns and headers that `pack_columns` wrote of the same answer.

    Raises
    ------
    ValueError
        When they are of another answer or by another version; other errors tell that someone made them up.
    """
    written = memoryview(blob)[DIGEST_BYTES:]
    if blob[:DIGEST_BYTES] != digest(of, DECODER, written):
        raise ValueError("columns of another answer or version")
    table = pa.ipc.open_stream(pa.py_buffer(written)).read_all()
    table.validate(full=True)  # a checksum tells accidents: whoever can write the file can make one that fits
    if not table.schema.equals(COLUMNS):
        raise ValueError("other columns")
    beside = json.loads(table.schema.metadata[_BESIDE])
    if not isinstance(beside["around"], dict):
        raise TypeError("no document")
    return Content([], beside["around"], columns=table.replace_schema_metadata(None)), beside["headers"]


class KeptColumns:
    """The columns in one cache file, to read; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def find(self, key: str) -> Answer | None:
        """Return a sound cached answer with its columns; None where there are none, for whatever reason."""
        try:
            with self._lock:
                db = self._open()
                row = None if db is None else db.execute(_FIND, (key, int(time.time()))).fetchone()
            return None if row is None else _answer_of(*row)
        except Exception as error:  # noqa: BLE001 whatever they hold: the body says what is wrong, if anything is
            log.debug("columns beside a cached answer cannot be used (%s: %s)", type(error).__name__, error)
            return None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db = None

    def _open(self) -> sqlite3.Connection | None:
        there = file_at(self._path)
        if self._db is None or there != self._file:
            self._close()
            if there is None:
                return None
            use_wal(self._path)
            self._db = sqlite3.connect(self._path, timeout=PATIENCE_SECONDS, check_same_thread=False)
            self._file = there
        return self._db


def _answer_of(entry: bytes, columns: bytes) -> Answer:
    content, headers = unpack_columns(columns, of=check(entry))
    sent_at = datetime.fromisoformat(headers[SENT_AT])
    if sent_at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return Answer(
        lambda: unpack(entry)["_content"],
        sent_at,
        from_cache=True,
        server_time=http_date(headers.get("Date")),
        content=content,
    )
