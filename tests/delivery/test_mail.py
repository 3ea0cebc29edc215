"""Mail over real servers on this machine: plain, STARTTLS and TLS, logins, sizes, refusals and broken connections."""

import re
import socket
import threading

import pytest
from mail_servers import PASSWORD, USER, free_port, mail_server, self_signed
from messages import BERLIN, PDF, report

from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.mail import Mail, Server
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.sending import deliver

pytestmark = [
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
    pytest.mark.filterwarnings("ignore:Session.login_data"),
]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.001)


def mail(port, *, security="none", login=None, to=("ann@example.org",), ca_file=None, host="127.0.0.1", **more):
    user, password = (None, None) if login is None else (login[0], Secret(login[1]))
    server = Server(host, port, security, user, password)
    ca_file = None if ca_file is None else str(ca_file)
    return Mail(name="team", zone=BERLIN, server=server, sender="reports@example.org", to=to, ca_file=ca_file, **more)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_arrives_with_its_pdf(security, certificate, tmp_path):
    login = None if security == "none" else (USER, PASSWORD)
    with mail_server(security=security, certificate=certificate, login=login) as (_, port, inbox):
        channel = mail(port, security=security, login=login, ca_file=certificate[0])
        (outcome,) = deliver(report(tmp_path), channel)
    assert str(outcome) == "channel team: sent"
    (letter,) = inbox.mails
    (file,) = letter.iter_attachments()
    assert file.get_content() == PDF
    assert (inbox.senders, inbox.recipients) == (["reports@example.org"], ["ann@example.org"])
    assert letter["subject"].startswith("Weekly report: 9.8M views")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_taken(security, certificate, tmp_path):
    with mail_server(security=security, certificate=certificate, login=(USER, PASSWORD)) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, security=security, login=(USER, PASSWORD)))
    assert outcome.words == "127.0.0.1: its certificate was not accepted; if it is your own, name it with ca_file"
    assert inbox.raw == []
    assert inbox.connections <= 1  # certificates do not heal: no second try


def test_a_certificate_of_another_host_is_not_taken(tmp_path):
    other = self_signed(tmp_path, "mail.example", "127.0.0.9")
    with mail_server(security="tls", certificate=other) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, security="tls", ca_file=other[0]))
    assert "certificate was not accepted" in outcome.words
    assert inbox.raw == []


def test_a_wrong_password_is_tried_once(certificate, tmp_path):
    with mail_server(security="starttls", certificate=certificate, login=(USER, PASSWORD)) as (_, port, inbox):
        channel = mail(port, security="starttls", login=(USER, "wrong-password"), ca_file=certificate[0])
        (outcome,) = deliver(report(tmp_path), channel)
    assert str(outcome) == "channel team: the server refused the login (535)"
    assert inbox.raw == []
    assert inbox.connections == 2  # EHLO before and after STARTTLS, of one connection


def test_a_server_without_encryption_gets_neither_login_nor_mail(tmp_path):
    with mail_server() as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, security="starttls", login=(USER, PASSWORD)))
    assert outcome.words == "127.0.0.1 offers no encryption (STARTTLS); nothing was sent in clear"
    assert inbox.raw == []


def test_a_server_without_login_is_told(tmp_path):
    with mail_server(security="none") as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, login=(USER, PASSWORD)))
    assert outcome.words == "127.0.0.1 offers no login"
    assert inbox.raw == []


def test_the_pdf_stays_behind_where_the_server_says_so_at_once(tmp_path):
    message = report(tmp_path, pdf=PDF * 10)
    with mail_server(size=50_000) as (_, port, inbox):
        (outcome,) = deliver(message, mail(port))
    assert outcome.state == "sent"
    (letter,) = inbox.mails
    assert list(letter.iter_attachments()) == []
    assert "is too large for this channel; it is at" in letter.get_body(("plain",)).get_content()
    assert len(inbox.raw[0]) < 50_000


def test_the_pdf_stays_behind_where_the_server_says_so_at_last(tmp_path):
    with mail_server(answers={"data": ["552 5.3.4 too big", "250 OK"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert outcome.state == "sent"
    assert [list(letter.iter_attachments()) for letter in inbox.mails] == [[]]


def test_the_pdf_stays_behind_where_we_say_so(tmp_path):
    with mail_server() as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path, pdf=b"x" * 200_000), mail(port, max_mb=0.25))
    assert outcome.state == "sent"
    assert list(inbox.mails[0].iter_attachments()) == []


def test_a_pdf_just_below_the_limit_goes_along_and_the_mail_keeps_to_it(tmp_path):
    limit = 400_000
    with mail_server(size=limit) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path, pdf=b"x" * 270_000), mail(port))
    assert outcome.state == "sent"
    assert len(list(inbox.mails[0].iter_attachments())) == 1
    assert len(inbox.raw[0]) <= limit


