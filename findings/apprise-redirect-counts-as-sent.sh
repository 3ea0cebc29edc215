#!/bin/sh
# apprise counts a message as sent that a redirect turned into a GET of some page (apprise 2.3.0, its defaults).
#
# A JSON webhook that has moved answers 302 with the address of a page, as company portals and expired links do. With
# default settings the POST becomes a GET without a body (RFC 9110, 15.4.3, allows that), the page answers 200, and
# `notify` returns SUCCESS; the message has arrived nowhere:
#     default: SUCCESS; the hook got POST 1, the page got GET 1 with 0 bytes
#     redirect=no: FAILURE; the hook got POST 1, the page got nothing
#
# Ends with 0 while it is so, with 1 when it has changed.
set -eu
python=${PYTHON:-python3.11}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "apprise==2.3.0"
cat > "$folder/seen.py" <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import apprise

asked = []


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(size)
        asked.append((self.command, self.path, size))
        moved = self.path.startswith("/hook")
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "/page")
        self.end_headers()
        self.wfile.write(b"" if moved else b"<html>Welcome</html>")

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("apprise", version("apprise"), "Python", sys.version.split()[0])
seen = {}
for name, query in (("default", ""), ("redirect=no", "?redirect=no")):
    asked.clear()
    sender = apprise.Apprise()
    sender.add(f"json://127.0.0.1:{server.server_port}/hook{query}")
    result = sender.notify(title="Weekly report", body="9.8M views")
    page = [(method, size) for method, path, size in asked if path.startswith("/page")]
    posts = sum(method == "POST" and path.startswith("/hook") for method, path, _ in asked)
    got = f"GET {len(page)} with {page[0][1]} bytes" if page else "nothing"
    seen[name] = (result.status.name, posts, page)
    print(f"{name}: {result.status.name}; the hook got POST {posts}, the page got {got}")
as_described = seen == {"default": ("SUCCESS", 1, [("GET", 0)]), "redirect=no": ("FAILURE", 1, [])}
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/seen.py" && echo "as described" || { echo "changed: read again what stands above"; exit 1; }
