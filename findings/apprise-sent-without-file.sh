#!/bin/sh
# apprise says SUCCESS while the attachment stays behind (apprise 2.3.0).
#
# A message with a small PDF goes to a Gotify and to a Mattermost webhook, both stand-ins on this machine. Each gets one
# request with the text; no request holds the file. `notify` returns a result that is true, with status SUCCESS, and
# neither the result's log nor a warning says that the file was left out:
#     gotify: SUCCESS, 1 request, file in it: no, said of the file: nothing
#     mmost: SUCCESS, 1 request, file in it: no, said of the file: nothing
# Whoever relies on the result believes that the file has arrived. `attachment_support` of the plugin tells beforehand.
#
# Ends with 0 while it is so, with 1 when it has changed.
set -eu
python=${PYTHON:-python3.11}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "apprise==2.3.0"
cat > "$folder/seen.py" <<'PYTHON'
import base64
import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import apprise

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
asked, logged = [], []


class Log(logging.Handler):
    def emit(self, record):
        logged.append(record.getMessage())


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


logging.getLogger("apprise").addHandler(Log())
logging.getLogger("apprise").setLevel(logging.INFO)
server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
path = Path(sys.argv[1]) / "weekly.pdf"
path.write_bytes(PDF)
print("apprise", version("apprise"), "Python", sys.version.split()[0])
as_described = True
for kind, token in (("gotify", "AbCdEfGhIjKlMnO"), ("mmost", "a1b2c3d4e5f6g7h8i9j0k1l2m3")):
    asked.clear()
    logged.clear()
    result = apprise.Apprise()
    result.add(f"{kind}://127.0.0.1:{server.server_port}/{token}")
    result = result.notify(title="Weekly report", body="9.8M views", attach=str(path))
    said = [line for line in logged if "attach" in line.lower() or "pdf" in line.lower()]
    said += [str(line) for line in result.logs() if "attach" in str(line).lower() or "pdf" in str(line).lower()]
    there = any(PDF in body or base64.b64encode(PDF) in body for body in asked)
    print(f"{kind}: {result.status.name}, {len(asked)} request{'s' * (len(asked) != 1)}, "
          f"file in it: {'yes' if there else 'no'}, said of the file: {said or 'nothing'}")
    as_described &= bool(result) and result.status.name == "SUCCESS" and len(asked) == 1 and not there and not said
sys.exit(not as_described)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/seen.py" "$folder" && echo "as described" || { echo "changed: read again what stands above"; exit 1; }
