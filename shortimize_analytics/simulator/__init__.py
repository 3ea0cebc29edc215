"""A simulator of the Shortimize API: for the demo, for tests over real sockets, and for trying things without a key.

`demo_organisation` is the built-in data, `Organisation.from_parquet` takes any other; a `Service` answers requests from
it, with rate limits, drift and faults on demand; `serve` puts it behind HTTP, `ServiceAdapter` behind a `requests`
session without a socket.
"""

from .adapter import ServiceAdapter
from .faults import Fault, Reply, parse_fault
from .organisation import Organisation, demo_fingerprint, demo_organisation
from .server import Server, run, serve
from .service import LogEntry, Service

__all__ = [
    "Fault",
    "LogEntry",
    "Organisation",
    "Reply",
    "Server",
    "Service",
    "ServiceAdapter",
    "demo_fingerprint",
    "demo_organisation",
    "parse_fault",
    "run",
    "serve",
]
