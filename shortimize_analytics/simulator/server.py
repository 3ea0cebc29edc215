"""The service behind real HTTP, on this machine only."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from urllib.parse import urlsplit

from shortimize_analytics.errors import ConfigError

from .faults import Reply
from .organisation import Organisation, demo_organisation
from .service import LogEntry, Service

DRIP_SECONDS = 0.05


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """More than the standard 5: a connection that finds the queue full waits a second for its next try."""

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name, as http.server would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])


class Server:
    """A running simulator: where it listens and what it has served."""

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        try:
            self._http = _Listener(("127.0.0.1", port), _handler(service))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"port {port} cannot be used ({reason}); choose another, or 0") from error
        self.base_url = f"http://127.0.0.1:{self._http.server_port}"

    @property
    def log(self) -> list[LogEntry]:
        """Every request served so far."""
        return self.service.log

    def run(self) -> None:
        """Serve until `stop` is called or the process is interrupted."""
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serve(service: Service, *, port: int = 0) -> Iterator[Server]:
    """Serve in a thread of this process for as long as the block lasts; port 0 picks a free one."""
    server = Server(service, port)
    thread = threading.Thread(target=server.run, name="simulator", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def run(
    *,
    port: int,
    videos: str | Path | None = None,
    history: str | Path | None = None,
    tier: str = "premium",
    limit_requests: bool = True,
    latency: float = 0.0,
    drift: bool = False,
    faults: list[str] | None = None,
) -> Server:
    """Make a server from the demo or from Parquet files, as the command line asks for it."""
    if not 0 <= latency <= 3600:
        raise ConfigError(f"--latency {latency:g} must be seconds from 0 to 3600")
    if history and not videos:
        raise ConfigError(f"{history} is the history of which videos? Name them with --videos, too")
    organisation = Organisation.from_parquet(videos, history) if videos else demo_organisation()
    service = Service(
        organisation, tier=tier, limit_requests=limit_requests, latency=latency, drift=drift, faults=faults or ()
    )
    return Server(service, port)


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = service.handle(
                self.command, parts.path, query=parts.query, headers=dict(self.headers.items()), body=body
            )
            try:
                _send(self, reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up, as some faults make it do

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Stay quiet: `Service.log` is the record."""

        def version_string(self) -> str:
            return "shortimize-simulator"

        def send_response(self, code: int, message: str | None = None) -> None:
            self.send_response_only(code, message)  # without http.server's own Date

    return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.wire == "reset":
        _reset(handler)
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(reply.body)))
    handler.end_headers()
    if reply.wire == "reset_body":
        handler.wfile.write(reply.body[: len(reply.body) // 2])
        handler.wfile.flush()
        _reset(handler)
    elif reply.wire == "drip":
        for place in range(len(reply.body)):
            handler.wfile.write(reply.body[place : place + 1])
            handler.wfile.flush()
            time.sleep(DRIP_SECONDS)
    else:
        handler.wfile.write(reply.body)


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Close with a TCP reset instead of a goodbye (SO_LINGER with 0 seconds)."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
