"""A search for a secret in all that a run left, byte by byte.

Files are searched as they lie and once more unpacked: SQLite row by row with the cache's bodies decompressed, Parquet
read, PDF streams inflated. The secret is also looked for in its usual disguises: base64, hexadecimal, URL-encoded,
reversed.
"""

import base64
import json
import sqlite3
from contextlib import closing
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from pypdf import PdfReader

from shortimize_analytics.client.cache import SERIALIZER
from shortimize_analytics.client.entries import DIGEST_BYTES


def disguises(key):
    raw = key.encode()
    shapes = {raw, raw[::-1], quote(key, safe="").encode(), raw.hex().encode(), json.dumps(key).encode()[1:-1]}
    shapes |= {base64.b64encode(prefix + raw)[4:-4] for prefix in (b"", b"k", b"ke", b"Bearer ")}
    return shapes | {key.encode("utf-16-le"), f"Bearer {key}".encode()}


def unpacked(path):
    """Yield what a file holds: as it lies, and decoded where its kind is known."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path, partitioning=None)
        yield table.to_pandas().to_csv().encode()
        yield repr(table.schema.metadata).encode()
    elif path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as db:
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in db.execute(f"SELECT * FROM {name}"):
                    yield repr(row).encode()
                    if name == "responses":
                        yield repr(vars(SERIALIZER.loads(row[1]))).encode()
                    elif name == "columns":
                        table = pa.ipc.open_stream(row[1][DIGEST_BYTES:]).read_all()
                        yield table.to_pandas().to_csv().encode() + repr(table.schema.metadata).encode()
    elif path.suffix == ".pdf":
        reader = PdfReader(path)
        yield repr(reader.metadata).encode()
        for number in range(1, len(reader.xref_objStm) + sum(map(len, reader.xref.values())) + 1):
            target = reader.get_object(number)
            yield repr(target).encode()
            if hasattr(target, "get_data"):
                yield target.get_data()


def leaks_of(folder, shapes):
    """Say which files hold which of the shapes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {}
    for path in files:
        held = [shape for content in unpacked(path) for shape in shapes if shape in content]
        found |= {str(path): held} if held else {}
    return found