def test_one_refused_recipient_of_several_costs_the_others_nothing(tmp_path):
    to = ("ann@example.org", "gone@example.org", "bob@example.org")
    with mail_server(answers={"gone@example.org": ["550 5.1.1 no such user"]}) as (_, port, inbox):
        outcomes = deliver(report(tmp_path), mail(port, to=to))
    assert [outcome.state for outcome in outcomes] == ["sent", "failed", "sent"]
    assert str(outcomes[1]) == "channel team: gone@example.org was refused (550 5.1.1 no such user)"
    assert inbox.recipients == ["ann@example.org", "bob@example.org"]
    assert len({letter["message-id"] for letter in inbox.mails}) == 2
    assert [letter["to"] for letter in inbox.mails] == ["ann@example.org", "bob@example.org"]


def test_a_passing_refusal_is_tried_again_and_a_lasting_one_is_not(tmp_path):
    with mail_server(answers={"data": ["451 try later", "451 try later", "250 OK"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert (outcome.state, inbox.connections) == ("sent", 3)
    with mail_server(answers={"data": ["554 no spam"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert (outcome.state, inbox.connections) == ("failed", 1)
    with mail_server(answers={"mail": ["450 busy"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert (outcome.state, inbox.connections) == ("failed", attempts.TRIES)
    assert outcome.words == "the sender reports@example.org was refused (450 busy)"


def test_a_lost_answer_is_sent_again_under_the_same_name_and_says_so(tmp_path):
    with mail_server(answers={"data": ["cut", "250 OK"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert outcome.state == "sent"
    first, second = inbox.mails
    assert first["message-id"] == second["message-id"]
    assert "Sent again" not in first.get_body(("plain",)).get_content()
    assert second.get_body(("plain",)).get_content().startswith("Sent again: the last run was cut off")


def test_answers_that_stay_lost_are_unclear(tmp_path):
    with mail_server(answers={"data": ["cut"]}) as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port))
    assert (outcome.state, len(inbox.raw)) == ("unclear", attempts.TRIES)


def test_letters_of_an_address_that_the_server_does_not_know_are_named(tmp_path):
    with mail_server(utf8=False) as (_, port, inbox):
        outcomes = deliver(report(tmp_path), mail(port, to=("jörg@example.org", "ann@example.org")))
    assert outcomes[0].words == "the server takes no address with such letters before the @: jörg@example.org"
    assert [outcome.state for outcome in outcomes] == ["failed", "sent"]
    assert inbox.recipients == ["ann@example.org"]


def test_letters_of_an_address_go_through_where_the_server_knows_them(tmp_path):
    with mail_server() as (_, port, inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, to=("Jörg <jörg@bücher.example>",)))
    assert outcome.state == "sent"
    assert inbox.recipients == ["jörg@xn--bcher-kva.example"]
    assert "jörg@xn--bcher-kva.example".encode() in inbox.raw[0].partition(b"\r\n\r\n")[0]


def test_nobody_listens(tmp_path):
    (outcome,) = deliver(report(tmp_path), mail(free_port()))
    assert re.fullmatch(r"127\.0\.0\.1 port \d+ could not be reached", outcome.words)
    assert outcome.state == "failed"


def test_a_server_that_says_nothing_is_left_in_time(tmp_path, monkeypatch):
    """As the default of aiosmtpd's logins does, on which a client hangs."""
    monkeypatch.setattr("shortimize_analytics.delivery.mail.SECONDS", 0.2)
    monkeypatch.setattr(attempts, "TRIES", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (outcome,) = deliver(report(tmp_path), mail(listener.getsockname()[1]))
    assert "could not be reached" in outcome.words


def test_a_port_that_speaks_no_tls_is_told_apart_from_a_bad_certificate(tmp_path, certificate):
    with mail_server() as (_, port, _inbox):
        (outcome,) = deliver(report(tmp_path), mail(port, security="tls", ca_file=certificate[0]))
    assert outcome.words == f"127.0.0.1 port {port} speaks no TLS at once: is security = 'tls' right?"


def test_a_server_that_greets_with_a_refusal(tmp_path):
    def greet(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"554 no service for you\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,), daemon=True)
        thread.start()
        (outcome,) = deliver(report(tmp_path), mail(listener.getsockname()[1]))
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert outcome.words == "the server refused the connection (554 no service for you)"
