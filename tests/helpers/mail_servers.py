"""Real mail servers on this machine: plain, STARTTLS or TLS, with or without a login, and with answers of any kind."""

import logging
import socket
import ssl
import warnings
from contextlib import contextmanager
from email import message_from_bytes, policy

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "reports", "correct+horse/battery=staple"


def self_signed(folder, *hosts):
    """Write a certificate that only its own authority vouches for: (the authority's, for `ca_file`; the server's)."""
    authority = trustme.CA()
    paths = folder / "own.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(paths[0])
    authority.issue_cert(*(hosts or ("localhost", "127.0.0.1"))).private_key_and_cert_chain_pem.write_to_path(paths[1])
    return paths


def free_port():
    """A port that nobody listens on: aiosmtpd cannot pick one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Inbox:
    """What a server took, and how it answers: `answers` maps a recipient, or "data", "mail", to answers in turn."""

    def __init__(self, answers):
        self.answers = {name: list(each) for name, each in answers.items()}
        self.raw = []
        self.senders = []
        self.recipients = []
        self.connections = 0

    def _answer(self, name, good):
        turns = self.answers.get(name)
        return (turns.pop(0) if len(turns) > 1 else turns[0]) if turns else good

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = self._answer("mail", "250 OK")
        if answer.startswith("250"):
            envelope.mail_from, envelope.mail_options = address, options
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self._answer(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = self._answer("data", "250 OK")
        if answer == "cut":  # taken, and the answer is lost
            self._take(envelope)
            server.transport.abort()
            return "250 OK"
        if answer.startswith("250"):
            self._take(envelope)
        return answer

    def _take(self, envelope):
        self.raw.append(envelope.original_content)
        self.senders.append(envelope.mail_from)
        self.recipients += envelope.rcpt_tos

    @property
    def mails(self):
        """The messages, read as a strict reader does."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]


@contextmanager
def mail_server(*, security="none", certificate=None, login=None, size=33_554_432, utf8=True, answers=None):
    """Serve one on loopback: `with mail_server(...) as (host, port, inbox)`."""
    inbox = Inbox(answers or {})
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's own: clients that break off are the point
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate[1])

    def authenticate(server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        # handled=True, the default, would answer nothing, and the client would wait for ever
        return AuthResult(success=given == login, handled=False)

    options = {
        "auth_exclude_mechanism": () if login else ("LOGIN", "PLAIN"),
        "data_size_limit": size,
        "enable_SMTPUTF8": utf8,
        "authenticator": authenticate,
        "auth_required": login is not None,
        "auth_require_tls": security == "starttls",  # behind TLS from the start, aiosmtpd does not know of it
    }
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    tls = {"ssl_context": context} if security == "tls" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a login before TLS: here on purpose
        server = Controller(inbox, hostname="127.0.0.1", port=free_port(), **tls, **options)
        server.start()
    try:
        yield "127.0.0.1", server.port, inbox
    finally:
        server.stop()
