"""Every way in which a sending fails, and then a search for its secrets in all that was said, logged, kept or raised.

The search itself is that of `test_secrecy`: byte by byte, in the usual disguises, with SQLite read row by row.
"""

import io
import logging
import os
import subprocess
import sys
import time
import traceback
from dataclasses import replace

import pytest
from mail_servers import PASSWORD, USER, mail_server, self_signed
from messages import BERLIN, GOOD, PATH, TOKEN, channels, report
from secret_search import disguises, leaks_of
from stand_ins import CUT, stand_in

from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.channel import Outgoing
from shortimize_analytics.delivery.ledger import Ledger
from shortimize_analytics.delivery.mail import Mail, Server
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.sending import deliver

pytestmark = [
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
    pytest.mark.filterwarnings("ignore:Session.login_data"),
]
SECRETS = (TOKEN, PATH, PASSWORD, "signing-secret", "x9-never-shown")
SHAPES = {shape for secret in SECRETS for shape in disguises(secret)}


def echo(status, headers=None):
    """Answer as servers do that quote what they were sent: the address, and every header."""
    return lambda asked: (status, f"{asked.path} {asked.headers} {asked.body[:99]}".encode(), headers or {})


def refused(asked):
    said = f"{asked.path} {asked.headers}"
    return 200, {"ok": False, "error": said, "description": said}


ANSWERS = {
    "302": echo(302, {"Location": f"http://127.0.0.1:9{PATH}"}),
    **{str(status): echo(status) for status in (400, 401, 404, 413, 500)},
    "429": echo(429, {"Retry-After": "9000"}),
    "200, refused": refused,
    "cut": CUT,
}


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def said(caplog, capfd):
    """All that is logged at the finest level, by libraries too, and all that is printed."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    yield lambda: stream.getvalue() + caplog.text + "".join(capfd.readouterr())
    root.removeHandler(handler)
    root.setLevel(before)


def everything(outcomes, errors):
    told = repr(outcomes) + "".join(map(str, outcomes))
    for error in errors:
        told += "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        told += repr(vars(error)) + repr(error.__cause__) + repr(error.__context__)
    return told


def found_in(content):
    return [shape for shape in SHAPES if shape in content]


@pytest.mark.parametrize("kind", list(GOOD))
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_chat_that_fails_tells_no_secret(kind, answer, said, tmp_path):
    errors = []
    with stand_in(answer) as server, Ledger(tmp_path / "profile") as ledger:
        channel = channels(server.url)[kind]
        outcomes = deliver(report(tmp_path), channel, ledger=ledger)
        try:
            channel.attempt(Outgoing(report(tmp_path), "", "x"))(again=False)
        except attempts.SendingError as error:
            errors.append(error)
        told = everything(outcomes, errors) + repr(channel)
    assert outcomes[0].is_bad or (kind, answer) == ("webhook", refused) or kind in {"teams", "discord"}
    assert not found_in(told.encode()), told
    assert not found_in(said().encode())
    assert leaks_of(tmp_path / "profile", SHAPES) == {}


@pytest.mark.parametrize("kind", list(GOOD))
def test_a_chat_that_takes_the_message_tells_no_secret(kind, said, tmp_path):
    with stand_in(GOOD[kind]) as server, Ledger(tmp_path / "profile") as ledger:
        deliver(report(tmp_path), channels(server.url)[kind], ledger=ledger)
        deliver(report(tmp_path), channels("http://127.0.0.1:9")[kind], ledger=ledger, repeat=True)
    assert not found_in(said().encode())
    assert leaks_of(tmp_path / "profile", SHAPES) == {}


@pytest.mark.parametrize("password", [PASSWORD, "wrong+" + PASSWORD])
def test_a_login_tells_no_password(password, said, tmp_path):
    certificate = self_signed(tmp_path)
    answers = {"ann@example.org": [f"550 no {PASSWORD} here"]}
    with mail_server(security="starttls", certificate=certificate, login=(USER, PASSWORD), answers=answers) as (
        _,
        port,
        _i,
    ):
        server = Server("127.0.0.1", port, "starttls", USER, Secret(password))
        common = {"name": "team", "zone": BERLIN, "sender": "reports@example.org", "to": ("ann@example.org",)}
        channel = Mail(server=server, ca_file=str(certificate[0]), **common)
        with Ledger(tmp_path / "profile") as ledger:
            outcomes = deliver(report(tmp_path), channel, ledger=ledger)
            outcomes += deliver(report(tmp_path), replace(channel, ca_file=None), ledger=ledger)
    assert all(outcome.is_bad for outcome in outcomes)
    told = everything(outcomes, []) + repr(channel)
    assert not found_in(told.encode()), told
    assert not found_in(said().encode())
    assert leaks_of(tmp_path / "profile", SHAPES) == {}


@pytest.mark.parametrize("answer", [ANSWERS["404"], ANSWERS["500"], ANSWERS["302"], GOOD["webhook"]])
def test_the_command_shows_no_secret_even_with_debug_or_to_who_lists_processes(answer, tmp_path):
    """As users run it: the address in the file, the token in the environment; `ps` sees the arguments alone."""
    # the command, with pauses between its tries that are none
    quick = "from shortimize_analytics.delivery import attempts; attempts.FIRST_PAUSE_SECONDS = 0.001"
    command = [
        sys.executable,
        "-c",
        f"import sys; {quick}; from shortimize_analytics.cli import main; sys.exit(main())",
    ]
    seen = []

    def slow(asked):
        seen.append(subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=False).stdout)
        return answer(asked) if callable(answer) else answer

    with stand_in(slow) as server:
        (tmp_path / "delivery.toml").write_text(
            f'[channels.a]\ntype = "webhook"\nurl = "{server.url}{PATH}"\nsecret = {{ env = "SIGNING" }}\n'
            f'[channels.b]\ntype = "telegram"\ntoken = {{ env = "TOKEN" }}\nchat = 1\napi = "{server.url}"\n'
        )
        (tmp_path / "delivery.toml").chmod(0o600)
        done = subprocess.run(
            [*command, "send", "--test", "a,b", "--debug"],
            env=os.environ | {"SIGNING": "signing-secret", "TOKEN": TOKEN},
            capture_output=True,
            check=False,
        )
    assert done.returncode in {0, 8}
    assert seen
    assert not found_in(done.stdout + done.stderr), done.stderr.decode()
    assert not [each for each in seen if found_in(each)]
    (tmp_path / "delivery.toml").unlink()
    assert leaks_of(tmp_path, SHAPES) == {}


def test_libraries_are_heard_again_after_a_sending(caplog):
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("urllib3.connectionpool")
    with attempts.silent_libraries():
        logger.debug("an address")
        logging.getLogger("urllib3.made.just.now").warning("another")
    logger.debug("heard")
    assert [record.message for record in caplog.records] == ["heard"]
    assert time.monotonic() > 0
