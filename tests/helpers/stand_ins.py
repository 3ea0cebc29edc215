"""A stand-in for a chat's server: prepared answers in turn, and everything that it was asked, byte by byte."""

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CUT = "cut"
"""An answer: the request is taken, and the connection closed without a word."""
HALF = "half"
"""An answer: a good status and fewer bytes than it announced."""


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def parts(self):
        """The parts of a form: {name: (file name or None, content)}."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.body, policy=policy.HTTP)
        return {
            part.get_param("name", header="content-disposition"): (part.get_filename(), part.get_payload(decode=True))
            for part in form.iter_parts()
        }


class StandIn:
    """The server; `answers` are (status, body, headers) or one of the words above, the last one again and again."""

    def __init__(self, answers, certificate=None):
        self.asked = []
        stand_in = self
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    stand_in.asked.append(Asked(self.command, self.path, dict(self.headers), body))
                    answer = answers[min(len(stand_in.asked), len(answers)) - 1]
                if callable(answer):
                    answer = answer(stand_in.asked[-1])
                if answer == CUT:
                    self.close_connection = True
                    return
                status, reply, *more = (200, b"ok") if answer == HALF else answer
                content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + 50 * (answer == HALF)))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = self.close_connection or answer == HALF

            do_GET = do_POST = answer  # noqa: N815 names that http.server asks for

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.handle_error = lambda *_: None  # clients that break off are the point
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate[1])
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._http.server_port}"

    @property
    def bodies(self):
        return [asked.json for asked in self.asked]


@contextmanager
def stand_in(*answers, certificate=None):
    server = StandIn(answers, certificate)
    thread = threading.Thread(target=server._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        thread.join()
