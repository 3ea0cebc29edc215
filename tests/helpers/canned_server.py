"""A server with prepared answers."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def links(count):
    return [f"https://www.tiktok.com/@new/video/{72000 + number}" for number in range(count)]


class Canned:
    """A server that gives prepared answers in turn, the last one again and again, and notes what it was asked."""

    def __init__(self, *answers):
        self.asked = []
        self.headers = []
        canned = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                canned.asked.append((self.command, self.path, json.loads(body or b"null")))
                canned.headers.append(dict(self.headers))
                status, reply, *more = answers[min(len(canned.asked), len(answers)) - 1]
                if status is None:  # received, and then silence
                    self.close_connection = True
                    return
                content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 names that http.server asks for

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._http.server_port}"

    def bodies(self, name):
        return [body[name] for _, _, body in self.asked]


@contextmanager
def canned(*answers):
    server = Canned(*answers)
    thread = threading.Thread(target=server._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        thread.join()
