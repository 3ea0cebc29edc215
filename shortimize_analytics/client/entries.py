"""How an answer lies in the cache's file: its key, and its bytes with a checksum.

A checksum, the response's fields as JSON and its body as it came, compressed with zstd: reading a cache file that
someone else could have written runs no code, which unpickling would, and a flipped bit is no data.
"""

import hashlib
import json
import struct
from typing import Any

import pyarrow as pa
from requests import PreparedRequest

LARGEST_BYTES = 500_000_000
LENGTHS = struct.Struct(">IQ")
"""Of the head and of the body, unpacked."""
DIGEST_BYTES = 16


def cache_key(request: PreparedRequest, **_: object) -> str:
    """Key of a read within one profile's file: its whole URL, of which the parameters come sorted."""
    return hashlib.blake2b(f"{request.method} {request.url}".encode(), digest_size=16).hexdigest()


def digest(*contents: bytes | memoryview) -> bytes:
    """Return the checksum of bytes put one behind the other."""
    made = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for content in contents:
        made.update(content)
    return made.digest()


def pack(fields: dict[str, Any]) -> bytes:
    """Write a response's fields, of which `_content` is the body."""
    body = fields.pop("_content", None) or b""
    if not isinstance(body, bytes):
        raise TypeError(f"requests-cache stores bodies as bytes, not {type(body).__name__}")
    head = json.dumps(fields).encode()
    content = LENGTHS.pack(len(head), len(body)) + head + pa.compress(body, codec="zstd", asbytes=True)
    return digest(content) + content


def check(blob: bytes) -> bytes:
    """Return the checksum of an entry.

    Raises
    ------
    ValueError
        When it does not fit.
    """
    if blob[:DIGEST_BYTES] != digest(memoryview(blob)[DIGEST_BYTES:]):
        raise ValueError("its checksum does not fit")
    return blob[:DIGEST_BYTES]


def unpack(blob: bytes) -> dict[str, Any]:
    """Read a response's fields.

    Raises
    ------
    ValueError
        When the checksum does not fit, or the entry claims to be larger than the whole cache may be.
    """
    check(blob)
    head_length, body_length = LENGTHS.unpack_from(blob, DIGEST_BYTES)
    if body_length > LARGEST_BYTES:
        raise ValueError("it claims to be larger than the whole cache may be")
    start = DIGEST_BYTES + LENGTHS.size
    fields: dict[str, Any] = json.loads(blob[start : start + head_length])
    packed = blob[start + head_length :]
    fields["_content"] = pa.decompress(packed, decompressed_size=body_length, codec="zstd", asbytes=True)
    return fields
