"""Anything else through apprise: text, files where that was tried, and no redirects or retries of its own."""

import base64
import os
import subprocess
import sys

import pytest
from messages import BERLIN, PDF, report
from stand_ins import CUT, stand_in

from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.configuration import read_delivery
from shortimize_analytics.delivery.other_services import OtherService
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.sending import deliver
from shortimize_analytics.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise imports it


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.001)


def service(server, kind="json", more=""):
    address = server.url.replace("http://", f"{kind}://")
    return OtherService(name="other", zone=BERLIN, url=Secret(f"{address}/s3cret-part{more}"))


def test_json_gets_text_and_file(tmp_path):
    with stand_in((200, b"ok")) as server:
        (outcome,) = deliver(report(tmp_path), service(server))
    assert outcome.state == "sent"
    (asked,) = server.asked
    document = asked.json
    assert document["title"].startswith("Weekly report: 9.8M views")
    assert "Views gained: 9.8M (+11%)" in document["message"]
    (file,) = document["attachments"]
    assert file["filename"] == "weekly.pdf"
    assert base64.b64decode(file["base64"]) == PDF


def test_a_form_gets_text_and_file(tmp_path):
    with stand_in((200, b"ok")) as server:
        (outcome,) = deliver(report(tmp_path), service(server, "form"))
    assert outcome.state == "sent"
    files = [content for name, content in server.asked[0].parts.values() if name]
    assert files == [PDF]


def test_where_files_were_not_tried_the_text_says_where_it_is(tmp_path):
    message = report(tmp_path)
    with stand_in((200, b"ok")) as server:
        (outcome,) = deliver(message, service(server, "xml"))
    assert outcome.state == "sent"
    said = server.asked[0].body.decode()
    assert f"The PDF is at {message.files[0].path}" in said
    assert "attached" not in said


@pytest.mark.parametrize("more", ["", "?redirect=yes", "?retry=3", "?redirect=yes&retry=2"])
def test_whatever_the_address_says_no_redirect_is_followed_and_tries_are_ours(more, tmp_path):
    with stand_in((200, b"ok")) as other:
        with stand_in((302, b"", {"Location": other.url})) as server:
            (outcome,) = deliver(report(tmp_path), service(server, more=more))
        assert other.asked == []
    assert outcome.is_bad
    assert len(server.asked) == attempts.TRIES


@pytest.mark.parametrize("answer", [(404, b"no s3cret-part"), (500, b"down"), CUT])
def test_what_apprise_says_of_a_failure_is_shown_without_the_address(answer, tmp_path, caplog, capfd):
    caplog.set_level("DEBUG")
    with stand_in(answer) as server:
        (outcome,) = deliver(report(tmp_path), service(server))
    assert outcome.is_bad
    told = repr(outcome) + str(outcome) + caplog.text + "".join(capfd.readouterr())
    assert "s3cret-part" not in told
    assert outcome.words.startswith("the service did not take the message (")


def test_addresses_that_cannot_be_used_are_refused_before_anything_is_loaded(tmp_path):
    path = tmp_path / "delivery.toml"

    def check(url):
        path.write_text(f'[channels.x]\ntype = "apprise"\nurl = "{url}"\n')
        path.chmod(0o600)
        return read_delivery(path).check()

    with pytest.raises(ConfigError, match=r"channels\.x\.url: apprise knows no service of this address"):
        check("nonsense://s3cret-part")
    with pytest.raises(ConfigError, match=r"channels\.x\.url: verify=no would trust any server"):
        check("jsons://host.example/s3cret-part?verify=no")
    assert len(check("jsons://host.example/s3cret-part")) == 1


def test_without_apprise_the_extra_is_named(tmp_path):
    (tmp_path / "delivery.toml").write_text('[channels.x]\ntype = "apprise"\nurl = { env = "X" }\n')
    code = (
        "import sys; sys.modules['apprise'] = None\n"
        "import importlib.util; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'apprise' else find(name, *more)\n"
        "from shortimize_analytics.cli import main; sys.exit(main(['send', '--check']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"X": "json://h/x"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 2
    assert 'pip install "shortimize-analytics[apprise]"' in done.stderr
