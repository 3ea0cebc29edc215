"""The page of `shortimize app` as any program asks for it: only under this machine's names, and with its age on it."""

import http.client
import os
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from browser_app import app
from organisations import AS_OF, KEY, connect, load_both, small_organisation

from shortimize_analytics.cli.app import _PAGE


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with app(tmp_path_factory.mktemp("app") / "home", "--demo") as (_, lines):
        assert lines[-1].startswith("http://127.0.0.1:"), lines
        yield urlsplit(lines[-1])


def ask(address, host, *, path="", **headers):
    """Ask for the page with its token; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
    target = path or f"{address.path}?{address.query}"
    connection.putrequest("GET", target, skip_host=True)
    for name, value in ({"Host": host} if host is not None else {}).items():
        connection.putheader(name, value)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.close()
    connection.close()
    return answer.status


STATIC = "/voila/static/voila.js"
KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000/channels"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": "x", "Sec_WebSocket_Version": "13"}


@pytest.mark.parametrize("host", [
    "attacker.example", "attacker.example:{port}", "127.0.0.1.attacker.example:{port}", "localhost.attacker.example",
    "127.0.0.2:{port}", "0.0.0.0:{port}", "[::1]:{port}", "", "127.0.0.1@attacker.example:{port}",
])  # fmt: skip
@pytest.mark.parametrize("path", ["", "/login", STATIC, KERNEL])
def test_a_name_that_is_not_this_machines_gets_nothing(address, host, path):
    """A page elsewhere can let its own name point to 127.0.0.1, and then read whatever is answered under it."""
    more = UPGRADE if path == KERNEL else {}
    query = f"?{address.query}" if path else ""
    assert ask(address, host.format(port=address.port), path=path + query, **more) in {400, 403}


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "localhost:9999"])
def test_this_machines_own_names_are_answered(address, host):
    assert ask(address, host.format(port=address.port), path="/login") == 200


def test_the_page_says_how_old_its_data_are_and_what_was_said_while_they_were_loaded(tmp_path, simulator, monkeypatch):
    """Offline, two days after the load: the terminal that said so may be on nobody's screen."""
    home = tmp_path / "home"
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    with simulator(organisation=small_organisation(6)) as server, connect(server, data_dir=home / "data") as client:
        load_both(client)
    later = (AS_OF + timedelta(days=2, hours=1)).isoformat()
    connection = {"api_key": KEY, "base_url": server.base_url, "data_dir": str(home / "data"), "offline": True}
    cell = _PAGE.format(folder=str(home), connection=connection, filters={}, only={"platform": ["tiktok"]})
    # as the page's kernel runs it, with what it would display
    code = f"def display(explorer):\n    explorer.flush()\n    print(explorer.fresh.value)\n{cell}"
    run = [sys.executable, "-c", code]
    page = subprocess.run(run, env=os.environ | {"SHORTIMIZE_NOW": later}, capture_output=True, text=True, check=True)
    assert "data as of 23 Nov 2026, 06:10 UTC (2 days ago), newest count of 23 Nov 2026, 06:10 UTC" in page.stdout
    assert "These figures are more than a day old." in page.stdout
    assert "offline: using answers that are 49 hours old" in page.stdout
    assert page.stderr == ""


def test_the_page_is_served_without_a_grammar_of_addresses_and_others_may_have_it():
    served = "import sys; from shortimize_analytics.cli.app import _voila; _voila(); assert 'lark' not in sys.modules"
    subprocess.run([sys.executable, "-c", f"{served}; import rfc3987_syntax"], check=True)
