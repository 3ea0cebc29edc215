"""Settings that no repetition mends: one try at most, exit 2, and the cause in words, without anybody's password.

The servers and proxies are sockets of this machine; the certificates are made for each run.
"""

import importlib.util
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import requests
import trustme
from canned_server import canned
from command_line import shortimize
from organisations import KEY, connect

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.client.scrub import without_passwords
from shortimize_analytics.errors import (
    ConfigError,
    ConnectionFailedError,
    PartialWriteError,
    RateLimitError,
    ServerError,
)

pytestmark = pytest.mark.usefixtures("now")

PASSWORD = "pa#55/w@rd"
EMPTY_LIST = {"data": [], "pagination": {"total": 0, "page": 1, "limit": 5000}}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def listening(answer):
    """Let `answer(connection)` speak to whoever connects; yield (port, how many came)."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                came.append(1)
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], came
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def in_tls(authority, name="127.0.0.1", **options):
    """Answer an empty list over TLS, with a certificate of an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **options).configure_cert(context)
    body = json.dumps(EMPTY_LIST).encode()

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return answer


def in_plain(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def proxy_that_answers(status):
    def answer(connection):
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def load(port, **options):
    with sa.connect(KEY, base_url=f"https://127.0.0.1:{port}", tier="unlimited", **options) as client:
        return sa.load_videos(client)


def refused(port, said, **options):
    """Load, and be refused at once, in words that hold no password."""
    with pytest.raises(ConfigError, match=said) as caught:
        load(port, **options)
    assert caught.value.exit_code == 2
    assert "GET /videos" in str(caught.value)
    for secret in (PASSWORD, "pa#55", "w@rd", "hugo"):
        assert secret not in str(caught.value)
    return str(caught.value)


def test_with_its_authority_a_server_of_ones_own_is_read(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with listening(in_tls(authority)) as (port, came):
        assert load(port).empty
    assert len(came) == 1


@pytest.mark.parametrize("content", [None, "no certificate at all", ""])
def test_a_file_of_certificates_that_is_none_is_named(content, tmp_path, monkeypatch):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with listening(in_plain) as (port, came):
        said = refused(port, "file of certificates cannot be read")
    assert str(path) in said
    assert "REQUESTS_CA_BUNDLE" in said
    assert len(came) <= 1


def test_a_certificate_of_ones_own_that_is_not_there_is_named(tmp_path):
    session = requests.Session()
    session.cert = (str(tmp_path / "own.pem"), str(tmp_path / "own.key"))
    with session, listening(in_plain) as (port, _):
        assert str(tmp_path / "own.pem") in refused(port, "file of certificates cannot be read", session=session)


def test_a_certificate_that_nobody_vouches_for_is_not_asked_for_five_times():
    with listening(in_tls(trustme.CA())) as (port, came):
        refused(port, r"certificate of the server was not accepted \(.*unable to get.*issuer.*REQUESTS_CA_BUNDLE")
    assert len(came) == 1


def test_a_certificate_for_another_name_is_not_accepted(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with listening(in_tls(authority, name="elsewhere.test")) as (port, came):
        refused(port, "certificate of the server was not accepted")
    assert len(came) == 1


def test_a_certificate_that_has_run_out_is_the_servers_to_mend(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    over = datetime.now(UTC) - timedelta(days=1)
    answer = in_tls(authority, not_after=over, not_before=over - timedelta(days=9))
    said = r"not accepted \(certificate has expired\).*clock"
    with listening(answer) as (port, _), pytest.raises(ConnectionFailedError, match=said):
        load(port)


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_down():
    with listening(in_plain) as (port, came):
        refused(port, "does not speak TLS at that address and port: check SHORTIMIZE_BASE_URL")
    assert len(came) == 1


def test_socks_without_its_package_says_what_to_install(monkeypatch):
    assert importlib.util.find_spec("socks") is None, "this environment has the package whose absence is played"
    monkeypatch.setenv("HTTPS_PROXY", "socks5://hugo:secret7@127.0.0.1:9")
    said = refused(9, "the proxy 127.0.0.1:9 needs a package for SOCKS")
    assert 'pip install "requests[socks]"' in said
    assert "secret7" not in said


@pytest.mark.parametrize(("status", "said"), [(407, "wants a user and a password"), (403, "refuses to connect")])
def test_a_proxy_that_refuses_is_named_without_its_password(status, said, monkeypatch):
    with listening(proxy_that_answers(status)) as (port, came):
        monkeypatch.setenv("HTTPS_PROXY", f"http://hugo:wrong@127.0.0.1:{port}")
        text = refused(9, said)
    assert f"127.0.0.1:{port}" in text
    assert "wrong" not in text
    assert len(came) == 1


def test_a_proxy_of_plain_requests_that_wants_a_password_is_no_refusal_of_the_server(monkeypatch):
    with listening(proxy_that_answers(407)) as (port, came):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        client = sa.connect(KEY, base_url="http://127.0.0.1:9", tier="unlimited")
        with client, pytest.raises(ConfigError, match="wants a user and a password"):
            sa.load_videos(client)
    assert len(came) == 1


@pytest.mark.parametrize("status", [502, 503, 429])
def test_a_proxy_in_passing_trouble_is_tried_again(status, monkeypatch):
    with listening(proxy_that_answers(status)) as (port, came):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ConnectionFailedError, match=f"no connection through the proxy 127.0.0.1:{port}"):
            load(9)
    assert len(came) == 5


def test_a_proxy_that_is_down_is_told_from_a_server_that_is():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    session = requests.Session()
    session.proxies["https"] = f"http://127.0.0.1:{port}"
    with (
        session,
        pytest.raises(ConnectionFailedError, match=f"no connection through the proxy 127.0.0.1:{port}") as caught,
    ):
        load(9, session=session)
    assert caught.value.reached is False


def test_a_proxy_that_does_not_speak_tls_itself(monkeypatch):
    with listening(in_plain) as (port, came):
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{port}")
        refused(9, "write http:// instead of https://")
    assert len(came) == 1


@pytest.mark.parametrize("proxy", [
    f"http://hugo:{PASSWORD}@127.0.0.1:9", f"hugo:{PASSWORD}@127.0.0.1:9", "http://hugo:99999#w@127.0.0.1:9", "http://",
    "ftp://127.0.0.1:9", "http://[::1",
])  # fmt: skip
def test_a_proxy_that_cannot_be_read_is_not_shown(proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    said = refused(9, "proxy")
    assert "99999" not in said


def test_the_command_ends_with_2_and_neither_says_nor_logs_a_password(tmp_path):
    proxy = f"http://hugo:{PASSWORD}@127.0.0.1:9"
    base = f"https://hugo:{PASSWORD}@127.0.0.1:9/v1"
    for arguments, environment in (
        (["report", "weekly", "--debug", "--log", "run.log"], {"HTTPS_PROXY": proxy}),
        (["report", "weekly", "--debug", "--log", "run.log", "--base-url", base], {}),
        (["report", "weekly", "--debug", "--log", "run.log", f"--base-url={base}"], {}),
    ):
        ended = shortimize(
            *arguments,
            folder=tmp_path,
            SHORTIMIZE_API_KEY=KEY,
            **({"SHORTIMIZE_BASE_URL": "https://127.0.0.1:9"} | environment),
        )
        assert ended.returncode == 2, ended.stderr
        told = ended.stdout + ended.stderr + (tmp_path / "run.log").read_text("utf-8")
        for secret in (PASSWORD, "pa#55", "w@rd"):
            assert secret not in told
    assert "--base-url https://127.0.0.1:9/v1" in (tmp_path / "run.log").read_text("utf-8")


@pytest.mark.parametrize("text", [
    "https://www.tiktok.com/@ann/video/1", "http://127.0.0.1:8080/@ann", "see https://a.test:443 and mail@b.test",
    "label: me@work",
])  # fmt: skip
def test_what_holds_no_password_is_left_alone(text):
    assert without_passwords(text) == text


def test_writes_that_cannot_leave_this_machine_are_no_half_done_write(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://")
    with (
        sa.connect(KEY, base_url="https://127.0.0.1:9", tier="unlimited") as client,
        pytest.raises(ConfigError) as caught,
    ):
        sa.track_videos(client, ["https://www.tiktok.com/@a/video/1"])
    assert not isinstance(caught.value, PartialWriteError)


@pytest.mark.parametrize(
    ("status", "error", "asked", "said"),
    [
        (429, RateLimitError, "900", "wait 15 minutes: run again after 2026-11-23 06:25 UTC"),
        (429, RateLimitError, "43200", "wait 12 hours: run again after 2026-11-23 18:10 UTC"),
        (503, ServerError, "121", "wait 3 minutes"),
        (429, RateLimitError, "99999999999999999999", "wait for more than a year"),
    ],
)  # fmt: skip
def test_a_wait_beyond_our_patience_is_said_and_not_waited_for(status, error, asked, said):
    with canned((status, {"error": "later"}, {"Retry-After": asked})) as server, connect(server) as client:
        with pytest.raises(error, match=said) as caught:
            sa.load_videos(client)
        assert len(server.asked) == 1
    assert caught.value.exit_code == 4
    assert caught.value.retry_after > 120


def test_a_server_that_is_down_for_a_moment_is_asked_when_it_said():
    with canned((503, {}, {"Retry-After": "0.05"}), (200, EMPTY_LIST)) as server, connect(server) as client:
        assert sa.load_videos(client).empty
        assert len(server.asked) == 2


def test_a_missing_file_of_certificates_ends_the_command_with_2(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert main(["videos", "--base-url", "https://127.0.0.1:9"]) == 2
    assert "none.pem" in capsys.readouterr().err
